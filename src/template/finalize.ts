import { Undefined } from "./undefined.ts";
import { dictEntries, isDict, makeDict, Omit, Tuple } from "./values.ts";

/**
 * The result of an evaluation as data: undefined values inside raise, `omit` inside falls away. Looks inside containers only
 * when the evaluation made an undefined value or the container is the template's own; lazy members stay unread.
 */
export function finalize(value: unknown, undefinedBefore: number): unknown {
  if (value instanceof Undefined) throw value.toError();
  if (typeof value !== "object" || value === null) return value;
  const mayHoldUndefined = Undefined.created !== undefinedBefore;
  const taint = find(value, mayHoldUndefined, 0);
  if (taint === "undefined") raise(value, 0);
  return taint === "omit" ? withoutOmit(value) : value;
}

const MAX_DEPTH = 100;

function find(value: unknown, deep: boolean, depth: number): "omit" | "undefined" | undefined {
  if (value === Omit) return "omit";
  if (value instanceof Undefined) return "undefined";
  if (typeof value !== "object" || value === null || depth > MAX_DEPTH || (!deep && depth > 3)) return undefined;
  let omit: "omit" | undefined;
  for (const member of plainMembers(value)) {
    const found = find(member, deep, depth + 1);
    if (found === "undefined") return found;
    omit ??= found;
  }
  return omit;
}

function raise(value: unknown, depth: number): void {
  if (value instanceof Undefined) throw value.toError();
  if (typeof value !== "object" || value === null || depth > MAX_DEPTH) return;
  for (const member of plainMembers(value)) raise(member, depth + 1);
}

/** Members that are no getters: reading those could evaluate variables that nobody asked for. */
function plainMembers(value: object): unknown[] {
  if (!Array.isArray(value) && !isDict(value)) return [];
  return Object.values(Object.getOwnPropertyDescriptors(value)).flatMap((property) =>
    property.enumerable && "value" in property ? [property.value] : [],
  );
}

function withoutOmit(value: unknown): unknown {
  if (Array.isArray(value)) {
    const kept = value.filter((item) => item !== Omit).map(withoutOmit);
    return value instanceof Tuple ? Tuple.of2(...kept) : kept;
  }
  if (!isDict(value)) return value;
  return makeDict(
    dictEntries(value).flatMap(([key, item]) => (item === Omit ? [] : [[key, withoutOmit(item)] as const])),
  );
}
