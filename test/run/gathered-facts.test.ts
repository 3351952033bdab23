import { expect } from "chai";
import { TestProject } from "../e2e/run-tsrun.ts";

/** Names of the facts that the first play gathers, in a project of these files. */
async function gathered(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const project = await TestProject.create({
    "inventory.yaml": "all:\n  vars: {ansible_connection: local}\n  hosts: {here: }\n",
  });
  try {
    for (const [name, text] of Object.entries(files)) await project.write(name, text);
    const finished = await project.run("site.yaml", { inventory: ["inventory.yaml"], isCheck: true });
    expect(finished.exitCode, finished.failures).to.equal(0);
    const facts = finished.results("here").get("Gathering Facts")?.result["ansible_facts"] as object;
    const own = new Set(["gather_subset", "module_setup"]);
    return Object.keys(facts)
      .filter((name) => !own.has(name))
      .map((name) => name.replace("ansible_", ""));
  } finally {
    await project.remove();
  }
}

const play = (tasks: string, head = ""): string => `- hosts: all\n${head}  tasks:\n${tasks}`;

describe("a play that does not say what facts it wants", () => {
  it("gathers none that nothing names", async () => {
    expect(await gathered({ "site.yaml": play("    - debug: {msg: hello}\n") })).to.deep.equal([]);
  });

  it("gathers those that its tasks name, and what comes with them", async () => {
    const found = await gathered({ "site.yaml": play("    - debug: {msg: '{{ ansible_kernel }}'}\n") });
    expect(found).to.include.members(["kernel", "hostname"]).and.not.include.members(["mounts"]);
    expect(found).to.not.include("memtotal_mb");
  });

  for (const [where, files] of [
    ["the variables of a group", { "group_vars/all.yaml": "size: '{{ ansible_memtotal_mb }}'\n" }],
    [
      "a role's template that is chosen in the run",
      {
        "site.yaml": play(
          "    - template: {src: '{{ mine }}', dest: /nowhere/x}\n      when: false\n",
          "  roles: [r]\n  vars: {mine: a.j2}\n",
        ),
        "roles/r/templates/a.j2": "{{ ansible_memtotal_mb }}",
        "roles/r/tasks/main.yaml": "[]\n",
      },
    ],
    [
      "tasks of a role that a condition includes",
      {
        "site.yaml": play("    - include_role: {name: r}\n      when: inventory_hostname == 'x'\n"),
        "roles/r/tasks/main.yaml": "- debug: {msg: '{{ ansible_memtotal_mb }}'}\n",
      },
    ],
    [
      "tasks that are chosen in the run",
      {
        "site.yaml": play("    - include_tasks: 'for-{{ what }}.yaml'\n      when: false\n"),
        "tasks/for-x.yaml": "- debug: {msg: '{{ ansible_memtotal_mb }}'}\n",
      },
    ],
    [
      "a later play",
      {
        "site.yaml": `${play("    - debug: {msg: hello}\n")}- hosts: all\n  gather_facts: false\n  tasks:\n    - debug: {msg: "{{ hostvars['here'].ansible_memtotal_mb }}"}\n`,
      },
    ],
    [
      "the inventory",
      {
        "inventory.yaml":
          "all:\n  vars: {ansible_connection: local, size: '{{ ansible_memtotal_mb }}'}\n  hosts: {here: }\n",
      },
    ],
  ] as const) {
    it(`gathers what ${where} may name`, async () => {
      const base = { "site.yaml": play("    - debug: {msg: hello}\n") };
      expect(await gathered({ ...base, ...files }))
        .to.include("memtotal_mb")
        .and.not.include("lsb");
    });
  }

  for (const [why, files] of [
    [
      "names are made in the run",
      { "site.yaml": play('    - debug: {msg: "{{ ansible_facts[name] }}"}\n      vars: {name: kernel}\n') },
    ],
    [
      "a file may be found anywhere",
      {
        "site.yaml": play(
          "    - template: {src: '{{ playbook_dir }}/{{ mine }}', dest: /nowhere/x}\n      when: false\n",
        ),
      },
    ],
    ["it asks for a subset by name", { "site.yaml": play("    - debug: {msg: hello}\n", "  gather_subset: all\n") }],
    [
      "the defaults of modules say so",
      { "site.yaml": play("    - debug: {msg: hello}\n", "  module_defaults: {setup: {gather_subset: all}}\n") },
    ],
  ] as const) {
    it(`gathers all where ${why}`, async () => {
      expect(await gathered(files)).to.include.members(["memtotal_mb", "lsb", "mounts", "env"]);
    });
  }
});
