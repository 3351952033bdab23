import { framePlugin, plugin } from "../callable.ts";
import { compare, equals } from "../compare.ts";
import type { Frame } from "../frame.ts";
import { binary } from "../operators.ts";
import { toText } from "../python-repr.ts";
import { templateError } from "../template-error.ts";
import { isTruthy } from "../truth.ts";
import { Undefined } from "../undefined.ts";
import {
  characters,
  describeValue,
  isDict,
  isInteger,
  isList,
  iterate,
  NamedTuple,
  TemplateObject,
  textLength,
} from "../values.ts";
import { attributeReader, attributesReader, foldCase } from "./attribute-path.ts";
import type { PluginTable } from "./table.ts";
import { UniqueItems } from "./unique-items.ts";

/** Jinja2's filters over lists. */
export const sequenceFilters: PluginTable = {
  first: plugin(
    "",
    (value: unknown) => iterate(value)[0] ?? new Undefined({ message: "no first item: the list is empty" }),
  ),
  last: plugin(
    "",
    (value: unknown) => iterate(value).at(-1) ?? new Undefined({ message: "no last item: the list is empty" }),
  ),
  length: plugin("", length),
  count: plugin("", length),
  list: plugin("", (value: unknown) => [...iterate(value)]),
  reverse: plugin("", (value: unknown) =>
    typeof value === "string" ? characters(value).reverse().join("") : [...iterate(value)].reverse(),
  ),
  join: framePlugin("d?, attribute?", join),
  sort: framePlugin("reverse?, case_sensitive?, attribute?", sort),
  unique: framePlugin("case_sensitive?, attribute?", unique),
  min: framePlugin("case_sensitive?, attribute?", (frame: Frame, value: unknown, sensitive: unknown, path: unknown) =>
    extreme(frame, value, sensitive, path, -1),
  ),
  max: framePlugin("case_sensitive?, attribute?", (frame: Frame, value: unknown, sensitive: unknown, path: unknown) =>
    extreme(frame, value, sensitive, path, 1),
  ),
  sum: framePlugin("attribute?, start?", sum),
  batch: plugin("linecount, fill_with?", batch),
  slice: plugin("slices, fill_with?", slices),
  groupby: framePlugin("attribute, default?, case_sensitive?", groupBy),
  flatten: plugin("levels?, skip_nulls?", (value: unknown, levels?: number | null, skipNulls: unknown = true) =>
    flatten(iterate(value), levels ?? Number.POSITIVE_INFINITY, isTruthy(skipNulls)),
  ),
};

const MAX_ITEMS = 5_000_000;

function length(value: unknown): number {
  if (typeof value === "string") return textLength(value);
  if (isDict(value)) return Object.keys(value).length;
  if (Array.isArray(value)) return value.length;
  if (value instanceof TemplateObject && value.iterate) return value.iterate().length;
  throw templateError(`${describeValue(value)} has no length`);
}

function join(frame: Frame, value: unknown, separator: unknown = "", path?: unknown): string {
  const read = path === undefined || path === null ? undefined : attributeReader(frame, path);
  return iterate(value)
    .map((item) => toText(read ? read(item) : item))
    .join(toText(separator));
}

function sort(frame: Frame, value: unknown, reverse: unknown = false, sensitive?: unknown, path?: unknown): unknown[] {
  const keys = attributesReader(frame, path, foldCase(sensitive));
  const keyed = iterate(value).map((item) => ({ item, key: keys(item) }));
  const sign = isTruthy(reverse) ? -1 : 1;
  return keyed.sort((a, b) => sign * compare(a.key, b.key)).map(({ item }) => item);
}

function unique(frame: Frame, value: unknown, sensitive?: unknown, path?: unknown): unknown[] {
  // Ansible's own `unique` hands `case_sensitive` on as false when it is not given, like Jinja2's.
  const fold = foldCase(sensitive ?? false);
  const read = attributeReader(frame, path);
  const seen = new UniqueItems();
  return iterate(value).filter((item) => seen.add(fold(read(item))));
}

function extreme(frame: Frame, value: unknown, sensitive: unknown, path: unknown, sign: 1 | -1): unknown {
  const items = iterate(value);
  if (items.length === 0) return new Undefined({ message: "no smallest or largest item: the list is empty" });
  const fold = foldCase(sensitive);
  const read = attributeReader(frame, path);
  const keyed = items.map((item) => ({ item, key: fold(read(item)) }));
  return keyed.reduce((best, next) => (sign * compare(next.key, best.key) > 0 ? next : best)).item;
}

function sum(frame: Frame, value: unknown, path?: unknown, start: unknown = 0): unknown {
  const read = attributeReader(frame, path ?? undefined);
  if (typeof start === "string") throw templateError("`sum` cannot add text", "use `| join`");
  return iterate(value).reduce((total: unknown, item) => binary("+", total, read(item)), start);
}

function batch(value: unknown, size: number, fill: unknown = null): unknown[] {
  if (!isInteger(size) || size < 1)
    throw templateError(`the size of a batch is a positive integer, got ${describeValue(size)}`);
  const items = iterate(value);
  const out: unknown[][] = [];
  for (let at = 0; at < items.length; at += size) out.push(items.slice(at, at + size));
  const last = out.at(-1);
  if (last && fill !== null) while (last.length < size) last.push(fill);
  return out;
}

function slices(value: unknown, count: number, fill: unknown = null): unknown[] {
  if (!isInteger(count) || count < 1 || count > MAX_ITEMS)
    throw templateError(`the number of slices is a positive integer, got ${describeValue(count)}`);
  const items = iterate(value);
  const size = Math.floor(items.length / count);
  const extra = items.length % count;
  let at = 0;
  return Array.from({ length: count }, (_, index) => {
    const end = at + size + (index < extra ? 1 : 0);
    const part = items.slice(at, end);
    at = end;
    return fill !== null && index >= extra ? [...part, fill] : part;
  });
}

function groupBy(frame: Frame, value: unknown, path: unknown, fallback?: unknown, sensitive?: unknown): unknown[] {
  const read = attributeReader(frame, path, fallback);
  const fold = foldCase(sensitive);
  const keyed = iterate(value).map((item) => ({ item, key: fold(read(item)) }));
  keyed.sort((a, b) => compare(a.key, b.key));
  const groups: { readonly key: unknown; readonly items: unknown[] }[] = [];
  for (const { item, key } of keyed) {
    const last = groups.at(-1);
    if (last && equals(last.key, key)) last.items.push(item);
    else groups.push({ key, items: [item] });
  }
  return groups.map(({ items }) => NamedTuple.named({ grouper: read(items[0]), list: items }));
}

export function flatten(items: readonly unknown[], levels: number, skipNulls: boolean): unknown[] {
  const out: unknown[] = [];
  for (const item of items) {
    if (skipNulls && (item === null || item === "None" || item === "null")) continue;
    if (isList(item) && levels >= 1) for (const inner of flatten(item, levels - 1, skipNulls)) out.push(inner);
    else out.push(item);
  }
  return out;
}
