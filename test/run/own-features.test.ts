import { expect } from "chai";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runMain } from "../cli/run-main.ts";

/** What ansible-core 2.14 cannot be asked about. */
describe("beyond ansible-core 2.14", () => {
  let cwd: string;
  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), "tsrun-own-"));
  });
  afterEach(() => rmSync(cwd, { recursive: true, force: true }));

  const run = (tasks: string, ...args: string[]) => {
    const play = `- hosts: localhost\n  gather_facts: false\n  vars: {file: inner}\n  tasks:\n${tasks}`;
    writeFileSync(join(cwd, "site.yaml"), play);
    return runMain(["playbook", "site.yaml", "-i", "localhost,", "-c", "local", ...args], cwd);
  };

  it("--start-at-task finds a task inside a dynamic include", async () => {
    writeFileSync(
      join(cwd, "inner.yaml"),
      "- debug: {msg: one}\n- {name: deep, debug: {msg: two}}\n- debug: {msg: three}\n",
    );
    const tasks = '    - debug: {msg: zero}\n    - include_tasks: "{{ file }}.yaml"\n    - debug: {msg: last}\n';
    const { stdout, exitCode } = await run(tasks, "--start-at-task", "deep");
    expect([...stdout.matchAll(/"msg": "(\w+)"/g)].map(([, msg]) => msg)).to.deep.equal(["two", "three", "last"]);
    expect(exitCode).to.equal(0);
    expect((await run(tasks, "--start-at-task", "nowhere")).exitCode).to.equal(1);
  });

  it("loop_control.break_when ends a loop after the item for which it is true", async () => {
    const tasks = `    - debug: {msg: "item {{ item }}"}
      loop: [1, 2, 3]
      register: r
      loop_control: {break_when: [item == 2]}
    - debug: {msg: "{{ r.results | length }} results"}
`;
    const { stdout } = await run(tasks);
    expect(stdout).to.contain('"msg": "2 results"').and.not.contain('"msg": "item 3"');
  });
});
