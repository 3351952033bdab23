import { plugin } from "../callable.ts";
import { templateError } from "../template-error.ts";
import { iterate, Tuple } from "../values.ts";
import type { PluginTable } from "./table.ts";

/** Filters that combine the items of several lists: Python's `zip` and `itertools`. */
export const combinationFilters: PluginTable = {
  zip: plugin("*others", (value: unknown, others: readonly unknown[]) => zip([value, ...others].map(iterate))),
  zip_longest: plugin(
    "*others, **options",
    (value: unknown, others: readonly unknown[], options: ReadonlyMap<string, unknown>) =>
      zipLongest([value, ...others].map(iterate), options.get("fillvalue") ?? null),
  ),
  product: plugin(
    "*others, **options",
    (value: unknown, others: readonly unknown[], options: ReadonlyMap<string, unknown>) =>
      product(repeatLists([value, ...others].map(iterate), options.get("repeat") ?? 1)),
  ),
  permutations: plugin("r?", (value: unknown, size?: number | null) =>
    permutations(iterate(value), size ?? iterate(value).length),
  ),
  combinations: plugin("r", (value: unknown, size: number) => combinations(iterate(value), size)),
};

const MAX_ITEMS = 5_000_000;

function zip(lists: readonly (readonly unknown[])[]): unknown[] {
  const shortest = Math.min(...lists.map((list) => list.length));
  return Array.from({ length: shortest }, (_, index) => Tuple.of2(...lists.map((list) => list[index])));
}

function zipLongest(lists: readonly (readonly unknown[])[], fill: unknown): unknown[] {
  const longest = Math.max(...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, index) =>
    Tuple.of2(...lists.map((list) => (index < list.length ? list[index] : fill))),
  );
}

function repeatLists(lists: readonly (readonly unknown[])[], times: unknown): (readonly unknown[])[] {
  return Array.from({ length: Number(times) }, () => lists).flat();
}

function product(lists: readonly (readonly unknown[])[]): unknown[] {
  const size = lists.reduce((total, list) => total * list.length, 1);
  if (size > MAX_ITEMS) throw templateError(`the product has ${size} items: too many`);
  return lists
    .reduce<unknown[][]>((made, list) => made.flatMap((head) => list.map((item) => [...head, item])), [[]])
    .map((items) => Tuple.of2(...items));
}

function permutations(items: readonly unknown[], size: number): unknown[] {
  const out: unknown[] = [];
  const used = new Set<number>();
  const chosen: unknown[] = [];
  const extend = (): void => {
    if (chosen.length === size) {
      out.push(Tuple.of2(...chosen));
      return;
    }
    items.forEach((item, index) => {
      if (used.has(index)) return;
      used.add(index);
      chosen.push(item);
      extend();
      chosen.pop();
      used.delete(index);
    });
  };
  checkCount("permutations", items.length, size, false);
  if (size <= items.length) extend();
  return out;
}

function combinations(items: readonly unknown[], size: number): unknown[] {
  const out: unknown[] = [];
  const extend = (from: number, chosen: readonly unknown[]): void => {
    if (chosen.length === size) {
      out.push(Tuple.of2(...chosen));
      return;
    }
    for (let at = from; at < items.length; at++) extend(at + 1, [...chosen, items[at]]);
  };
  checkCount("combinations", items.length, size, true);
  if (size <= items.length) extend(0, []);
  return out;
}

/** Refuses before the work starts: 30 items have 10^32 permutations. */
function checkCount(what: string, length: number, size: number, unordered: boolean): void {
  let count = 1;
  for (let at = 0; at < size; at++) count *= (length - at) / (unordered ? at + 1 : 1);
  if (count * size > MAX_ITEMS) throw templateError(`too many ${what}: about ${count.toPrecision(2)}`);
}
