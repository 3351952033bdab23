import { readFileSync } from "node:fs";
import { expect } from "chai";
import { createRedactor } from "../../src/report/redactor.ts";
import { createReport } from "../../src/report/report.ts";
import { CONTROL_CHARACTERS } from "./control-characters.ts";
import { EventScript } from "./event-script.ts";
import { MemoryStream } from "./memory-stream.ts";

interface PlainOptions {
  readonly verbosity?: number;
  readonly hasColor?: boolean;
  readonly secrets?: readonly string[];
}

async function print(script: EventScript, options: PlainOptions = {}): Promise<{ stdout: string; stderr: string }> {
  const [stdout, stderr] = [new MemoryStream(), new MemoryStream()];
  const { verbosity = 0, hasColor = false, secrets = [] } = options;
  const report = await createReport("plain", {
    stdout,
    stderr,
    verbosity,
    hasColor,
    redactor: createRedactor(secrets),
  });
  for (const event of script.events) report.onEvent(event);
  await report.close();
  return { stdout: stdout.text, stderr: stderr.text };
}

describe("plain report", () => {
  it("prints what Ansible prints", async () => {
    const { Float } = await import("../../src/lib/float.ts");
    const hosts = ["web1", "db"];
    const debugMsg = ["a line", 'quote " é', new Float(1), null, true, {}];
    const [before, after] = [
      "one\n2\nthree\nfour\nfive\nsix\nseven\neight\nnine\n",
      "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nend",
    ];
    const newFile = "/srv/demo/new";
    const script = new EventScript().play("Prepare things", hosts);
    script.task("plain ok").host("web1", "ok").host("db", "ok");
    script.task("changed loop");
    for (const host of hosts) {
      for (const item of ["a", "{'name': 'b', 'k': 1}", "c d"]) script.item(host, item, "changed");
      script.host(host, "changed", { isLoop: true });
    }
    script.task("debug", { module: "debug" });
    for (const host of hosts) script.host(host, "ok", { result: { msg: debugMsg, failed: false } });
    script.task("debug", { module: "ansible.builtin.debug" });
    for (const host of hosts) script.host(host, "ok", { result: { inventory_hostname: host, failed: false } });
    script.task("skipped loop");
    for (const host of hosts)
      script.item(host, "1", "changed").item(host, "2", "skipped").host(host, "changed", { isLoop: true });
    script.task("all skipped loop");
    for (const host of hosts)
      script.item(host, "1", "skipped").item(host, "2", "skipped").host(host, "skipped", { isLoop: true });
    script.task("retry");
    for (const host of hosts) {
      script.add({ type: "retry", task: script.taskId, host, attempt: 1, left: 2, result: {} }).host(host, "changed");
    }
    script
      .task("delegated")
      .host("web1", "changed", { delegatedTo: "web1" })
      .host("db", "changed", { delegatedTo: "web1" });
    script.task("diff", { module: "copy" });
    script.host("web1", "changed", {
      diff: [{ before, after, beforeHeader: "/srv/demo/out-web1", afterHeader: newFile }],
    });
    script.host("db", "changed", { diff: [{ before: "", after, beforeHeader: "", afterHeader: newFile }] });
    script.task("debug loop", { module: "debug" });
    for (const host of hosts) {
      for (const item of ["1", "2"]) script.item(host, item, "ok", { result: { msg: `item ${item}` } });
      script.host(host, "ok", { isLoop: true, result: { msg: "All items completed" } });
    }
    script.task("include_tasks", { module: "include_tasks" });
    script.add({ type: "included", file: "/srv/demo/inc.yml", hosts, item: "1" });
    for (const host of hosts) script.host(host, "ok", { isLoop: true });
    script.task("debug", { module: "debug" });
    for (const host of hosts) script.host(host, "ok", { result: { msg: "in inc" } });
    script.task("check assertion", { module: "assert" });
    for (const host of hosts) script.host(host, "ok", { result: { msg: "All assertions passed" } });
    script.task("my handler", { isHandler: true }).host("web1", "changed").host("db", "changed");
    script.add({ type: "play_skipped", name: "nothing", reason: "no hosts matched" });
    script.end({ web1: { ok: 13, changed: 6, skipped: 1 }, db: { ok: 13, changed: 6, skipped: 1 } });
    const ansible = readFileSync(new URL("golden/ansible-2.14.txt", import.meta.url), "utf8");
    expect((await print(script)).stdout).to.equal(ansible);
  });

  it("starts a failure like Ansible and goes on with where it is, what ran, what it said and what to do", async () => {
    const stderr = Array.from({ length: 12 }, (_, index) => `line ${index + 1}\n`).join("");
    const script = new EventScript()
      .play("Consul", ["n1"])
      .task("start", { role: "consul", at: "roles/consul/tasks/main.yaml:31:7" });
    script.host("n1", "failed", {
      result: {
        changed: true,
        msg: "non-zero return code",
        rc: 3,
        cmd: ["consul", "validate"],
        stderr,
        stdout: "",
        start: "x",
      },
      error: { hint: "look at journalctl -u consul" },
    });
    expect((await print(script)).stdout).to.equal(`
PLAY [Consul] ******************************************************************

TASK [consul : start] **********************************************************
fatal: [n1]: FAILED! => {"changed": true, "msg": "non-zero return code", "rc": 3}
  task      consul : start
  at        roles/consul/tasks/main.yaml:31:7
  command   consul validate
  stderr    … 2 earlier lines, shown with -v
            line 3
            line 4
            line 5
            line 6
            line 7
            line 8
            line 9
            line 10
            line 11
            line 12
  hint      look at journalctl -u consul
`);
  });

  it("shows the place of an error in a file with its lines", async () => {
    const frame = "  ──▶ a.j2:3:4\n   │\n 3 │ {{ x }}\n   │    ^ undefined";
    const script = new EventScript().play("P", ["n1"]).task("render", { module: "template" });
    script.host("n1", "failed", {
      result: { msg: "`x` is undefined" },
      error: { code: "E_UNDEFINED", at: "a.j2:3:4", frame },
    });
    const { stdout } = await print(script);
    expect(stdout).to.contain(
      "  task      render\n  module    template\n  code      E_UNDEFINED\n    ──▶ a.j2:3:4\n     │\n   3 │ {{ x }}\n",
    );
  });

  it("keeps failures that the play expects to one line", async () => {
    const result = { msg: "no good" };
    const script = new EventScript().play("P", ["a", "b"]).task("try", { module: "fail" });
    script.host("a", "failed", { result, isIgnored: true }).host("b", "failed", { result, isRescued: true });
    const { stdout } = await print(script);
    expect(stdout.split("\n").slice(4)).to.deep.equal([
      'fatal: [a]: FAILED! => {"changed": false, "msg": "no good"}',
      "...ignoring",
      'fatal: [b]: FAILED! => {"changed": false, "msg": "no good"}',
      "",
    ]);
  });

  it("tells failed items and unreachable hosts apart", async () => {
    const script = new EventScript().play("P", ["a", "b"]).task("loop");
    script
      .item("a", "x", "failed", { result: { msg: "no" } })
      .host("a", "failed", { isLoop: true, result: { msg: "One or more items failed" } });
    script.host("b", "unreachable", { result: { msg: "connection refused", unreachable: true } });
    const lines = (await print(script)).stdout.split("\n").filter((line) => /^(?:failed|fatal)/.test(line));
    expect(lines).to.deep.equal([
      'failed: [a] (item=x) => {"changed": false, "msg": "no"}',
      'fatal: [b]: UNREACHABLE! => {"changed": false, "msg": "connection refused", "unreachable": true}',
    ]);
  });

  it("shows results and the reason of skips with -v, nested results over lines with -vvv", async () => {
    const script = new EventScript()
      .play("P", ["a"])
      .task("one")
      .host("a", "ok", { result: { rc: 0, _ansible_x: 1, diff: [] } });
    script.task("two").host("a", "skipped", {
      result: { skip_reason: "Conditional result was False" },
      skippedBecause: "`x == 1` (x is 2)",
    });
    script.task("facts", { module: "setup" }).host("a", "ok", { result: { ansible_facts: { a: 1 } } });
    const { stdout } = await print(script, { verbosity: 1 });
    expect(stdout).to.contain('ok: [a] => {"changed": false, "rc": 0}\n');
    expect(stdout).to.contain(
      'skipping: [a] => {"changed": false, "skip_reason": "Conditional result was False"}\n  not met: `x == 1` (x is 2)\n',
    );
    expect(stdout).to.contain("ok: [a]\n");
    expect((await print(script, { verbosity: 3 })).stdout).to.contain(
      'ok: [a] => {\n    "changed": false,\n    "diff": [],\n    "rc": 0\n}\n',
    );
  });

  it("adds places and times with -vv and what goes over the wire with -vvv", async () => {
    const script = new EventScript().play("P", ["a"]).task("one").wait(1500).host("a", "ok");
    script.add({ type: "trace", level: 3, host: "a", text: "connected to 10.0.0.1:22 as root" });
    script.add({ type: "task_end", task: script.taskId });
    expect((await print(script, { verbosity: 2 })).stdout)
      .to.contain("task path: site.yml:5:7\n")
      .and.contain("took 1.5 s\n")
      .and.not.contain("<a>");
    expect((await print(script, { verbosity: 3 })).stdout).to.contain("<a> connected to 10.0.0.1:22 as root\n");
  });

  it("repeats the heading when results of several tasks interleave", async () => {
    const script = new EventScript().play("P", ["a", "b"]).task("first");
    const first = script.taskId;
    script.task("second").host("a", "ok");
    script.add({
      type: "host_result",
      task: first,
      host: "b",
      status: "ok",
      isIgnored: false,
      isRescued: false,
      isLoop: false,
      result: {},
      durationMs: 1,
    });
    const headings = (await print(script)).stdout
      .split("\n")
      .filter((line) => line.startsWith("TASK"))
      .map((line) => line.replace(/ \*+$/, ""));
    expect(headings).to.deep.equal(["TASK [first]", "TASK [second]", "TASK [first]"]);
  });

  it("writes warnings once, to stderr, with place and hint", async () => {
    const script = new EventScript();
    for (let i = 0; i < 2; i++) script.add({ type: "warning", message: "old form", at: "a.yaml:1:2", hint: "write x" });
    expect(await print(script)).to.deep.equal({
      stdout: "",
      stderr: "[WARNING]: old form\n  at a.yaml:1:2\n  write x\n",
    });
  });

  it("never lets a host drive the terminal", async () => {
    const evil = "\x1b]0;pwned\x07\x9b31m‮evil\r\n\udcff";
    const script = new EventScript().play(evil, [evil]).task(evil, { role: evil, at: evil });
    script.item(evil, evil, "failed", {
      result: { msg: evil, stderr: evil, cmd: evil },
      diff: [{ before: "", after: evil, beforeHeader: evil, afterHeader: evil }],
    });
    script.host(evil, "skipped", { skippedBecause: evil, result: { [evil]: evil } });
    script
      .add({ type: "included", file: evil, hosts: [evil], item: evil })
      .add({ type: "warning", message: evil, at: evil, hint: evil });
    script.add({ type: "trace", level: 3, host: evil, text: evil });
    script.end({ [evil]: { unknown: 1 } });
    for (const verbosity of [0, 4]) {
      const { stdout, stderr } = await print(script, { verbosity });
      expect(stdout + stderr).not.to.match(CONTROL_CHARACTERS);
    }
  });

  it("hides secrets in every position", async () => {
    const secret = "s3cr3t'\"\n\\pass word";
    const script = new EventScript().play(secret, [secret]).task(secret);
    const result = {
      msg: secret,
      cmd: ["x", secret],
      url: encodeURIComponent(secret),
      stdout: JSON.stringify({ secret }),
      b64: Buffer.from(`user:${secret}`).toString("base64"),
    };
    script.item(secret, secret, "failed", {
      result,
      diff: [{ before: secret, after: `a\n${secret}`, beforeHeader: secret, afterHeader: "" }],
    });
    script.host(secret, "unreachable", { result, error: { hint: secret, frame: secret, at: secret } });
    script.add({ type: "warning", message: secret }).add({ type: "trace", level: 4, host: "a", text: secret });
    for (const verbosity of [0, 1, 4]) {
      const { stdout, stderr } = await print(script, { verbosity, secrets: [secret] });
      expect(stdout + stderr).not.to.match(/s3cr3t|pass.{0,3}word|czNjcjN0|zNjcjN0J/);
    }
  });

  it("counts what check mode cannot tell only where there is some", async () => {
    const { stdout } = await print(new EventScript().end({ a: { ok: 1, unknown: 2 }, b: { ok: 1 } }));
    const [a = "", b = ""] = stdout.split("\n").slice(2);
    expect(a).to.match(/ignored=0 {4}unknown=2$/);
    expect(b).to.match(/ignored=0$/);
  });

  it("colours by outcome", async () => {
    const script = new EventScript().play("P", ["a"]).task("t").host("a", "changed");
    expect((await print(script, { hasColor: true })).stdout).to.contain("\x1b[33mchanged: [a]\x1b[0m\n");
  });
});
