import { defineAction, TsrunError, z } from "tsrun";

export default defineAction({
  name: "debug",
  summary: "Show a message or the value of a variable",
  args: z
    .object({
      msg: z.unknown().optional().describe("What to show; default `Hello world!`"),
      var: z
        .unknown()
        .optional()
        .describe("Name of a variable, or an expression, whose value is shown")
        .meta({ raw: true }),
      verbosity: z.number().int().default(0).describe("Show it only from so many `-v` on"),
    })
    .refine((args) => args.msg === undefined || args.var === undefined, "'msg' and 'var' are incompatible options"),
  examples: [
    { name: "A message", yaml: 'debug:\n  msg: "Consul is at {{ inventory_hostname }}:8500"' },
    { name: "A variable", yaml: "debug:\n  var: ansible_facts.distribution" },
  ],
  runsOn: "controller",
  inCheckMode: "run",
  run({ msg, var: expression, verbosity }, context) {
    if (verbosity > context.verbosity) return { skipped: true, skipped_reason: "Verbosity threshold not met." };
    if (expression === undefined) return { msg: msg ?? "Hello world!", _ansible_verbose_always: true };
    const name = typeof expression === "string" ? expression : "value";
    return { [name]: valueOf(expression, (text) => context.vars.evaluate(text)), _ansible_verbose_always: true };
  },
});

/** Ansible shows a sentence where a variable is not defined, and does not fail. */
function valueOf(expression: unknown, evaluate: (expression: string) => unknown): unknown {
  if (typeof expression !== "string") return expression;
  const bare = /^\s*\{\{((?:(?!\{\{).)*)\}\}\s*$/s.exec(expression)?.[1] ?? expression;
  try {
    return evaluate(bare);
  } catch (error) {
    if (error instanceof TsrunError && error.code === "E_UNDEFINED") {
      return `VARIABLE IS NOT DEFINED!: ${error.message}`;
    }
    throw error;
  }
}
