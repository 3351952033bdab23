import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { runMain } from "../run-main.ts";

/** Tasks that name a variable or a file that may be missing without harm, or that something may make in time. */
const fine: Readonly<Record<string, string>> = {
  "a task under a condition": `- {debug: {msg: "{{ nowhere }}"}, when: app_port == 1}`,
  "a block under a condition": `- {when: app_port == 1, block: [{debug: {msg: "{{ nowhere }}"}}]}`,
  "a block with rescue": `- {block: [{debug: {msg: "{{ nowhere }}"}}], rescue: [{debug: {msg: hi}}]}`,
  "ignored errors": `- {debug: {msg: "{{ nowhere }}"}, ignore_errors: true}`,
  "a default": `- debug: {msg: "{{ nowhere | default('') }} {{ nowhere.inside | lower | default('') }}"}`,
  "a question whether it is defined": `- {debug: {msg: hi}, when: nowhere is defined and nowhere}`,
  "a branch": `- debug: {msg: "{{ nowhere if app_port == 1 else 'x' }} {{ app_port or nowhere }}"}`,
  "a statement's branch": `- debug: {msg: "{% if app_port == 1 %}{{ nowhere }}{% endif %}"}`,
  "a name that the template sets": `- debug: {msg: "{% set here = 1 %}{{ here }}{% for each in [1] %}{{ each }}{% endfor %}"}`,
  "the tag never": `- {debug: {msg: "{{ nowhere }}"}, tags: never}`,
  "a loop that may be empty": `- {debug: {msg: "{{ nowhere }}"}, loop: "{{ groups['none'] | default([]) }}"}`,
  "after the play may have ended": `- meta: end_play\n    - debug: {msg: "{{ nowhere }}"}`,
  "a file of variables that is chosen in the run": `- include_vars: "{{ inventory_hostname }}.yaml"\n    - debug: {msg: "{{ nowhere }}"}`,
  "a fact that another task sets": `- debug: {msg: "{{ later }}"}\n    - set_fact: {later: 1}`,
  facts: `- debug: {msg: "{{ ansible_distribution }} {{ ansible_facts.os_family }}"}`,
  "a file that a task may have made here": `- {command: make, delegate_to: localhost}\n    - copy: {src: made, dest: /x}`,
  "a file of the host": `- copy: {src: /etc/nowhere, dest: /x, remote_src: true}`,
};

describe("what may be missing", () => {
  for (const [name, tasks] of Object.entries(fine)) {
    it(`is no error: ${name}`, async () => {
      const project = mkdtempSync(join(tmpdir(), "tsrun-fine-"));
      try {
        writeFileSync(join(project, "inventory.yaml"), "all:\n  hosts: {web1: {}}\n  vars: {app_port: 8080}\n");
        writeFileSync(join(project, "site.yaml"), `- hosts: all\n  tasks:\n    ${tasks}\n`);
        const { stderr, exitCode } = await runMain(["playbook", "site.yaml", "--syntax-check"], project);
        expect({ stderr, exitCode }).to.deep.equal({ stderr: "", exitCode: 0 });
      } finally {
        rmSync(project, { recursive: true });
      }
    });
  }
});
