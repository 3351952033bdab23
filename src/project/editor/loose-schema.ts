import type { JsonSchema } from "../../modules/describe-module.ts";

/** A text with a template in it may stand for any value. */
const TEMPLATE: JsonSchema = { type: "string", pattern: "\\{[{%]" };

/** Ansible's words for booleans, which a YAML 1.2 editor takes for texts. */
const BOOLEAN_WORD: JsonSchema = {
  type: "string",
  pattern: "^([Yy]es|YES|[Nn]o|NO|[Oo]n|ON|[Oo]ff|OFF|[Tt]rue|TRUE|[Ff]alse|FALSE|[YyNn])$|\\{[{%]",
};

/**
 * What an author may write where a value of `schema` is wanted: the value, a template, and what is turned into it (`yes`, "22", one item
 * for a list).
 */
export function looseSchema(schema: JsonSchema): JsonSchema {
  const { type, anyOf } = schema;
  if (Array.isArray(anyOf)) return { anyOf: (anyOf as JsonSchema[]).map(looseSchema) };
  if (Array.isArray(type)) return { anyOf: type.map((one: unknown) => looseSchema({ type: one })) };
  if (Array.isArray(schema["enum"]) || Object.hasOwn(schema, "const")) return looseEnum(schema);
  switch (type) {
    case "boolean":
      return { anyOf: [{ type: "boolean" }, BOOLEAN_WORD] };
    case "integer":
    case "number":
      return { anyOf: [withoutSafeBounds(schema), { type: "string", pattern: "^\\s*-?[0-9][0-9_.]*\\s*$|\\{[{%]" }] };
    case "string":
      // Numbers and booleans are written out; a pattern cannot be asked of what a template will give.
      return { type: ["string", "number", "boolean"] };
    case "array": {
      const items = looseSchema((schema["items"] ?? {}) as JsonSchema);
      return { anyOf: [{ type: "array", items }, ...alternatives(items)] };
    }
    case "object":
      return { anyOf: [{ type: "object" }, TEMPLATE] };
    default:
      return {};
  }
}

function looseEnum(schema: JsonSchema): JsonSchema {
  const choices = (schema["enum"] ?? [schema["const"]]) as readonly unknown[];
  const isYesNo = choices.includes("yes") || choices.includes("no");
  return { anyOf: [{ enum: choices }, ...(isYesNo ? [{ type: "boolean" }] : []), TEMPLATE] };
}

function alternatives(items: JsonSchema): readonly JsonSchema[] {
  return Array.isArray(items["anyOf"]) ? (items["anyOf"] as JsonSchema[]) : [items];
}

/** zod bounds every integer by what JavaScript can hold; in an editor that is noise. */
function withoutSafeBounds({ type, minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchema): JsonSchema {
  const bounds = { minimum, maximum, exclusiveMinimum, exclusiveMaximum };
  const kept = Object.entries(bounds).filter(
    ([, bound]) => typeof bound === "number" && Math.abs(bound) < Number.MAX_SAFE_INTEGER,
  );
  return { type, ...Object.fromEntries(kept) };
}
