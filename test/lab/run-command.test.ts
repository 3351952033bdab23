import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { runCommand, runOrFail, shellWord } from "../../src/lab/run-command.ts";

describe("commands of this machine", () => {
  it("get their words and their input as they are", async () => {
    const result = await runCommand(["printf", "%s|", "a b", "it's", "$HOME", ""]);
    expect(result).to.deep.equal({ exitCode: 0, stdout: "a b|it's|$HOME||", stderr: "" });
    expect((await runCommand(["cat"], { input: "in" })).stdout).to.equal("in");
  });

  it("report a failure as a result", async () => {
    const result = await runCommand(["sh", "-c", "echo out; echo err >&2; exit 3"]);
    expect(result).to.deep.equal({ exitCode: 3, stdout: "out\n", stderr: "err\n" });
    expect((await runCommand(["/no/such/program"])).exitCode).to.equal(127);
  });

  it("end at their time limit", async () => {
    expect((await runCommand(["sleep", "10"], { timeoutMs: 50 })).exitCode).to.equal(null);
  });

  it("end with all their children when they are aborted", async () => {
    const controller = new AbortController();
    const pids: number[] = [];
    const onLine = (line: string): void => {
      pids.push(Number(line));
      controller.abort();
    };
    const argv = ["sh", "-c", "sleep 20 & echo $!; wait; true"];
    const thrown = await runCommand(argv, { signal: controller.signal, onLine }).catch((error: unknown) => error);
    expect(thrown).to.have.property("name", "AbortError");
    expect(pids).to.have.length(1);
    // Ended, if not yet collected by whoever adopted it.
    const stat = await readFile(`/proc/${pids[0]}/stat`, "utf8").catch(() => "Z");
    expect(stat).to.match(/\bZ\b/);
  });

  it("show their lines as they come, without blank ones", async () => {
    const lines: string[] = [];
    await runCommand(["sh", "-c", "printf 'a\\r\\n\\nb'; printf 'c\\n'"], { onLine: (line) => lines.push(line) });
    expect(lines).to.deep.equal(["a", "bc"]);
  });

  it("say what failed and how to see it again", async () => {
    const thrown = await runOrFail(["sh", "-c", "echo 'no space' >&2; exit 1"]).catch((error: unknown) => error);
    expect(thrown).to.include({
      code: "E_LAB_COMMAND",
      hint: "see for yourself: sh -c 'echo '\\''no space'\\'' >&2; exit 1'",
    });
    expect(String(thrown)).to.include("failed with exit code 1:\nno space");
  });

  it("quote words for a shell only when needed", () => {
    expect(["a/b-c=1", "a b", ""].map(shellWord)).to.deep.equal(["a/b-c=1", "'a b'", "''"]);
  });
});
