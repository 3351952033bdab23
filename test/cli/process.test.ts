import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect } from "chai";

const fixture = fileURLToPath(new URL("fixtures/scripted-run.ts", import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
}

interface Started {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Ended>;
  /** Resolves when it has printed this. */
  readonly until: (text: string) => Promise<void>;
}

/** The command as a process; with `pty` on a terminal that `script` makes. */
function start(argv: readonly string[], { pty = false } = {}): Started {
  const command = [process.execPath, "--import", "tsx", fixture, ...argv];
  const [program = "", ...rest] = pty
    ? ["script", "-qec", `stty cols 80 rows 24; exec ${command.join(" ")}`, "/dev/null"]
    : command;
  const env: NodeJS.ProcessEnv = { ...process.env, TERM: "xterm" };
  delete env.CI;
  const child = spawn(program, rest, { env });
  const startedMs = performance.now();
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = once(child, "close").then(([code]) => {
    return { code: code as number | null, stdout, stderr, ms: performance.now() - startedMs };
  });
  const until = async (text: string): Promise<void> => {
    while (!stdout.includes(text)) {
      if (child.exitCode !== null) throw new Error(`ended without ${text}:\n${stdout}${stderr}`);
      await sleep(20);
    }
  };
  return { child, ended, until };
}

describe("the program as a process", () => {
  it("ends with the run's exit code and Ansible's lines on a pipe", async () => {
    const { code, stdout, stderr } = await start(["site.yaml"]).ended;
    expect({ code, stderr }).to.deep.equal({ code: 2, stderr: "" });
    expect(stdout).to.contain("TASK [Gather facts] ****").and.contain("PLAY RECAP ****").and.not.contain("\x1b");
  });

  it("prints one JSON event a line with --output json, errors on stderr", async () => {
    const { stdout, stderr } = await start(["secret", "--output", "json"]).ended;
    const events = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { type: string; message?: string });
    expect(events.at(0)?.type).to.equal("run_start");
    expect(events.at(-1)?.type).to.equal("run_end");
    expect(events.find(({ type }) => type === "warning")?.message).to.equal("the password is ********");
    expect(stderr).to.equal("");
  });

  it("exits 1 for a project that does not check and 250 for a bug, with the error on stderr", async () => {
    const broken = await start(["broken"]).ended;
    expect([broken.code, broken.stdout]).to.deep.equal([1, ""]);
    expect(broken.stderr).to.match(/^error: unknown keyword `hots` +E_UNKNOWN_KEYWORD\n$/);
    const bug = await start(["bug", "--output", "json"]).ended;
    expect(bug.code).to.equal(250);
    expect(bug.stderr).to.match(/^internal error: this is a bug in tsrun/);
  });

  it("prints the recap and exits 99 after one signal", async () => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      const { child, ended, until } = start(["obedient"]);
      await until("TASK [Install");
      child.kill(signal);
      const { code, stdout, stderr } = await ended;
      expect(code).to.equal(99);
      expect(stderr).to.match(/^interrupted: no new tasks/);
      expect(stdout).to.contain("PLAY RECAP");
    }
  });

  it("leaves at once on the second signal", async () => {
    const { child, ended, until } = start(["forever"]);
    await until("TASK [Install");
    child.kill("SIGINT");
    await sleep(200);
    child.kill("SIGINT");
    const { code, stdout } = await ended;
    expect(code).to.equal(99);
    expect(stdout).to.not.contain("PLAY RECAP");
  });

  it("restores the terminal when it is left at once", async () => {
    const { child, ended, until } = start(["forever"], { pty: true });
    await until("0 of 3");
    child.stdin.write("\x03");
    await until("interrupted");
    child.stdin.write("\x03");
    const { code, stdout } = await ended;
    expect(code).to.equal(99);
    expect(stdout.lastIndexOf("\x1b[?25h")).to.be.greaterThan(stdout.lastIndexOf("\x1b[?25l"));
  });

  it("goes on to the end when the reader of its output goes away", async () => {
    const { child, ended } = start(["site.yaml"]);
    child.stdout.destroy();
    expect((await ended).code).to.equal(2);
  });

  it("asks in the middle of a live view", async () => {
    const { child, ended, until } = start(["ask"], { pty: true });
    await until("Name: ");
    child.stdin.write("web9\r");
    const { stdout } = await ended;
    expect(stdout).to.contain("answer web9");
  });

  it("is interrupted by Ctrl-C at a question", async () => {
    const { child, ended, until } = start(["ask"], { pty: true });
    await until("Name: ");
    child.stdin.write("\x03");
    const { code, stdout } = await ended;
    expect(code).to.equal(99);
    expect(stdout).to.contain("interrupted: no new tasks").and.not.contain("Install");
  });
});
