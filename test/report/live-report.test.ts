import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { createRedactor } from "../../src/report/redactor.ts";
import { createReport, type Report } from "../../src/report/report.ts";
import type { RunEvent } from "../../src/run/events.ts";
import { ESCAPE_SEQUENCES } from "./control-characters.ts";
import { EventScript } from "./event-script.ts";
import { MemoryStream } from "./memory-stream.ts";

async function liveReport(
  columns = 80,
  rows = 24,
): Promise<{ report: Report; stdout: MemoryStream; send: (events: readonly RunEvent[]) => void }> {
  const stdout = new MemoryStream({ columns, rows });
  const stderr = new MemoryStream({ columns, rows });
  const report = await createReport("live", {
    stdout,
    stderr,
    verbosity: 0,
    hasColor: false,
    redactor: createRedactor(),
  });
  const send = (events: readonly RunEvent[]): void => {
    // The view draws the time that has passed since an event.
    for (const event of events) report.onEvent({ ...event, time: new Date().toISOString() });
  };
  return { report, stdout, send };
}

describe("live report", () => {
  it("leaves plain text behind: plays, tasks with counts, failures in full, the recap", async () => {
    const { report, stdout, send } = await liveReport();
    const script = new EventScript().play("Web", ["a", "b", "c"]).task("facts", { module: "setup" });
    script.host("a", "ok").host("b", "ok").host("c", "ok").task("install", { role: "nginx" });
    const broken = { msg: "no such package", rc: 100 };
    script.host("a", "changed").host("b", "failed", { result: broken }).host("c", "failed", { result: broken });
    script.task("say", { module: "debug" }).host("a", "ok", { result: { msg: "hello" } });
    script.end({ a: { ok: 3, changed: 1 }, b: { ok: 1, failed: 1 }, c: { ok: 1, failed: 1 } });
    send(script.events);
    await report.close();
    const seen = stdout.screen.trimEnd().replace(/ +\d+\.\ds$/gm, "");
    expect(seen).to.equal(
      `
PLAY [Web]
  ✔ facts                                         3 ok
  ✖ nginx : install                               2 failed, 1 changed
      b  no such package
      c  no such package
  ✔ say                                           1 ok
      a  hello

FAILURES ***********************************************************************
fatal: [b, c]: FAILED! => {"changed": false, "msg": "no such package", "rc": 100}
  task      nginx : install
  at        site.yml:5:7
  module    command

PLAY RECAP *********************************************************************
a : ok=3 changed=1 unreachable=0 failed=0 skipped=0 rescued=0 ignored=0
b : ok=1 changed=0 unreachable=0 failed=1 skipped=0 rescued=0 ignored=0
c : ok=1 changed=0 unreachable=0 failed=1 skipped=0 rescued=0 ignored=0`.replace(
        "  ✔ say                                           1 ok",
        "  ✔ say                                           1 ok",
      ),
    );
  });

  it("says what a command said last, and what an interrupt left unfinished", async () => {
    const { report, stdout, send } = await liveReport();
    const hosts = ["a", "b", "c"];
    const script = new EventScript().play("Web", hosts).task("check");
    const result = { msg: "non-zero return code", rc: 3, stderr: "checking\nport 8500 is in use\n", stdout: "" };
    script.host("a", "ok").host("b", "ok").host("c", "failed", { result }).task("long");
    for (const host of hosts.slice(0, 2)) script.add({ type: "host_start", task: script.taskId, host });
    script.end({ a: { ok: 10, changed: 3 }, b: { ok: 9, changed: 12 }, c: { ok: 1, failed: 1 } });
    send(script.events);
    await report.close();
    expect(stdout.screen).to.contain("      c  exit code 3: port 8500 is in use\n");
    expect(stdout.screen).to.match(/^ {2}- long +2 not finished {2}/m);
    // Aligned, though Ansible's cells would not fit.
    expect(stdout.screen).to.contain(
      "a : ok=10 changed=3  unreachable=0 failed=0 skipped=0 rescued=0 ignored=0\nb : ok=9  changed=12 unreachable=0",
    );
  });

  it("draws at most ten times a second and stays cheap with 500 hosts", async () => {
    const { report, stdout, send } = await liveReport(100, 20);
    const hosts = Array.from({ length: 500 }, (_, index) => `host${index}`);
    const script = new EventScript().play("Big", hosts).task("work");
    for (const host of hosts) script.add({ type: "host_start", task: script.taskId, host });
    send(script.events);
    const before = process.cpuUsage();
    const startedMs = performance.now();
    for (const host of hosts) {
      const step = new EventScript();
      const events = step.add({ type: "retry", task: script.taskId, host, attempt: 1, left: 3, result: {} }).events;
      send(events);
      if (performance.now() - startedMs < 900) await sleep(1);
    }
    const seconds = (performance.now() - startedMs) / 1000;
    const cpu = process.cpuUsage(before);
    const frames = stdout.text.split("500 hosts").length - 1;
    expect(frames)
      .to.be.greaterThan(1)
      .and.at.most(Math.ceil(seconds * 10) + 1);
    expect((cpu.user + cpu.system) / 1e6).to.be.below(0.6);
    expect(stdout.plainText).to.contain("not yet, 3 tries left").and.contain("… and");
    await report.close();
  });

  it("never draws beyond the window, also when it shrinks", async () => {
    const { report, stdout, send } = await liveReport(40, 6);
    const script = new EventScript().play("A play with a name that is much longer than the window", ["a", "b"]);
    for (let i = 0; i < 12; i++)
      script.task(`task number ${i} with a name that is much longer than the window`).host("a", "ok");
    send(script.events);
    await sleep(250);
    stdout.columns = 30;
    stdout.emit("resize");
    const mark = stdout.text.length;
    await sleep(350);
    const frames = stdout.text.slice(mark).split("\x1b[2K").at(-1) ?? "";
    const lines = frames.replace(ESCAPE_SEQUENCES, "").trimEnd().split("\n");
    expect(lines.length).to.be.at.most(6);
    for (const line of lines) expect(line.length, line).to.be.at.most(30);
    await report.close();
  });

  it("shows the cursor again and gives the terminal to a question", async () => {
    const { report, stdout, send } = await liveReport();
    const script = new EventScript().play("P", ["a", "b"]).task("slow").host("a", "ok");
    send(script.events);
    await sleep(250);
    expect(stdout.text).to.contain("1 of 2");
    await report.pause();
    const paused = stdout.text;
    expect(paused.lastIndexOf("\x1b[?25h")).to.be.greaterThan(paused.lastIndexOf("\x1b[?25l"));
    await sleep(250);
    expect(stdout.text).to.equal(paused);
    report.resume();
    await sleep(250);
    expect(stdout.text.slice(paused.length)).to.contain("1 of 2");
    await report.close();
    expect(stdout.text.lastIndexOf("\x1b[?25h")).to.be.greaterThan(stdout.text.lastIndexOf("\x1b[?25l"));
  });

  it("shows a notice while the view is up and keeps it", async () => {
    const { report, stdout, send } = await liveReport();
    send(new EventScript().play("P", ["a"]).task("slow").events);
    await sleep(150);
    report.notice("interrupted: no new tasks");
    await report.close();
    expect(stdout.plainText.trimEnd().split("\n").at(-2)).to.equal("interrupted: no new tasks");
  });
});
