import { type Callable } from "../callable.ts";
import { compare, equals } from "../compare.ts";
import { templateError } from "../template-error.ts";
import { describeValue, isInteger, iterate } from "../values.ts";
import { type Method, type MethodTable, method } from "./method.ts";

const reading: readonly (readonly [string, Method])[] = [
  ["count", method("value", (list: unknown[], value: unknown) => list.filter((item) => equals(item, value)).length)],
  ["index", method("value, start?, stop?", indexOf)],
];

export const tupleMethods: MethodTable = new Map(reading);

/** Methods of Python's `list`; those that change it return none, as in `{% set _ = items.append(x) %}`. */
export const listMethods: MethodTable = new Map<string, Method>([
  ...reading,
  ["append", method("value", (list: unknown[], value: unknown) => (list.push(value), null))],
  ["extend", method("items", (list: unknown[], items: unknown) => (list.push(...iterate(items)), null))],
  [
    "insert",
    method("index, value", (list: unknown[], index: number, value: unknown) => (list.splice(index, 0, value), null)),
  ],
  ["remove", method("value", (list: unknown[], value: unknown) => (list.splice(indexOf(list, value), 1), null))],
  ["pop", method("index?", pop)],
  ["clear", method("", (list: unknown[]) => ((list.length = 0), null))],
  ["copy", method("", (list: unknown[]) => [...list])],
  ["reverse", method("", (list: unknown[]) => (list.reverse(), null))],
  [
    "sort",
    (list: unknown[], _args, named, frame) => {
      const key = named.get("key") as Callable | undefined;
      const keyOf = (item: unknown): unknown => (key ? key.call(frame, [item], new Map()) : item);
      list.sort((a, b) => compare(keyOf(a), keyOf(b)));
      if (named.get("reverse") === true) list.reverse();
      return null;
    },
  ],
]);

function indexOf(list: readonly unknown[], value: unknown, start = 0, stop = list.length): number {
  const from = start < 0 ? Math.max(0, list.length + start) : start;
  const to = stop < 0 ? list.length + stop : stop;
  for (let at = from; at < Math.min(to, list.length); at++) if (equals(list[at], value)) return at;
  throw templateError(`${describeValue(value)} is not in the list`);
}

function pop(list: unknown[], index: unknown = -1): unknown {
  if (!isInteger(index)) throw templateError(`the index to pop is an integer, got ${describeValue(index)}`);
  if (list.length === 0) throw templateError("cannot pop from an empty list");
  const at = Number(index) < 0 ? list.length + Number(index) : Number(index);
  if (at < 0 || at >= list.length) throw templateError(`the list has no item ${Number(index)}`);
  return list.splice(at, 1)[0];
}
