import { defineAction, z } from "tsrun";

/** The interpreter carries it out: it adds the role's tasks and handlers to the play. */
export default defineAction({
  name: "include_role",
  summary: "Run a role, chosen while the play runs",
  args: z.object({
    name: z
      .string()
      .describe("Name or path of the role")
      .meta({ aliases: ["role"] }),
    tasks_from: z.string().default("main").describe("File in the role's `tasks/`"),
    vars_from: z.string().default("main").describe("File in the role's `vars/`"),
    defaults_from: z.string().default("main").describe("File in the role's `defaults/`"),
    handlers_from: z.string().default("main").describe("File in the role's `handlers/`"),
    public: z.boolean().default(false).describe("The role's variables are seen by the rest of the play"),
    allow_duplicates: z.boolean().default(true).describe("Run it again when it ran already"),
    rolespec_validate: z.boolean().default(true).describe("Check the variables against `meta/argument_specs.yaml`"),
    apply: z
      .record(z.string(), z.unknown())
      .optional()
      .describe("Keywords that every task of the role gets")
      .meta({ raw: true }),
  }),
  examples: [{ name: "One part of a role", yaml: "include_role:\n  name: consul\n  tasks_from: health" }],
  runsOn: "controller",
  inCheckMode: "run",
  run: ({ name }) => ({ include_role: name }),
});
