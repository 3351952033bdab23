import { type NamedArguments, plugin } from "../callable.ts";
import { expandReplacement, flagsOf, type PythonRegex, translateRegex } from "../../lib/python-regex.ts";
import { toText } from "../python-repr.ts";
import { templateError } from "../template-error.ts";
import { isTruthy } from "../truth.ts";
import { describeValue, isInteger, Tuple } from "../values.ts";
import type { PluginTable } from "./table.ts";

/** Filters over regular expressions in Python's syntax. */
export const regexFilters: PluginTable = {
  regex_replace: plugin("pattern?, replacement?, ignorecase?, multiline?, count?, mandatory_count?", regexReplace),
  regex_findall: plugin(
    "regex, multiline?, ignorecase?",
    (value: unknown, pattern: unknown, multiline?: unknown, ignoreCase?: unknown) =>
      findAll(toText(value), compile(pattern, ignoreCase, multiline)),
  ),
  regex_search: plugin("regex, *groups, **options", regexSearch),
};

export function compile(pattern: unknown, ignoreCase: unknown = false, multiline: unknown = false): PythonRegex {
  if (typeof pattern !== "string") throw templateError(`the regular expression is text, got ${describeValue(pattern)}`);
  return translateRegex(pattern, flagsOf({ ignoreCase: isTruthy(ignoreCase), multiline: isTruthy(multiline) }));
}

function global(pattern: PythonRegex): RegExp {
  return new RegExp(pattern.regex.source, `${pattern.regex.flags}g`);
}

function regexReplace(
  value: unknown,
  pattern: unknown = "",
  replacement: unknown = "",
  ignoreCase: unknown = false,
  multiline: unknown = false,
  count: unknown = 0,
  mandatory: unknown = 0,
): string {
  const compiled = compile(pattern, ignoreCase, multiline);
  const template = toText(replacement);
  const limit = isInteger(count) && Number(count) > 0 ? Number(count) : Number.POSITIVE_INFINITY;
  let done = 0;
  const text = toText(value).replace(global(compiled), (whole: string, ...rest: unknown[]) => {
    if (done >= limit) return whole;
    done++;
    const groups = rest.slice(0, compiled.groupCount) as (string | undefined)[];
    return expandReplacement(template, [whole, ...groups], compiled.groupNames);
  });
  if (isInteger(mandatory) && Number(mandatory) > 0 && done !== Number(mandatory)) {
    throw templateError(`the regular expression matched ${done} times, expected ${String(mandatory)}`);
  }
  return text;
}

function findAll(text: string, pattern: PythonRegex): unknown[] {
  return [...text.matchAll(global(pattern))].map((match) => {
    if (pattern.groupCount === 0) return match[0];
    const groups = Array.from({ length: pattern.groupCount }, (_, index) => match[index + 1] ?? "");
    return pattern.groupCount === 1 ? groups[0] : Tuple.of2(...groups);
  });
}

function regexSearch(value: unknown, pattern: unknown, wanted: readonly unknown[], options: NamedArguments): unknown {
  const compiled = compile(pattern, options.get("ignorecase"), options.get("multiline"));
  const groups = wanted.map((group) => {
    const match = typeof group === "string" ? /^\\(?:g<(\w+)>|(\d+))/.exec(group) : null;
    if (!match)
      throw templateError(`the group to return is like \`\\\\1\` or \`\\\\g<name>\`, got ${describeValue(group)}`);
    const name = match[1] ?? (match[2] as string);
    const number = /^\d+$/.test(name) ? Number(name) : compiled.groupNames.get(name);
    if (number === undefined || number > compiled.groupCount)
      throw templateError(`the regular expression has no group \`${name}\``);
    return number;
  });
  const found = compiled.regex.exec(toText(value));
  if (!found) return null;
  return groups.length === 0 ? found[0] : groups.map((group) => found[group] ?? null);
}
