import { keyText, needsOriginalKeys, setOriginalKeys } from "../lib/key-order.ts";
import type { NamedArguments } from "./callable.ts";
import type { Frame } from "./frame.ts";
import { formatPercent } from "./python-format.ts";
import { translateRegex } from "../lib/python-regex.ts";
import { toText } from "./python-repr.ts";
import { templateError } from "./template-error.ts";
import { Undefined } from "./undefined.ts";
import {
  type Dict,
  describeValue,
  dictEntries,
  dictGet,
  dictKeys,
  dictValues,
  isDict,
  isList,
  setOwn,
  Tuple,
} from "./values.ts";

export type PureLookup = (terms: readonly unknown[], named: NamedArguments, frame: Frame) => unknown;

/** Ansible's lookups that only rearrange data; also what `with_items`, `with_dict` and their like mean. */
export const pureLookups: ReadonlyMap<string, PureLookup> = new Map<string, PureLookup>([
  ["items", (terms) => flattenOnce(terms)],
  ["list", (terms) => terms],
  ["flattened", (terms) => flattenAll(terms)],
  ["indexed_items", (terms) => flattenOnce(terms).map((item, index) => Tuple.of2(index, item))],
  ["dict", (terms) => terms.flatMap(dictItems)],
  ["nested", (terms) => product(terms)],
  ["cartesian", (terms) => product(terms)],
  ["together", (terms) => together(terms)],
  ["subelements", (terms) => subelements(terms)],
  ["sequence", (terms, named) => sequences(terms, named)],
  ["random_choice", (terms, _named, frame) => randomChoice(terms, frame)],
  ["vars", variables],
  ["varnames", variableNames],
]);

function flattenOnce(terms: readonly unknown[]): unknown[] {
  return terms.flatMap((term) => (isList(term) ? term : [term]));
}

function flattenAll(terms: readonly unknown[]): unknown[] {
  return terms.flatMap((term) => (isList(term) ? flattenAll(term) : term === null ? [] : [term]));
}

function dictItems(term: unknown): unknown[] {
  if (!isDict(term)) throw templateError(`lookup \`dict\` needs a dict, got ${describeValue(term)}`);
  return dictEntries(term).map(([key, value]) => ({ key, value }));
}

function product(terms: readonly unknown[]): unknown[] {
  if (terms.length === 0) throw templateError("lookup `nested` needs at least one list");
  const lists = terms.map((term) => (isList(term) ? term : [term]));
  return lists.reduce<unknown[][]>(
    (made, list) => made.flatMap((head) => list.map((item) => [...head, ...flattenOnce([item])])),
    [[]],
  );
}

function together(terms: readonly unknown[]): unknown[] {
  if (terms.length === 0) throw templateError("lookup `together` needs at least one list");
  const lists = terms.map((term) => (isList(term) ? term : [term]));
  const length = Math.max(...lists.map((list) => list.length));
  return Array.from({ length }, (_, index) => flattenOnce(lists.map((list) => list[index] ?? null)));
}

function subelements(terms: readonly unknown[]): unknown[] {
  const [list, path, flags] = terms;
  if ((!isList(list) && !isDict(list)) || typeof path !== "string") {
    throw templateError(
      "lookup `subelements` needs a list of dicts and the name of a key",
      'for example `with_subelements: ["{{ users }}", keys]`',
    );
  }
  if (isDict(list) && list["skipped"] !== undefined && list["skipped"] !== false) return [];
  const skipMissing = isDict(flags) && flags["skip_missing"] === true;
  const elements = isDict(list) ? dictValues(list) : list;
  return elements.flatMap((element) => {
    if (!isDict(element)) throw templateError(`lookup \`subelements\` needs dicts, got ${describeValue(element)}`);
    if (element["skipped"] !== undefined && element["skipped"] !== false) return [];
    let value: unknown = element;
    for (const key of path.split(".")) {
      value = isDict(value) ? dictGet(value, key) : undefined;
      if (value === undefined && skipMissing) return [];
      if (value === undefined)
        throw templateError(`an element has no key \`${key}\``, "give `skip_missing: true` to leave such elements out");
    }
    if (!isList(value)) throw templateError(`\`${path}\` is ${describeValue(value)}, expected a list`);
    const rest = without(element, path.split("."));
    return value.map((item) => Tuple.of2(rest, item));
  });
}

/** A copy without the nested key: Ansible takes the list out of the element. Lazy members stay unread. */
function without(dict: Dict, [key, ...rest]: readonly string[]): Dict {
  const copy: Dict = {};
  for (const name of Object.keys(dict)) {
    if (name !== key)
      Object.defineProperty(copy, name, Object.getOwnPropertyDescriptor(dict, name) as PropertyDescriptor);
    else if (rest.length > 0) setOwn(copy, name, without(dict[name] as Dict, rest));
  }
  const keys = dictKeys(dict).filter((one) => rest.length > 0 || keyText(one) !== key);
  if (needsOriginalKeys(keys)) setOriginalKeys(copy, keys);
  return copy;
}

interface Sequence {
  start: number;
  end: number | undefined;
  count: number | undefined;
  stride: number;
  format: string;
}

function sequences(terms: readonly unknown[], named: NamedArguments): unknown[] {
  if (terms.length === 0 && named.size > 0) return sequence("", named);
  return terms.flatMap((term) => sequence(toText(term), named));
}

/** `start=1 end=5 stride=2 format=host%02d`, or short `1-5/2:host%02d`. */
function sequence(term: string, named: NamedArguments): unknown[] {
  const spec: Sequence = { start: 1, end: undefined, count: undefined, stride: 1, format: "%d" };
  const short = /^(?:(0?x?[0-9a-f]+)-)?(0?x?[0-9a-f]+)(?:\/(-?0?x?[0-9a-f]+))?(?::(.+))?$/i.exec(term.trim());
  if (short) {
    if (short[1] !== undefined) spec.start = integer("start", short[1]);
    spec.end = integer("end", short[2]);
    if (short[3] !== undefined) spec.stride = integer("stride", short[3]);
    spec.format = short[4] ?? spec.format;
  }
  const pairs = short
    ? []
    : [...term.matchAll(/(\w+)=("[^"]*"|'[^']*'|\S+)/g)].map(([, key, value]) => [
        key,
        (value as string).replace(/^(["'])(.*)\1$/, "$2"),
      ]);
  for (const [key, value] of [...pairs, ...named]) {
    if (key === "format") spec.format = toText(value);
    else if (key === "start" || key === "end" || key === "count" || key === "stride") spec[key] = integer(key, value);
    else throw templateError(`unknown argument \`${String(key)}\` for lookup \`sequence\``);
  }
  if (term.trim() !== "" && !short && pairs.length === 0)
    throw templateError(`cannot read the sequence \`${term}\``, "for example `start=1 end=5`");
  return generate(spec);
}

function generate(spec: Sequence): unknown[] {
  const { start, count, stride, format } = spec;
  if ((spec.end === undefined) === (count === undefined))
    throw templateError("lookup `sequence` needs either `end` or `count`");
  if (count === 0) return [];
  const end = spec.end ?? start + (count as number) * stride - 1;
  if (stride > 0 && end < start) throw templateError("to count backwards, make `stride` negative");
  if (stride < 0 && end > start) throw templateError("to count forwards, `stride` cannot be negative");
  const out: unknown[] = [];
  for (let at = start; stride > 0 ? at <= end : at >= end; at += stride) {
    if (stride === 0 || out.length > 10_000_000) throw templateError("the sequence never ends");
    out.push(formatPercent(format, at));
  }
  return out;
}

function integer(name: string, value: unknown): number {
  const text = toText(value);
  const number = /^-?0x/i.test(text)
    ? Number.parseInt(text, 16)
    : /^-?0[0-7]+$/.test(text)
      ? Number.parseInt(text, 8)
      : Number(text);
  if (!Number.isInteger(number))
    throw templateError(`\`${name}\` of a sequence is an integer, got ${describeValue(value)}`);
  return number;
}

function randomChoice(items: readonly unknown[], frame: Frame): unknown[] {
  if (items.length === 0) return [];
  if (!frame.env.random) throw templateError("random values are not available here");
  return [items[Math.floor(frame.env.random() * items.length)]];
}

function variables(terms: readonly unknown[], named: NamedArguments, frame: Frame): unknown {
  return terms.map((term) => {
    if (typeof term !== "string") throw templateError(`the name of a variable is text, got ${describeValue(term)}`);
    const value = frame.scope.get(term);
    if (value !== undefined && !(value instanceof Undefined)) return value;
    if (named.has("default")) return named.get("default");
    throw (value instanceof Undefined ? value : new Undefined({ path: term })).toError();
  });
}

function variableNames(terms: readonly unknown[], _named: NamedArguments, frame: Frame): unknown {
  const names = [...(frame.scope.names?.() ?? [])];
  return terms.flatMap((term) => {
    const pattern = translateRegex(toText(term), "");
    return names.filter((name) => pattern.regex.test(name));
  });
}
