import { Float } from "../lib/float.ts";
import { templateError } from "./template-error.ts";
import { Undefined } from "./undefined.ts";
import {
  describeValue,
  dictEntries,
  dictGet,
  dictHas,
  hasSurrogates,
  isDict,
  isNumber,
  iterate,
  TemplateObject,
  Tuple,
} from "./values.ts";

/** An object that knows how to compare itself, such as a date. */
export interface Comparable {
  compareTo(other: unknown): number | undefined;
}

/** Python's `==`: `1 == 1.0 == True`, text never equals a number, lists and dicts by content. */
export function equals(a: unknown, b: unknown): boolean {
  if (a instanceof Undefined) throw a.toError();
  if (b instanceof Undefined) throw b.toError();
  if (a === b) return true;
  if (isNumber(a) && isNumber(b)) return compareNumbers(numeric(a), numeric(b)) === 0;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length || a instanceof Tuple !== b instanceof Tuple) return false;
    return a.every((item, index) => equals(item, b[index]));
  }
  if (isDict(a) && isDict(b)) {
    const entries = dictEntries(a);
    if (entries.length !== Object.keys(b).length) return false;
    return entries.every(([key, value]) => dictHas(b, key) && equals(value, dictGet(b, key)));
  }
  return isComparable(a) ? a.compareTo(b) === 0 : false;
}

/** Python's ordering: negative, zero or positive; mixed types cannot be ordered. */
export function compare(a: unknown, b: unknown): number {
  if (typeof a === "string" && typeof b === "string") return compareText(a, b);
  if (isNumber(a) && isNumber(b)) return compareNumbers(numeric(a), numeric(b));
  if (a instanceof Undefined) throw a.toError();
  if (b instanceof Undefined) throw b.toError();
  if (Array.isArray(a) && Array.isArray(b) && a instanceof Tuple === b instanceof Tuple) return compareLists(a, b);
  if (isComparable(a)) {
    const order = a.compareTo(b);
    if (order !== undefined) return order;
  }
  throw templateError(
    `${describeValue(a)} and ${describeValue(b)} cannot be put in order`,
    isNumber(a) !== isNumber(b) ? "convert one of them with `| int` or `| string`" : undefined,
  );
}

/** Python's `in`: substring, member of a list, key of a dict. */
export function contains(container: unknown, value: unknown): boolean {
  if (typeof container === "string") {
    if (value instanceof Undefined) throw value.toError();
    if (typeof value !== "string") {
      throw templateError(`only text can be in a string, got ${describeValue(value)}`, "convert it with `| string`");
    }
    return container.includes(value);
  }
  if (value instanceof Undefined) throw value.toError();
  if (Array.isArray(container)) {
    return typeof value === "string"
      ? container.includes(value)
      : container.some((item) => !(item instanceof Undefined) && equals(item, value));
  }
  if (isDict(container)) return dictHas(container, value);
  if (container instanceof Undefined) throw container.toError();
  if (container instanceof TemplateObject && container.iterate)
    return iterate(container).some((item) => equals(item, value));
  throw templateError(
    `nothing can be in ${describeValue(container)}`,
    "`in` needs a list, a dict or a string on its right",
  );
}

/** Order of code points; JavaScript's own order of UTF-16 units differs beyond U+FFFF. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  if (!hasSurrogates(a) && !hasSurrogates(b)) return a < b ? -1 : 1;
  const [x, y] = [Array.from(a), Array.from(b)];
  for (let at = 0; at < Math.min(x.length, y.length); at++) {
    const difference = ((x[at] as string).codePointAt(0) as number) - ((y[at] as string).codePointAt(0) as number);
    if (difference !== 0) return difference;
  }
  return x.length - y.length;
}

function compareLists(a: readonly unknown[], b: readonly unknown[]): number {
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    if (!equals(a[at], b[at])) return compare(a[at], b[at]);
  }
  return a.length - b.length;
}

function compareNumbers(a: number | bigint, b: number | bigint): number {
  // Also right between `number` and `bigint`; NaN equals and precedes nothing.
  return a < b ? -1 : a > b ? 1 : a >= b ? 0 : Number.NaN;
}

function numeric(value: number | bigint | Float | boolean): number | bigint {
  if (typeof value === "number" || typeof value === "bigint") return value;
  return value instanceof Float ? value.value : Number(value);
}

function isComparable(value: unknown): value is Comparable {
  return value instanceof TemplateObject && "compareTo" in value;
}
