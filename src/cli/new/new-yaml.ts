import type { NewFiles } from "./new-module.ts";

/** A role with a default, a task, a handler and checked arguments. */
export function newRole(name: string): NewFiles {
  const file = (path: string, schema: string | undefined, text: string): [string, string] => [
    `roles/${name}/${path}`,
    (schema === undefined ? "" : schemaLine(schema, path.split("/").length + 1)) + text,
  ];
  return {
    files: Object.fromEntries([
      file(
        "tasks/main.yaml",
        "tasks",
        `- name: Say what this role would do
  debug:
    msg: "{{ ${name}_message }}"
  notify: ${name} changed
`,
      ),
      file(
        "handlers/main.yaml",
        "handlers",
        `- name: ${name} changed
  debug:
    msg: Restart what needs it
`,
      ),
      file("defaults/main.yaml", "vars", `${name}_message: hello\n`),
      file(
        "meta/argument_specs.yaml",
        undefined,
        `argument_specs:
  main:
    short_description: What this role is for
    options:
      ${name}_message:
        type: str
        description: What is said
        default: hello
`,
      ),
    ]),
    whereMissing: {},
    next: `use it:   roles: [${name}] in a play
editor:   tsrun schema writes the schemas that the files' first lines name
`,
  };
}

/** A playbook with one play. */
export function newPlaybook(name: string): NewFiles {
  const path = `playbooks/${name}.yaml`;
  return {
    files: {
      [path]: `${schemaLine("playbook", 1)}- name: ${name}
  hosts: all
  tasks:
    - name: See that all is well
      ping:
`,
    },
    whereMissing: {},
    next: `run it:   tsrun playbook ${name}.yaml --check
editor:   tsrun schema writes the schema that the file's first line names
`,
  };
}

/** The line that tells a YAML language server what a file is. `depth`: directories between the file and the project. */
function schemaLine(schema: string, depth: number): string {
  return `# yaml-language-server: $schema=${"../".repeat(depth)}.tsrun/schema/${schema}.json\n`;
}
