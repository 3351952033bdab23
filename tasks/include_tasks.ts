import { defineAction, z } from "tsrun";

/** The interpreter carries it out: it adds tasks to the play. */
export default defineAction({
  name: "include_tasks",
  summary: "Run the tasks of a file, chosen while the play runs",
  args: z.object({
    file: z.string().describe("Task file: beside this one, in the role's `tasks/`, or beside the playbook"),
    apply: z
      .record(z.string(), z.unknown())
      .optional()
      .describe("Keywords that every included task gets")
      .meta({ raw: true }),
  }),
  freeForm: "file",
  examples: [{ name: "By system", yaml: 'include_tasks: "{{ ansible_facts.os_family }}.yaml"' }],
  runsOn: "controller",
  inCheckMode: "run",
  run: ({ file }) => ({ include: file }),
});
