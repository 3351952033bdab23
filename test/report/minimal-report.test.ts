import { expect } from "chai";
import { createRedactor } from "../../src/report/redactor.ts";
import { createReport } from "../../src/report/report.ts";
import { EventScript } from "./event-script.ts";
import { MemoryStream } from "./memory-stream.ts";

async function print(script: EventScript): Promise<{ stdout: string; stderr: string }> {
  const [stdout, stderr] = [new MemoryStream(), new MemoryStream()];
  const report = await createReport("minimal", {
    stdout,
    stderr,
    verbosity: 0,
    hasColor: false,
    redactor: createRedactor(["hunter22"]),
  });
  for (const event of script.events) report.onEvent(event);
  await report.close();
  return { stdout: stdout.text, stderr: stderr.text };
}

describe("minimal report", () => {
  it("shows a command's output under the host, as ansible does", async () => {
    const script = new EventScript()
      .play("all", ["a", "b", "c", "d"])
      .task("uptime")
      .host("a", "changed", { result: { rc: 0, stdout: "up 3 days", stderr: "" } })
      .host("b", "failed", { result: { rc: 3, stdout: "half", stderr: "oops\n", msg: "non-zero return code" } })
      .host("c", "unreachable", { result: { msg: "no route", unreachable: true } })
      .host("d", "skipped")
      .end({});
    expect((await print(script)).stdout).to.equal(`a | CHANGED | rc=0 >>
up 3 days
b | FAILED! | rc=3 >>
half
oops
non-zero return code
c | UNREACHABLE! => {
    "changed": false,
    "msg": "no route",
    "unreachable": true
}
d | SKIPPED
`);
  });

  it("shows other modules' results as JSON, secrets and control characters taken out", async () => {
    const script = new EventScript()
      .play("all", ["a"])
      .task("stat", { module: "ansible.builtin.stat" })
      .host("a", "ok", { result: { stat: { path: "/x\u001b[2J" }, key: "hunter22", warnings: ["look out"] } });
    const { stdout, stderr } = await print(script);
    expect(stdout)
      .to.match(/^a \| SUCCESS => \{\n/)
      .and.contain('"key": "********"')
      .and.not.contain("\u001b");
    expect(stderr).to.equal("[WARNING]: look out\n");
  });
});
