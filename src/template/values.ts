import { Float } from "../lib/float.ts";
import { keyText, needsOriginalKeys, originalKeys, setOriginalKeys } from "../lib/key-order.ts";
import { templateError } from "./template-error.ts";
import { Undefined } from "./undefined.ts";

/**
 * Values of templates are plain JavaScript: string, boolean, null, arrays, plain objects; integers are whole `number`s
 * (or `bigint` beyond 2^53), floats are fractional `number`s or {@link Float}.
 */
export type Dict = Record<string, unknown>;

/** An immutable list: prints with parentheses, equals only tuples. */
export class Tuple extends Array<unknown> {
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  static of2(...items: unknown[]): Tuple {
    const tuple = new Tuple();
    for (const item of items) tuple.push(item);
    return tuple;
  }
}

/** A tuple whose items have names too, as `groupby` gives. */
export class NamedTuple extends Tuple {
  names: readonly string[] = [];

  static named(items: Readonly<Record<string, unknown>>): NamedTuple {
    const tuple = new NamedTuple();
    tuple.push(...Object.values(items));
    Object.defineProperty(tuple, "names", { value: Object.keys(items), enumerable: false });
    return tuple;
  }
}

/** The value of `omit`: an argument that gets it is as good as not given. */
export const Omit: unique symbol = Symbol.for("tsrun.omit");

/** Something with attributes that is no data: a loop, a namespace, a macro's module, a date. */
export abstract class TemplateObject {
  abstract readonly typeName: string;

  /** Value of an attribute; JavaScript's `undefined` when there is none. */
  abstract attribute(name: string): unknown;

  /** How it prints. */
  abstract print(): string;

  /** What a loop over it sees. */
  iterate?(): readonly unknown[];
}

export function isDict(value: unknown): value is Dict {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

export function isList(value: unknown): value is unknown[] {
  return Array.isArray(value);
}

export function isInteger(value: unknown): value is number | bigint {
  return typeof value === "bigint" || (typeof value === "number" && Number.isInteger(value));
}

export function isFloat(value: unknown): value is number | Float {
  return value instanceof Float || (typeof value === "number" && !Number.isInteger(value));
}

/** Python counts booleans as numbers. */
export function isNumber(value: unknown): value is number | bigint | Float | boolean {
  return typeof value === "number" || typeof value === "bigint" || value instanceof Float || typeof value === "boolean";
}

/** A number as JavaScript float; big integers lose precision as Python's `float()` does. */
export function toNumber(value: number | bigint | Float | boolean): number {
  return typeof value === "number" ? value : Number(value instanceof Float ? value.value : value);
}

/** Python's name of a value's type, as users of Ansible know it. */
export function typeName(value: unknown): string {
  if (typeof value === "string") return "str";
  if (typeof value === "boolean") return "bool";
  if (isInteger(value)) return "int";
  if (isFloat(value)) return "float";
  if (value === null) return "NoneType";
  if (value instanceof Tuple) return "tuple";
  if (Array.isArray(value)) return "list";
  if (value instanceof Undefined) return "Undefined";
  if (value === Omit) return "Omit";
  if (value instanceof TemplateObject) return value.typeName;
  return "dict";
}

/** Own property of a dict, never one of a prototype; JavaScript's `undefined` when missing. */
export function dictGet(dict: Dict, key: unknown): unknown {
  const name = isFloat(key) && key instanceof Float ? String(key.value) : keyText(key as string);
  return Object.hasOwn(dict, name) ? dict[name] : undefined;
}

export function dictHas(dict: Dict, key: unknown): boolean {
  return isHashable(key) && Object.hasOwn(dict, keyText(key instanceof Float ? key.value : key));
}

export function dictKeys(dict: Dict): readonly unknown[] {
  return originalKeys(dict);
}

export function dictValues(dict: Dict): unknown[] {
  return dictKeys(dict).map((key) => dict[keyText(key)]);
}

export function dictEntries(dict: Dict): [unknown, unknown][] {
  return dictKeys(dict).map((key) => [key, dict[keyText(key)]]);
}

export function isEmptyDict(dict: Dict): boolean {
  for (const name in dict) if (Object.hasOwn(dict, name)) return false;
  return true;
}

/** Builds a dict from pairs; later ones win but keep the place of the first, as in Python. */
export function makeDict(pairs: Iterable<readonly [unknown, unknown]>): Dict {
  const dict: Dict = {};
  const keys = new Map<string, unknown>();
  for (const [key, value] of pairs) {
    if (!isHashable(key)) throw templateError(`a ${typeName(key)} cannot be the key of a dict`);
    const name = keyText(key instanceof Float ? key.value : key);
    if (!keys.has(name)) keys.set(name, key);
    setOwn(dict, name, value);
  }
  const originals = [...keys.values()];
  if (needsOriginalKeys(originals)) setOriginalKeys(dict, originals);
  return dict;
}

/** Sets one key in place, keeping order and type of the others. */
export function dictSet(dict: Dict, key: unknown, value: unknown): void {
  const name = keyText(key);
  const keys = dictKeys(dict);
  const isNew = !Object.hasOwn(dict, name);
  setOwn(dict, name, value);
  if (!isNew) return;
  const all = [...keys, key];
  if (needsOriginalKeys(all)) setOriginalKeys(dict, all);
}

/** Assigns an own property whatever its name: `__proto__` is a key like any other. */
export function setOwn(dict: Dict, name: string, value: unknown): void {
  if (name === "__proto__") {
    Object.defineProperty(dict, name, { value, enumerable: true, configurable: true, writable: true });
  } else {
    dict[name] = value;
  }
}

export function isHashable(value: unknown): boolean {
  if (value instanceof Tuple) return value.every(isHashable);
  return !Array.isArray(value) && !isDict(value) && !(value instanceof Undefined);
}

/** Text of characters: Python counts code points, JavaScript UTF-16 units. */
export function hasSurrogates(text: string): boolean {
  return /[\ud800-\udbff]/.test(text);
}

export function characters(text: string): string[] {
  return hasSurrogates(text) ? Array.from(text) : text.split("");
}

export function textLength(text: string): number {
  return hasSurrogates(text) ? Array.from(text).length : text.length;
}

/** What a `for` loop or a filter over a sequence sees. */
export function iterate(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (typeof value === "string") return characters(value);
  if (value instanceof Undefined) throw value.toError();
  if (value instanceof TemplateObject && value.iterate) return value.iterate();
  if (isDict(value)) return dictKeys(value);
  throw templateError(`expected a list, got ${describeValue(value)}`, "wrap a single value in brackets: `[value]`");
}

/** Short name of a value for messages. */
export function describeValue(value: unknown): string {
  switch (typeName(value)) {
    case "NoneType":
      return "none";
    case "str":
      return `the string "${clip(value as string)}"`;
    case "int":
    case "float":
      return `the number ${String(value)}`;
    case "bool":
      return `the boolean ${String(value)}`;
    case "list":
      return "a list";
    case "tuple":
      return "a tuple";
    case "dict":
      return "a dict";
    case "Omit":
      return "`omit`";
    default:
      return `a ${typeName(value)}`;
  }
}

function clip(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return line.length > 40 ? `${line.slice(0, 37)}...` : line;
}
