import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { runMain } from "../cli/run-main.ts";

/** Under --check. */
async function results(tasks: string): Promise<readonly string[]> {
  const project = mkdtempSync(join(tmpdir(), "tsrun-doubts-"));
  try {
    writeFileSync(
      join(project, "site.yaml"),
      `- hosts: localhost\n  connection: local\n  gather_facts: false\n  tasks:\n${tasks}`,
    );
    const { stdout } = await runMain(["playbook", "site.yaml", "--check", "--output", "json"], project);
    return stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as { type: string; status: string; result: { msg?: string } })
      .filter(({ type }) => type === "host_result")
      .map(({ status, result }) => (status === "unknown" ? `unknown: ${result.msg}` : status));
  } finally {
    rmSync(project, { recursive: true });
  }
}

describe("under --check, what depends on a command that was left out", () => {
  const version = `
    - name: ask
      command: tool --version
      register: answer
    - name: cut
      set_fact: {version: "{{ answer.stdout.split()[2] }}"}
`;

  it("is unknown, and so is what depends on that", async () => {
    expect(
      await results(`${version}    - debug: {msg: "{{ version.split('.')[0] }}"}\n    - debug: {msg: hi}\n`),
    ).to.deep.equal([
      "skipped",
      'unknown: unknown until applied: depends on "ask"',
      'unknown: unknown until applied: depends on "cut"',
      "ok",
    ]);
  });

  it("is unknown in conditions and loops", async () => {
    expect(
      await results(
        `${version}    - {debug: {msg: hi}, when: "version == '1'"}\n    - {debug: {msg: hi}, loop: "{{ version }}"}\n`,
      ),
    ).to.deep.equal([
      "skipped",
      'unknown: unknown until applied: depends on "ask"',
      'unknown: unknown until applied: depends on "cut"',
      'unknown: unknown until applied: depends on "cut"',
    ]);
  });

  it("is unknown where a file of variables would have said it", async () => {
    const tasks = `${version}    - {name: more, include_vars: more.yaml, when: "version == '1'"}\n    - debug: {msg: "{{ more_of_it }}"}\n`;
    expect((await results(tasks)).at(-1)).to.equal('unknown: unknown until applied: depends on "more"');
  });

  it("is unknown where a list would be made of it", async () => {
    const tasks = `
    - {name: look, command: find /, register: found}
    - set_fact: {files: "{{ found.stdout_lines | difference(['/x']) }}"}
    - {debug: {msg: hi}, loop: "{{ files }}"}
    - {debug: {msg: hi}, when: found is changed}
    - {debug: {msg: hi}, loop: []}
`;
    expect(await results(tasks)).to.deep.equal([
      "skipped",
      "ok",
      'unknown: unknown until applied: depends on "look"',
      'unknown: unknown until applied: depends on "look"',
      "skipped",
    ]);
  });

  it("is known again once another task says it", async () => {
    const known = `    - set_fact: {version: 1}\n    - debug: {msg: "{{ version.nothing }}"}\n`;
    expect((await results(version + known)).slice(2)).to.deep.equal(["ok", "failed"]);
  });

  it("does not excuse what is wrong by itself", async () => {
    expect((await results(`${version}    - debug: {msg: "{{ [][0] }}"}\n`)).at(-1)).to.equal("failed");
  });
});
