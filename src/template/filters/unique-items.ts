import { Float } from "../../lib/float.ts";
import { equals } from "../compare.ts";

/** A set by Python's equality: fast for text and numbers, item by item for lists and dicts. */
export class UniqueItems {
  readonly #scalars = new Set<unknown>();
  readonly #others: unknown[] = [];

  /** True when the item was not there before. */
  add(item: unknown): boolean {
    if (this.has(item)) return false;
    const key = scalarKey(item);
    if (key === undefined) this.#others.push(item);
    else this.#scalars.add(key);
    return true;
  }

  has(item: unknown): boolean {
    const key = scalarKey(item);
    return key === undefined ? this.#others.some((other) => equals(other, item)) : this.#scalars.has(key);
  }
}

export function uniqueItems(items: Iterable<unknown>): UniqueItems {
  const set = new UniqueItems();
  for (const item of items) set.add(item);
  return set;
}

/** Equal for what Python calls equal: 1, 1.0 and true; undefined for lists and dicts. */
function scalarKey(item: unknown): unknown {
  if (typeof item === "string") return item;
  if (item === null) return null;
  if (typeof item === "boolean") return Number(item);
  if (item instanceof Float) return item.value;
  return typeof item === "number" || typeof item === "bigint" ? item : undefined;
}
