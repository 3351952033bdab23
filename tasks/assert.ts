import { defineAction, TaskFailure, type VariableAccess, z } from "tsrun";

const message = z.union([z.string(), z.array(z.string())]).optional();

export default defineAction({
  name: "assert",
  summary: "Fail unless every condition is true",
  args: z.object({
    that: z
      .union([z.array(z.union([z.string(), z.boolean()])), z.string(), z.boolean()])
      .describe("Conditions, written as for `when`")
      .meta({ raw: true }),
    fail_msg: message.describe("Message when one is false").meta({ aliases: ["msg"] }),
    success_msg: message.describe("Message when all are true"),
    quiet: z.boolean().default(false).describe("Show nothing when all are true"),
  }),
  examples: [
    {
      name: "A supported system",
      yaml: "assert:\n  that:\n    - ansible_facts.os_family == 'Debian'\n  fail_msg: only Debian is supported",
    },
  ],
  runsOn: "controller",
  inCheckMode: "run",
  run({ that, fail_msg, success_msg, quiet }, { vars }) {
    for (const assertion of conditionsOf(that, vars)) {
      const outcome = typeof assertion === "string" ? vars.condition(assertion) : { value: assertion };
      if (outcome.value) continue;
      throw new TaskFailure(textOf(fail_msg) ?? "Assertion failed", {
        assertion,
        evaluated_to: false,
        // Ansible keeps a list of messages as a list.
        ...(Array.isArray(fail_msg) && { msg: fail_msg }),
        ...(outcome.because !== undefined && { because: outcome.because }),
      });
    }
    return { msg: success_msg ?? "All assertions passed", ...(!quiet && { _ansible_verbose_always: true }) };
  },
});

/**
 * One template may give the list of conditions (`that: "{{ checks }}"`) when it names a variable whose conditions stand in the
 * project. Text from anywhere else is never evaluated: it may come from a host (Ansible CVE-2023-5764).
 */
function conditionsOf(that: unknown, vars: VariableAccess): readonly (string | boolean)[] {
  if (Array.isArray(that)) return that.map((item) => (typeof item === "string" ? item : Boolean(item)));
  if (typeof that !== "string") return [Boolean(that)];
  const expression = /^\s*\{\{((?:(?!\{\{).)*)\}\}\s*$/s.exec(that)?.[1]?.trim();
  if (expression === undefined) return [that];
  const value = vars.evaluate(expression);
  const written = /^\w+$/.test(expression) ? vars.written(expression) : undefined;
  if (typeof written === "string" || Array.isArray(written)) return conditionsOf(written, vars);
  return (Array.isArray(value) ? (value as readonly unknown[]) : [value]).map((item) => {
    if (typeof item !== "string") return Boolean(item);
    throw new TaskFailure(`\`that\` is data and no condition: ${item}`, {
      assertion: that,
      evaluated_to: false,
    });
  });
}

function textOf(text: string | readonly string[] | undefined): string | undefined {
  return typeof text === "object" ? text.join("\n") : text;
}
