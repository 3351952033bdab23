import { Callable, framePlugin, plugin } from "../callable.ts";
import { compare, contains, equals } from "../compare.ts";
import type { PluginTable } from "../filters/table.ts";
import type { Frame } from "../frame.ts";
import { binary } from "../operators.ts";
import { findPlugin } from "../plugin-name.ts";
import { toText } from "../python-repr.ts";
import { Undefined } from "../undefined.ts";
import { isDict, isFloat, isInteger, isNumber, TemplateObject } from "../values.ts";

const equal = plugin("other", (a: unknown, b: unknown) => equals(a, b));
const notEqual = plugin("other", (a: unknown, b: unknown) => !equals(a, b));
const less = plugin("other", (a: unknown, b: unknown) => compare(a, b) < 0);
const lessOrEqual = plugin("other", (a: unknown, b: unknown) => compare(a, b) <= 0);
const greater = plugin("other", (a: unknown, b: unknown) => compare(a, b) > 0);
const greaterOrEqual = plugin("other", (a: unknown, b: unknown) => compare(a, b) >= 0);

/** Jinja2's own tests. */
export const jinjaTests: PluginTable = {
  defined: plugin("", (value: unknown) => !(value instanceof Undefined), { acceptsUndefined: true }),
  undefined: plugin("", (value: unknown) => value instanceof Undefined, { acceptsUndefined: true }),
  none: plugin("", (value: unknown) => value === null),
  boolean: plugin("", (value: unknown) => typeof value === "boolean"),
  true: plugin("", (value: unknown) => value === true),
  false: plugin("", (value: unknown) => value === false),
  string: plugin("", (value: unknown) => typeof value === "string"),
  number: plugin("", (value: unknown) => isNumber(value)),
  integer: plugin("", (value: unknown) => isInteger(value)),
  float: plugin("", (value: unknown) => isFloat(value)),
  mapping: plugin("", (value: unknown) => isDict(value)),
  sequence: plugin("", isContainer),
  iterable: plugin("", isContainer),
  callable: plugin("", (value: unknown) => value instanceof Callable),
  escaped: plugin("", () => false),
  lower: plugin("", (value: unknown) => isCased(toText(value)) && toText(value) === toText(value).toLowerCase()),
  upper: plugin("", (value: unknown) => isCased(toText(value)) && toText(value) === toText(value).toUpperCase()),
  odd: plugin("", (value: unknown) => equals(binary("%", value, 2), 1)),
  even: plugin("", (value: unknown) => equals(binary("%", value, 2), 0)),
  divisibleby: plugin("num", (value: unknown, by: unknown) => equals(binary("%", value, by), 0)),
  in: plugin("seq", (value: unknown, container: unknown) => contains(container, value)),
  sameas: plugin("other", (a: unknown, b: unknown) => Object.is(a, b)),
  filter: framePlugin("", (frame: Frame, name: unknown) => findPlugin(frame.env.filters, toText(name)) !== undefined),
  test: framePlugin("", (frame: Frame, name: unknown) => findPlugin(frame.env.tests, toText(name)) !== undefined),
  eq: equal,
  equalto: equal,
  "==": equal,
  ne: notEqual,
  "!=": notEqual,
  lt: less,
  lessthan: less,
  "<": less,
  le: lessOrEqual,
  "<=": lessOrEqual,
  gt: greater,
  greaterthan: greater,
  ">": greater,
  ge: greaterOrEqual,
  ">=": greaterOrEqual,
};

function isContainer(value: unknown): boolean {
  return (
    typeof value === "string" ||
    Array.isArray(value) ||
    isDict(value) ||
    (value instanceof TemplateObject && value.iterate !== undefined)
  );
}

function isCased(text: string): boolean {
  return /[\p{Lu}\p{Ll}]/u.test(text);
}
