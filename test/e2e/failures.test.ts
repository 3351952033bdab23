import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { useLab } from "./lab.ts";
import { type FinishedRun, type HostResult, TestProject } from "./run-tsrun.ts";

/** What goes wrong with hosts and tasks, and that each ends in time with the truth, the cause and nothing left behind. */
describe("failures", () => {
  const lab = useLab();
  let project: TestProject;

  before(async () => {
    project = await TestProject.create({ "inventory.yaml": await readFile(lab().inventoryPath, "utf8") });
  });
  const children = new Set<ChildProcess>();
  after(async () => {
    for (const child of children) child.kill("SIGKILL");
    await project.remove();
  });

  const run = async (text: string, inventory?: string): Promise<FinishedRun> => {
    await project.write("play.yaml", text);
    if (inventory !== undefined) await project.write("more.yaml", inventory);
    return await project.run("play.yaml", {
      inventory: inventory === undefined ? [] : ["inventory.yaml", "more.yaml"],
    });
  };
  const recap = ({ events }: FinishedRun) => {
    const end = events.find((event) => event.type === "run_end");
    return end?.type === "run_end" ? end.recap : {};
  };
  const message = (finished: FinishedRun, host: string): string => {
    const found = [...finished.results(host).values()].find(({ status }) => status === "unreachable");
    return `${String(found?.result["msg"])} ${found?.error?.hint ?? ""}`;
  };

  describe("of hosts", () => {
    let silent: Server;
    let silentPort: number;
    const sockets = new Set<Socket>();
    before(async () => {
      silent = createServer((socket) => sockets.add(socket.on("error", () => {}))).listen(0, "127.0.0.1");
      await once(silent, "listening");
      silentPort = (silent.address() as { port: number }).port;
    });
    after(() => {
      for (const socket of sockets) socket.destroy();
      silent.close();
    });

    it("do not hold up the others: they finish, the recap is right, and the exit code is 4", async function () {
      this.timeout(60_000);
      const [node1] = lab().hosts;
      const keys = await readFile(lab().knownHostsPath, "utf8");
      // node1's address with node2's key.
      const swapped = keys
        .split("\n")
        .filter((line) => line.includes("node2") || line.includes(lab().hosts[1]?.address ?? ""))
        .map((line) => `${node1?.address} ${line.split(" ").slice(1).join(" ")}`);
      await project.write("swapped", `${swapped.join("\n")}\n`);
      await project.write("nobody", "");
      const startedAt = performance.now();
      const finished = await run(
        `
- hosts: all
  gather_facts: false
  tasks:
    - {name: first, command: hostname}
    - {name: second, command: hostname}
`,
        `
all:
  hosts:
    refused: {ansible_host: 127.0.0.1, ansible_port: 9}
    nameless: {ansible_host: no-such-host.invalid}
    silent: {ansible_host: 127.0.0.1, ansible_port: ${silentPort}, ansible_ssh_timeout: 3}
    changed: {ansible_host: ${node1?.address}, ansible_ssh_common_args: -o UserKnownHostsFile=${project.folder}/swapped -o GlobalKnownHostsFile=/dev/null}
    unknown: {ansible_host: ${node1?.address}, ansible_ssh_common_args: -o UserKnownHostsFile=${project.folder}/nobody -o GlobalKnownHostsFile=/dev/null}
    keyless: {ansible_host: ${node1?.address}, ansible_user: nobody-here}
`,
      );
      expect(performance.now() - startedAt).to.be.lessThan(30_000);
      expect(finished.exitCode).to.equal(4);
      const counts = recap(finished);
      for (const { name } of lab().hosts) expect(counts[name], name).to.include({ ok: 2, unreachable: 0, failed: 0 });
      for (const name of ["refused", "nameless", "silent", "changed", "unknown", "keyless"])
        expect(counts[name], name).to.include({ ok: 0, unreachable: 1, failed: 0 });
      expect(message(finished, "refused")).to.contain("the connection was refused").and.contain("ansible_port");
      expect(message(finished, "nameless")).to.match(/its name cannot be resolved .*ansible_host/);
      expect(message(finished, "silent")).to.match(/3 s/);
      expect(message(finished, "changed")).to.match(
        new RegExp(`changed.*SHA256:.*SHA256:.*ssh-keygen -f ${project.folder}/swapped -R '${node1?.address}'`),
      );
      expect(message(finished, "unknown"))
        .to.match(/not known.*SHA256|SHA256.*not known/)
        .and.contain("ssh-keyscan");
      expect(message(finished, "keyless")).to.match(/nobody-here/);
    });

    it("that vanish in the middle of a task leave its outcome unknown, and the others alone", async function () {
      this.timeout(90_000);
      const running = run(`
- hosts: [node1, node3]
  gather_facts: false
  tasks:
    - {name: long, shell: "[ $(hostname) = node1 ] || exec sleep 4812"}
    - {name: next, command: hostname}
`);
      await until(async () => (await lab().sh("node3", "pgrep -f '^sleep 4812'")).exitCode === 0);
      await lab().reset("node3");
      const finished = await running;
      expect(finished.exitCode).to.equal(4);
      expect(finished.results("node3").get("long")?.status).to.equal("unreachable");
      expect(message(finished, "node3")).to.contain("outcome unknown");
      expect(finished.results("node3").has("next")).to.equal(false);
      expect(finished.results("node1").get("next")?.status).to.equal("changed");
    });

    it("are waited for by `reboot` until another boot answers, and by `wait_for_connection`", async function () {
      this.timeout(120_000);
      const running = run(`
- hosts: node3
  gather_facts: false
  become: true
  tasks:
    - {name: mark, copy: {content: "", dest: /run/before}}
    - {name: reboot, reboot: {reboot_timeout: 90}}
    - {name: after, command: test ! -e /run/before}
    - {name: wait, wait_for_connection: {timeout: 60}}
`);
      // A container that reboots is over: the lab starts it again.
      await until(async () => (await lab().sh("node3", "true")).exitCode === 255);
      await lab().reset("node3");
      const finished = await running;
      expect(finished.exitCode, finished.failures).to.equal(0);
      const reboot = finished.results("node3").get("reboot");
      expect(reboot?.result).to.include({ changed: true, rebooted: true });
      expect(finished.results("node3").get("wait")?.result["elapsed"]).to.be.a("number");
    });

    it("that do not come back fail `reboot` and `wait_for_connection` when their time is up", async function () {
      this.timeout(60_000);
      const finished = await run(
        `
- hosts: node2
  gather_facts: false
  become: true
  tasks:
    - {name: reboot, reboot: {reboot_command: "true", reboot_timeout: 3, connect_timeout: 2}, ignore_errors: true}
- hosts: silent
  gather_facts: false
  tasks:
    - {name: wait, wait_for_connection: {timeout: 3, connect_timeout: 1, sleep: 1}}
`,
        `all: {hosts: {silent: {ansible_host: 127.0.0.1, ansible_port: 9}}}\n`,
      );
      expect(finished.results("node2").get("reboot")?.result["msg"]).to.match(
        /^Timed out waiting for last boot time check \(timeout=3\): it did not reboot yet/,
      );
      const wait = finished.results("silent").get("wait");
      expect(wait?.status).to.equal("failed");
      expect(wait?.result["msg"]).to.match(/^timed out waiting for ping module test: .*refused/);
    });
  });

  describe("of tasks", () => {
    it("keep to themselves: the next task finds a clean shell", async function () {
      this.timeout(60_000);
      const finished = await run(`
- hosts: node1
  gather_facts: false
  tasks:
    - {name: stdin, shell: "cat; read -r line; echo done"}
    - {name: exit, shell: exit 7, ignore_errors: true}
    - {name: killed, shell: kill -9 $$, ignore_errors: true}
    - {name: group, shell: kill -TERM 0, ignore_errors: true}
    - {name: syntax, shell: "if then", ignore_errors: true}
    - {name: settings, shell: "cd /; umask 0; export LEFT=over; set -f; exec >/dev/null 2>&1; trap '' TERM"}
    - {name: background, shell: "(sleep 3; echo LATE; echo LATE >&2) & echo early"}
    - {name: daemon, shell: "setsid sleep 30 & echo started"}
    - {name: noise, shell: "head -c 300000 /dev/urandom; printf '\\\\0\\\\377'", changed_when: false}
    - {name: last, shell: "pwd; umask; echo \${LEFT-none}; echo /*bin; sleep 3; echo clean"}
`);
      expect(finished.exitCode, finished.failures).to.equal(0);
      const of = (task: string): HostResult => {
        const found = finished.results("node1").get(task);
        if (!found) throw new Error(`no result of ${task}`);
        return found;
      };
      expect(of("stdin").result).to.include({ rc: 0, stdout: "done" });
      expect(of("exit").result).to.include({ rc: 7 });
      expect([of("killed").result["rc"], of("group").result["rc"]]).to.deep.equal([137, 143]);
      expect(of("syntax").result["rc"]).to.equal(2);
      expect(of("background").result).to.include({ stdout: "early" });
      expect(of("background").durationMs).to.be.lessThan(2500);
      expect(of("daemon").result).to.include({ stdout: "started" });
      expect(of("noise").status).to.equal("ok");
      expect(of("last").result["stdout_lines"]).to.deep.equal(["/home/admin", "0022", "none", "/bin /sbin", "clean"]);
      await lab().root("node1", "pkill -f '^sleep 30'; true");
    });

    it("end when their `timeout` is over, with what they started", async function () {
      this.timeout(60_000);
      const finished = await run(`
- hosts: node1
  gather_facts: false
  tasks:
    - {name: slow, shell: "sleep 4813 & sleep 4813", timeout: 2, ignore_errors: true}
    - {name: deaf, shell: "trap '' TERM; while :; do sleep 4814; done", timeout: 1, ignore_errors: true}
    - {name: next, command: echo clean}
`);
      const slow = finished.results("node1").get("slow");
      expect(slow?.status).to.equal("failed");
      expect(slow?.durationMs).to.be.within(1900, 8000);
      expect(slow?.result["msg"]).to.contain("expected time frame (2)");
      expect(finished.results("node1").get("deaf")?.status).to.equal("failed");
      expect(finished.results("node1").get("next")?.result["stdout"]).to.equal("clean");
      expect((await lab().sh("node1", "pgrep -f '^sleep 481[34]'")).stdout).to.equal("");
    });
  });

  it("and successes are told by the exit code: 0, 1, 2, 4, 99, 250", async function () {
    this.timeout(90_000);
    const head = "- hosts: node1\n  gather_facts: false\n  tasks:\n    - ";
    await project.write("ok.yaml", `${head}ping:\n`);
    await project.write("invalid.yaml", `${head}pong:\n`);
    await project.write("fails.yaml", `${head}command: "false"\n`);
    await project.write("unreachable.yaml", `${head}ping:\n      vars: {ansible_port: 9}\n`);
    await project.write("long.yaml", `${head}command: sleep 4815\n`);
    await project.write("crash.yaml", `${head}crash:\n`);
    await project.write(
      "tasks/crash.ts",
      `import { defineAction, z } from "tsrun";
export default defineAction({ name: "crash", summary: "Throws where nobody catches", args: z.object({}), runsOn: "controller", inCheckMode: "run",
  run: () => new Promise(() => { setTimeout(() => { throw new TypeError("a bug"); }, 10); }) });
`,
    );
    const codes: Record<string, number | null> = {};
    const outputs: string[] = [];
    for (const name of ["ok", "invalid", "fails", "unreachable", "crash"]) {
      const { code, output } = await start(name).ended;
      codes[name] = code;
      outputs.push(output);
    }
    expect(codes, outputs.join("\n")).to.deep.equal({ ok: 0, invalid: 1, fails: 2, unreachable: 4, crash: 250 });
    const long = start("long");
    await until(async () => (await lab().sh("node1", "pgrep -f '^sleep 4815'")).exitCode === 0);
    long.child.kill("SIGINT");
    const { code, output } = await long.ended;
    expect(output).to.contain("PLAY RECAP");
    expect(code, output).to.equal(99);
    expect((await lab().sh("node1", "pgrep -f '^sleep 4815'")).stdout).to.equal("");
  });

  function start(playbook: string) {
    const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
    // tsx takes the paths of the checkout's tsconfig only when told to: the project lies elsewhere.
    const env = { ...process.env, TSX_TSCONFIG_PATH: fileURLToPath(new URL("../../tsconfig.json", import.meta.url)) };
    const argv = ["--import", import.meta.resolve("tsx"), main, "playbook", `${playbook}.yaml`];
    const child = spawn(process.execPath, argv, { cwd: project.folder, env });
    children.add(child);
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const ended = once(child, "close").then(([code]) => ({ code: code as number | null, output }));
    return { child, ended };
  }
});

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const startedAt = performance.now(); !(await isSo()); ) {
    if (performance.now() - startedAt > 40_000) throw new Error("it did not come to that");
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
