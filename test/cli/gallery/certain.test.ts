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
  "hosts that a task may add": `- group_by: {key: made}\n- hosts: made\n  tasks: []`,
  "what Ansible took until 2.13": `- {command: ls, args: {warn: false}}\n    - shell: ls warn=no`,
  "a file of the host": `- copy: {src: /etc/nowhere, dest: /x, remote_src: true}`,
};

/** Tasks that are wrong only if a condition lets them run, or that look like a slip: a warning says so. */
const suspicious: Readonly<Record<string, readonly [tasks: string, warning: string]>> = {
  "a missing file under a condition": [
    "- {template: {src: a.j2, dest: /x}, when: app_port == 1}",
    "no template `a.j2` on this machine",
  ],
  "a missing script under a condition": ["- {script: a.sh, when: app_port == 1}", "no file `a.sh` on this machine"],
  "an include of a missing file under a condition": [
    "- {include_tasks: a.yaml, when: app_port == 1}",
    "no task file `a.yaml`",
  ],
  "a misspelt name under a condition": [
    `- {debug: {msg: "{{ app_prot }}"}, when: inventory_hostname == 'web2'}`,
    "`app_prot` is undefined, should this task run: nothing in this run sets it",
  ],
  "a missing handler of a task under a condition": [
    "- {command: make, notify: install, when: app_port == 1}",
    "no handler `install` is named so or listens to it",
  ],
  "a decimal mode": ["- file: {path: /x, mode: 644}", "`mode: 644` is a decimal number, and means 01204"],
  "`become_user` alone": [
    "- {command: id, become_user: www-data}",
    "`become_user` does nothing without `become: true`",
  ],
  "`with_items` over a name": [
    `- {debug: {msg: "{{ item }}"}, with_items: app_port}`,
    "`with_items: app_port` is one item, the text `app_port`",
  ],
  "modules that only Ansible has, under a condition": [
    "- {pkgng: name=x, when: app_port == 1}\n    - {block: [portage: name=x], when: app_port == 2}\n    - {a.b.c: {d: e}, ignore_errors: true}",
    "tsrun does not have Ansible's module `pkgng`, and 2 more of the kind",
  ],
  "hosts that nobody is": ["- debug: {msg: hi}\n- hosts: wbe\n  tasks: []", "no host and no group matches `wbe`"],
};

describe("what looks wrong", () => {
  for (const [name, [tasks, warning]] of Object.entries(suspicious)) {
    it(`is a warning: ${name}`, async () => {
      const { stderr, exitCode } = await check(tasks);
      expect({ first: stderr.split("\n")[0], exitCode }).to.deep.equal({ first: `[WARNING]: ${warning}`, exitCode: 0 });
    });
  }
});

async function check(tasks: string): Promise<{ readonly stderr: string; readonly exitCode: number }> {
  const project = mkdtempSync(join(tmpdir(), "tsrun-fine-"));
  try {
    writeFileSync(join(project, "inventory.yaml"), "all:\n  hosts: {web1: {}}\n  vars: {app_port: 8080}\n");
    writeFileSync(join(project, "site.yaml"), `- hosts: all\n  tasks:\n    ${tasks}\n`);
    const { stderr, exitCode } = await runMain(["playbook", "site.yaml", "--syntax-check"], project);
    return { stderr, exitCode };
  } finally {
    rmSync(project, { recursive: true });
  }
}

describe("what may be missing", () => {
  for (const [name, tasks] of Object.entries(fine)) {
    it(`is no error: ${name}`, async () => {
      expect(await check(tasks)).to.deep.equal({ stderr: "", exitCode: 0 });
    });
  }
});
