import type { SourceRange } from "../lib/source.ts";
import type { Mapping, Task } from "../playbook/model.ts";
import type { Role } from "./expanded.ts";

/**
 * The task that checks a role's variables before its own tasks, when `meta/argument_specs.yaml` has a spec for the entry point.
 * `params`: the parameters of the role's entry, which may hold nothing that the spec does not know.
 */
export function validationTask(role: Role, entryPoint: string, params: Mapping, at: SourceRange): Task | undefined {
  const spec = role.meta.argumentSpecs[entryPoint];
  if (!isMapping(spec)) return undefined;
  const { short_description: short } = spec;
  const context = { argument_spec_name: entryPoint, name: role.name, path: role.path, type: "role" };
  const args = {
    argument_spec: isMapping(spec["options"]) ? withoutTexts(spec["options"]) : {},
    provided_arguments: params,
    validate_args_context: context,
  };
  const name = `Validating arguments against arg spec '${entryPoint}'${typeof short === "string" ? ` - ${short}` : ""}`;
  const module = { name: "ansible.builtin.validate_argument_spec", at, args };
  return { kind: "task", raw: { name, tags: ["always"] }, at, module, listen: [] };
}

/** Only what is checked: descriptions and defaults may hold anything, braces too. */
function withoutTexts(options: Mapping): Mapping {
  const checked = ["type", "elements", "required", "choices", "aliases"];
  return Object.fromEntries(
    Object.entries(options).map(([name, option]) => {
      if (!isMapping(option)) return [name, {}];
      const kept = Object.fromEntries(
        checked.filter((key) => Object.hasOwn(option, key)).map((key) => [key, option[key]]),
      );
      return [name, isMapping(option["options"]) ? { ...kept, options: withoutTexts(option["options"]) } : kept];
    }),
  );
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
