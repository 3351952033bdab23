import { expect } from "chai";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runMain } from "../cli/run-main.ts";

describe("handlers of a run that failed", () => {
  let cwd: string;
  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), "tsrun-pending-"));
    writeFileSync(join(cwd, "inventory.ini"), "a ansible_connection=local\nb ansible_connection=local\n");
    writeFileSync(
      join(cwd, "site.yaml"),
      `- hosts: all
  gather_facts: false
  tasks:
    - debug: {msg: a change}
      changed_when: first | default(false) | bool
      notify: restart
    - fail: {msg: broken}
      when: (first | default(false) | bool) and inventory_hostname == 'a'
  handlers:
    - name: restart
      debug: {msg: restarted}
      failed_when: handler_fails | default(false) | bool
`,
    );
  });
  afterEach(() => rmSync(cwd, { recursive: true, force: true }));

  const run = (...args: string[]) => runMain(["playbook", "site.yaml", "-i", "inventory.ini", ...args], cwd);
  const pending = () => join(cwd, ".tsrun", "pending-handlers.json");

  it("run in the next one, once, on the hosts that lost them", async () => {
    expect((await run("-e", "first=true")).exitCode).to.equal(2);
    expect(JSON.parse(readFileSync(pending(), "utf8"))).to.deep.equal({ "site.yaml": { a: ["restart"] } });
    const second = await run();
    expect(second.stdout).to.contain("RUNNING HANDLER [restart]");
    expect(second.stdout)
      .to.match(/^ok: \[a\] => \{\n {4}"msg": "restarted"/m)
      .and.not.contain('ok: [b] => {\n    "msg": "restarted"');
    expect(second.stderr).to.contain("a: an earlier run failed before it ran `restart`");
    expect(existsSync(pending())).to.equal(false);
    expect((await run()).stdout).to.not.contain("RUNNING HANDLER");
    expect(second.stdout.indexOf("RUNNING HANDLER"), "after the tasks").to.be.above(second.stdout.indexOf("a change"));
  });

  it("stay when the next run fails before its tasks", async () => {
    await run("-e", "first=true");
    const playbook = join(cwd, "site.yaml");
    const sound = readFileSync(playbook, "utf8");
    writeFileSync(playbook, sound.replace("  tasks:", "  pre_tasks:\n    - fail: {msg: too early}\n  tasks:"));
    const early = await run();
    expect(early.exitCode).to.equal(2);
    expect(early.stdout).to.not.contain("RUNNING HANDLER");
    writeFileSync(playbook, sound);
    expect((await run()).stdout).to.contain("RUNNING HANDLER [restart]");
  });

  it("stay when they fail themselves, and are left alone by --check", async () => {
    await run("-e", "first=true");
    expect((await run("--check")).stdout).to.not.contain("RUNNING HANDLER");
    expect((await run("-e", "handler_fails=true")).exitCode).to.equal(2);
    expect((await run()).stdout).to.contain("RUNNING HANDLER [restart]");
  });
});
