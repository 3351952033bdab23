import { checkArgumentSpec, defineAction, TaskFailure, z } from "tsrun";

const mapping = z.record(z.string(), z.unknown());

export default defineAction({
  name: "validate_argument_spec",
  summary: "Check variables against a role's argument spec",
  args: z.object({
    argument_spec: mapping.describe("Options by name, as in `meta/argument_specs.yaml`"),
    provided_arguments: mapping
      .default({})
      .describe("Values that are checked besides the variables with the options' names"),
    validate_args_context: mapping.optional().describe("What the arguments belong to; only returned"),
  }),
  examples: [
    {
      name: "A port",
      yaml: "validate_argument_spec:\n  argument_spec:\n    port: {type: int, required: true}",
    },
  ],
  runsOn: "controller",
  inCheckMode: "run",
  run({ argument_spec, provided_arguments, validate_args_context = {} }, { vars }) {
    const names = Object.keys(argument_spec).filter((name) => vars.has(name));
    const values = Object.fromEntries(names.map((name) => [name, vars.evaluate(name)]));
    const errors = checkArgumentSpec(argument_spec, { ...values, ...provided_arguments });
    if (errors.length === 0) return { msg: "The arg spec validation passed", validate_args_context };
    throw new TaskFailure(`Validation of arguments failed:\n${errors.join("\n")}`, {
      argument_errors: errors,
      argument_spec_data: argument_spec,
      validate_args_context,
    });
  },
});
