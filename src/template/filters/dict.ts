import { framePlugin, type NamedArguments, plugin } from "../callable.ts";
import { compare, equals } from "../compare.ts";
import type { Frame } from "../frame.ts";
import { toText } from "../python-repr.ts";
import { templateError } from "../template-error.ts";
import { isTruthy } from "../truth.ts";
import { Undefined } from "../undefined.ts";
import {
  type Dict,
  describeValue,
  dictEntries,
  dictGet,
  dictHas,
  dictValues,
  isDict,
  isEmptyDict,
  isList,
  iterate,
  makeDict,
  Tuple,
} from "../values.ts";
import { foldCase } from "./attribute-path.ts";
import { flatten } from "./sequence.ts";
import type { PluginTable } from "./table.ts";

/** Filters over dicts. */
export const dictFilters: PluginTable = {
  items: plugin("", (value: unknown) => (value instanceof Undefined ? [] : pairs(value, "items")), {
    acceptsUndefined: true,
  }),
  dictsort: plugin("case_sensitive?, by?, reverse?", dictSort),
  combine: plugin("*others, **options", combine),
  dict2items: plugin("key_name?, value_name?", (value: unknown, key: unknown = "key", name: unknown = "value") =>
    dictEntries(dict(value, "dict2items")).map(([itemKey, item]) =>
      makeDict([
        [key, itemKey],
        [name, item],
      ]),
    ),
  ),
  items2dict: plugin("key_name?, value_name?", itemsToDict),
  subelements: plugin("subelements, skip_missing?", subelements),
  rekey_on_member: plugin("key, duplicates?", rekey),
  extract: framePlugin("container, morekeys?", extract),
  dict: plugin("", (value: unknown) => makeDict(iterate(value).map((pair) => iterate(pair) as [unknown, unknown]))),
  dict_kv: plugin("key", (value: unknown, key: unknown) => makeDict([[key, value]])),
  keep_keys: plugin("target, matching_parameter?", (value: unknown, target: unknown, how: unknown = "equal") =>
    filterKeys(value, target, how, true),
  ),
  remove_keys: plugin("target, matching_parameter?", (value: unknown, target: unknown, how: unknown = "equal") =>
    filterKeys(value, target, how, false),
  ),
  lists_mergeby: plugin("*args, **options", mergeBy),
};

function dict(value: unknown, filter: string): Dict {
  if (!isDict(value)) throw templateError(`\`${filter}\` needs a dict, got ${describeValue(value)}`);
  return value;
}

function pairs(value: unknown, filter: string): unknown[] {
  return dictEntries(dict(value, filter)).map((pair) => Tuple.of2(...pair));
}

function dictSort(
  value: unknown,
  sensitive: unknown = false,
  by: unknown = "key",
  reverse: unknown = false,
): unknown[] {
  if (by !== "key" && by !== "value")
    throw templateError(`\`dictsort\` sorts by \`key\` or \`value\`, got ${describeValue(by)}`);
  const fold = foldCase(sensitive);
  const at = by === "key" ? 0 : 1;
  const sign = isTruthy(reverse) ? -1 : 1;
  return dictEntries(dict(value, "dictsort"))
    .sort((a, b) => sign * compare(fold(a[at]), fold(b[at])))
    .map((pair) => Tuple.of2(...pair));
}

const LIST_MERGES = ["replace", "keep", "append", "prepend", "append_rp", "prepend_rp"] as const;
type ListMerge = (typeof LIST_MERGES)[number];

function combine(value: unknown, others: readonly unknown[], options: NamedArguments): unknown {
  for (const name of options.keys()) {
    if (name !== "recursive" && name !== "list_merge")
      throw templateError(`unknown argument \`${name}\``, "`combine` takes `recursive` and `list_merge`");
  }
  const recursive = isTruthy(options.get("recursive") ?? false);
  const merge = (options.get("list_merge") ?? "replace") as ListMerge;
  if (!LIST_MERGES.includes(merge))
    throw templateError(`unknown \`list_merge\` ${describeValue(merge)}`, `it is one of ${LIST_MERGES.join(", ")}`);
  const dicts = flatten([value, ...others], 1, true).map((one) => {
    if (one instanceof Undefined) throw one.toError();
    return dict(one, "combine");
  });
  return dicts.length === 0 ? {} : dicts.reduce((low, high) => mergeDicts(low, high, recursive, merge));
}

/** `high` over `low`; both stay as they are. */
export function mergeDicts(low: Dict, high: Dict, recursive: boolean, lists: ListMerge): Dict {
  if (isEmptyDict(low)) return makeDict(dictEntries(high));
  const merged = new Map<unknown, unknown>(dictEntries(low));
  for (const [key, value] of dictEntries(high)) {
    const old = dictGet(low, key);
    if (old === undefined) merged.set(key, value);
    else if (isDict(old) && isDict(value))
      merged.set(key, recursive ? mergeDicts(old, value, recursive, lists) : value);
    else if (isList(old) && isList(value)) merged.set(key, mergeLists(old, value, lists));
    else merged.set(key, value);
  }
  return makeDict(merged);
}

function mergeLists(low: readonly unknown[], high: readonly unknown[], how: ListMerge): readonly unknown[] {
  const absent = (): unknown[] => low.filter((item) => !high.some((other) => equals(item, other)));
  switch (how) {
    case "replace":
      return high;
    case "keep":
      return low;
    case "append":
      return [...low, ...high];
    case "prepend":
      return [...high, ...low];
    case "append_rp":
      return [...absent(), ...high];
    case "prepend_rp":
      return [...high, ...absent()];
  }
}

function itemsToDict(value: unknown, keyName: unknown = "key", valueName: unknown = "value"): Dict {
  if (!isList(value)) throw templateError(`\`items2dict\` needs a list, got ${describeValue(value)}`);
  return makeDict(
    value.map((item) => {
      const [key, content] = isDict(item) ? [dictGet(item, keyName), dictGet(item, valueName)] : [];
      if (key === undefined || content === undefined) {
        throw templateError(
          `\`items2dict\` needs dicts with the keys \`${toText(keyName)}\` and \`${toText(valueName)}\``,
        );
      }
      return [key, content];
    }),
  );
}

function subelements(value: unknown, path: unknown, skipMissing: unknown = false): unknown[] {
  if (!isDict(value) && !isList(value))
    throw templateError(`\`subelements\` needs a list of dicts, got ${describeValue(value)}`);
  const keys = typeof path === "string" ? path.split(".") : isList(path) ? path : undefined;
  if (!keys) throw templateError(`the path of \`subelements\` is text or a list, got ${describeValue(path)}`);
  return (isDict(value) ? dictValues(value) : value).flatMap((element) => {
    let found: unknown = element;
    for (const key of keys) {
      if (!isDict(found)) throw templateError(`\`${toText(key)}\` should be in a dict, got ${describeValue(found)}`);
      found = dictGet(found, key);
      if (found === undefined && isTruthy(skipMissing)) return [];
      if (found === undefined)
        throw templateError(
          `an element has no key \`${toText(key)}\``,
          "give `skip_missing=True` to leave such elements out",
        );
    }
    if (!isList(found))
      throw templateError(`\`${keys.map(toText).join(".")}\` is ${describeValue(found)}, expected a list`);
    return found.map((item) => Tuple.of2(element, item));
  });
}

function rekey(value: unknown, key: unknown, duplicates: unknown = "error"): Dict {
  if (duplicates !== "error" && duplicates !== "overwrite")
    throw templateError("`duplicates` is `error` or `overwrite`");
  const items = isDict(value) ? dictValues(value) : iterate(value);
  const seen = new Set<unknown>();
  return makeDict(
    items.map((item) => {
      const member = dictGet(dict(item, "rekey_on_member"), key);
      if (member === undefined) throw templateError(`an item has no key \`${toText(key)}\``);
      if (duplicates === "error" && seen.has(member))
        throw templateError(
          `key \`${toText(member)}\` is not unique`,
          "give `duplicates='overwrite'` to keep the last one",
        );
      seen.add(member);
      return [member, item];
    }),
  );
}

function extract(frame: Frame, item: unknown, container: unknown, more?: unknown): unknown {
  const keys = [item, ...(more === undefined || more === null ? [] : isList(more) ? more : [more])];
  return keys.reduce((value, key) => frame.item(value, key), container);
}

function filterKeys(value: unknown, target: unknown, how: unknown, keep: boolean): unknown[] {
  const targets = (isList(target) ? target : [target]).map(toText);
  const matches = (key: string): boolean =>
    targets.some((one) => {
      if (how === "starts_with") return key.startsWith(one);
      if (how === "ends_with") return key.endsWith(one);
      return how === "regex" ? new RegExp(one).test(key) : key === one;
    });
  return iterate(value).map((item) =>
    makeDict(
      dictEntries(dict(item, keep ? "keep_keys" : "remove_keys")).filter(([key]) => matches(toText(key)) === keep),
    ),
  );
}

function mergeBy(value: unknown, args: readonly unknown[], options: NamedArguments): unknown[] {
  const index = args.at(-1);
  if (typeof index !== "string") throw templateError("the last argument of `lists_mergeby` is the name of a key");
  const lists = flatten([value, ...args.slice(0, -1)], 1, true);
  const merged = new Map<unknown, Dict>();
  const recursive = isTruthy(options.get("recursive") ?? false);
  const how = (options.get("list_merge") ?? "replace") as ListMerge;
  for (const item of lists) {
    const one = dict(item, "lists_mergeby");
    if (!dictHas(one, index)) continue;
    const key = dictGet(one, index);
    const known = merged.get(key);
    merged.set(key, known ? mergeDicts(known, one, recursive, how) : one);
  }
  return [...merged].sort((a, b) => compare(a[0], b[0])).map(([, item]) => item);
}
