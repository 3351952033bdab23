import { didYouMean } from "../lib/suggest.ts";
import { rangeOfKey, rangeOfValue } from "../yaml/positions.ts";
import { checkShapes, reportUnknownKeyword } from "./check-keywords.ts";
import type { Keywords } from "./keywords.ts";
import type { Mapping } from "./model.ts";
import type { Problems } from "./problems.ts";
import { describe, isMapping } from "./values.ts";

/** Types of role arguments (Ansible's argument specs). */
export const ARGUMENT_TYPES = [
  "str",
  "list",
  "dict",
  "bool",
  "int",
  "float",
  "path",
  "raw",
  "jsonarg",
  "json",
  "bytes",
  "bits",
] as const;

const ENTRY_POINT: Keywords = {
  short_description: "any",
  description: "any",
  author: "any",
  version_added: "any",
  options: "mapping",
  seealso: "any",
  notes: "any",
  examples: "any",
  attributes: "any",
  deprecated: "any",
  mutually_exclusive: "any",
  required_together: "any",
  required_one_of: "any",
  required_if: "any",
  required_by: "any",
};

const OPTION: Keywords = {
  type: "text",
  required: "boolean",
  default: "any",
  choices: "any",
  elements: "text",
  options: "mapping",
  description: "any",
  version_added: "any",
  aliases: "texts",
  no_log: "boolean",
  apply_defaults: "boolean",
  fallback: "any",
  deprecated_aliases: "any",
  removed_in_version: "any",
  removed_at_date: "any",
  removed_from_collection: "any",
  mutually_exclusive: "any",
  required_together: "any",
  required_one_of: "any",
  required_if: "any",
  required_by: "any",
};

/** The checked `argument_specs` of a mapping, by entry point. A wrong spec would let wrong values pass, so it is an error. */
export function parseArgumentSpecs(problems: Problems, holder: Mapping): Mapping {
  const specs = holder["argument_specs"];
  if (!isMapping(specs)) return {};
  for (const [name, entry] of Object.entries(specs)) {
    if (!isMapping(entry)) {
      report(
        problems,
        specs,
        name,
        `entry point \`${name}\`: expected a mapping with \`options\`, got ${describe(entry)}`,
      );
      continue;
    }
    checkKeys(problems, entry, ENTRY_POINT, "role's argument specs");
    checkOptions(problems, entry);
  }
  return specs;
}

function checkOptions(problems: Problems, holder: Mapping): void {
  const { options } = holder;
  if (!isMapping(options)) return;
  for (const [name, option] of Object.entries(options)) {
    if (!isMapping(option)) {
      report(
        problems,
        options,
        name,
        `option \`${name}\`: expected a mapping such as \`type: str\`, got ${describe(option)}`,
      );
      continue;
    }
    checkKeys(problems, option, OPTION, "role argument");
    for (const key of ["type", "elements"]) checkType(problems, option, key);
    checkOptions(problems, option);
  }
}

function checkKeys(problems: Problems, mapping: Mapping, keywords: Keywords, what: string): void {
  for (const key of Object.keys(mapping)) {
    if (!Object.hasOwn(keywords, key)) reportUnknownKeyword(problems, mapping, key, keywords, what);
  }
  checkShapes(problems, mapping, keywords);
}

function checkType(problems: Problems, option: Mapping, key: string): void {
  const type = option[key];
  if (typeof type !== "string" || ARGUMENT_TYPES.some((known) => known === type)) return;
  problems.report({
    code: "E_ARGUMENT_SPEC",
    message: `unknown type \`${type}\` of a role argument`,
    at: rangeOfValue(option, key),
    hint: didYouMean(type, ARGUMENT_TYPES) ?? `known types: ${ARGUMENT_TYPES.join(", ")}`,
  });
}

function report(problems: Problems, container: Mapping, key: string, message: string): void {
  problems.report({ code: "E_ARGUMENT_SPEC", message, at: rangeOfValue(container, key) ?? rangeOfKey(container, key) });
}
