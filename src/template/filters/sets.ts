import { plugin } from "../callable.ts";
import { templateError } from "../template-error.ts";
import { describeValue, isDict, isList, iterate } from "../values.ts";
import type { PluginTable } from "./table.ts";
import { UniqueItems, uniqueItems } from "./unique-items.ts";

/** Set operations over lists; the result keeps the order of the first list. */
export const setFilters: PluginTable = {
  union: plugin("other", (a: unknown, b: unknown) => unique([...list(a), ...list(b)])),
  intersect: plugin("other", (a: unknown, b: unknown) => {
    const other = uniqueItems(list(b));
    return unique(list(a).filter((item) => other.has(item)));
  }),
  difference: plugin("other", (a: unknown, b: unknown) => {
    const other = uniqueItems(list(b));
    return unique(list(a).filter((item) => !other.has(item)));
  }),
  symmetric_difference: plugin("other", (a: unknown, b: unknown) => {
    const [left, right] = [uniqueItems(list(a)), uniqueItems(list(b))];
    return unique([...list(a), ...list(b)]).filter((item) => left.has(item) !== right.has(item));
  }),
};

function list(value: unknown): readonly unknown[] {
  if (isList(value) || isDict(value) || typeof value === "string") return iterate(value);
  throw templateError(
    `set operations need lists, got ${describeValue(value)}`,
    "wrap a single value in brackets: `[value]`",
  );
}

function unique(items: readonly unknown[]): unknown[] {
  const seen = new UniqueItems();
  return items.filter((item) => seen.add(item));
}
