import type { JsonSchema } from "../../modules/describe-module.ts";
import type { Keywords, Shape } from "../../playbook/keywords.ts";
import { KEYWORD_HELP } from "./keyword-help.ts";
import { looseSchema } from "./loose-schema.ts";

const TEXTS = looseSchema({ type: "array", items: { type: "string" } });
const CONDITIONS = looseSchema({ type: "array", items: { type: "string" } });
const MAPPING = looseSchema({ type: "object" });

/** Properties for the keywords of a level. */
export function keywordProperties(keywords: Keywords): Readonly<Record<string, JsonSchema>> {
  return Object.fromEntries(
    Object.entries(keywords).map(([name, shape]) => {
      const description = KEYWORD_HELP[name];
      return [name, { ...(description !== undefined && { description }), ...shapeSchema(shape) }];
    }),
  );
}

/** What may stand behind a keyword of some shape. */
export function shapeSchema(shape: Shape): JsonSchema {
  if (typeof shape !== "string") return looseSchema({ type: "string", enum: shape });
  switch (shape) {
    case "any":
      return {};
    case "text":
      return looseSchema({ type: "string" });
    case "boolean":
    case "integer":
    case "number":
      return looseSchema({ type: shape });
    case "texts":
      return TEXTS;
    case "conditions":
      return CONDITIONS;
    case "mapping":
    case "vars":
      return MAPPING;
    case "mappings":
      return { anyOf: [{ type: "array", items: MAPPING }, ...(MAPPING["anyOf"] as JsonSchema[])] };
    case "list":
      return looseSchema({ type: "array" });
    case "tasks":
      return { $ref: "#/$defs/tasks" };
  }
}
