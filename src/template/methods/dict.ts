import { keyText, setOriginalKeys } from "../../lib/key-order.ts";
import type { NamedArguments } from "../callable.ts";
import { templateError } from "../template-error.ts";
import {
  type Dict,
  describeValue,
  dictEntries,
  dictGet,
  dictHas,
  dictKeys,
  dictSet,
  dictValues,
  isDict,
  iterate,
  makeDict,
  Tuple,
} from "../values.ts";
import { type Method, type MethodTable, method } from "./method.ts";

/** Methods of Python's `dict`. Views are plain lists. */
export const dictMethods: MethodTable = new Map<string, Method>([
  ["items", method("", (dict: Dict) => dictEntries(dict).map((pair) => Tuple.of2(...pair)))],
  ["keys", method("", (dict: Dict) => [...dictKeys(dict)])],
  ["values", method("", (dict: Dict) => dictValues(dict))],
  ["get", method("key, default?", get)],
  ["copy", method("", (dict: Dict) => makeDict(dictEntries(dict)))],
  ["update", method("other?, **named", update)],
  ["setdefault", method("key, default?", setDefault)],
  ["pop", method("key, default?", pop)],
  ["popitem", method("", popItem)],
  [
    "clear",
    method("", (dict: Dict) => {
      for (const key of Object.keys(dict)) delete dict[key];
      return null;
    }),
  ],
  [
    "fromkeys",
    method("keys, value?", (_dict: Dict, keys: unknown, value: unknown = null) =>
      makeDict(iterate(keys).map((key) => [key, value])),
    ),
  ],
]);

function get(dict: Dict, key: unknown, fallback: unknown = null): unknown {
  const value = dictGet(dict, key);
  return value === undefined ? fallback : value;
}

function update(dict: Dict, other: unknown, named: NamedArguments): null {
  for (const [key, value] of pairsOf(other ?? {})) dictSet(dict, key, value);
  for (const [key, value] of named) dictSet(dict, key, value);
  return null;
}

/** Pairs of a dict or of a list of pairs, as Python's `dict()` takes. */
export function pairsOf(value: unknown): readonly (readonly [unknown, unknown])[] {
  if (isDict(value)) return dictEntries(value);
  return iterate(value).map((pair) => {
    const items = iterate(pair);
    if (items.length !== 2) throw templateError(`expected pairs of key and value, got ${describeValue(pair)}`);
    return [items[0], items[1]];
  });
}

function setDefault(dict: Dict, key: unknown, fallback: unknown = null): unknown {
  if (!dictHas(dict, key)) dictSet(dict, key, fallback);
  return dictGet(dict, key);
}

function pop(dict: Dict, key: unknown, fallback: unknown): unknown {
  const value = dictGet(dict, key);
  if (value !== undefined) {
    remove(dict, key);
    return value;
  }
  if (fallback === undefined) throw templateError(`the dict has no key \`${keyText(key)}\``);
  return fallback;
}

function popItem(dict: Dict): unknown {
  const last = dictEntries(dict).at(-1);
  if (!last) throw templateError("cannot pop from an empty dict");
  remove(dict, last[0]);
  return Tuple.of2(...last);
}

function remove(dict: Dict, key: unknown): void {
  const keys = dictKeys(dict).filter((other) => keyText(other) !== keyText(key));
  delete dict[keyText(key)];
  setOriginalKeys(dict, keys);
}
