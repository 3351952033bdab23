import { createRequire } from "node:module";
import type * as Jmespath from "jmespath";
import { Float } from "../../lib/float.ts";
import { messageOf } from "../../lib/errors.ts";
import { plugin } from "../callable.ts";
import { toText } from "../python-repr.ts";
import { templateError } from "../template-error.ts";
import { dictEntries, isDict, isList, makeDict } from "../values.ts";
import type { PluginTable } from "./table.ts";

/** `community.general.json_query`: a JMESPath expression. The library is loaded when the filter is used. */
export const jsonQueryFilters: PluginTable = {
  json_query: plugin("expr", (value: unknown, expression: unknown) => {
    let found: unknown;
    try {
      found = jmespath().search(plain(value), toText(expression));
    } catch (error) {
      throw templateError(`\`json_query\`: ${messageOf(error)}`, "https://jmespath.org/specification.html");
    }
    return native(found);
  }),
};

let loaded: typeof Jmespath | undefined;

function jmespath(): typeof Jmespath {
  loaded ??= createRequire(import.meta.url)("jmespath") as typeof Jmespath;
  return loaded;
}

/** JSON as the library knows it. Mappings without a prototype: it would find `constructor` in others. */
function plain(value: unknown): unknown {
  if (isList(value)) return value.map(plain);
  if (isDict(value)) {
    const copy = Object.create(null) as Record<string, unknown>;
    for (const [key, item] of dictEntries(value)) copy[toText(key)] = plain(item);
    return copy;
  }
  if (value instanceof Float) return value.value;
  if (typeof value === "bigint") return Number(value);
  return value === null || typeof value === "boolean" || typeof value === "number" ? value : toText(value);
}

function native(value: unknown): unknown {
  if (isList(value)) return value.map(native);
  return isDict(value) ? makeDict(dictEntries(value).map(([key, item]) => [key, native(item)])) : value;
}
