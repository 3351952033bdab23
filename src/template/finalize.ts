import { keyText, needsOriginalKeys, setOriginalKeys } from "../lib/key-order.ts";
import type { ExpressionNode } from "./ast.ts";
import { Callable } from "./callable.ts";
import { Undefined } from "./undefined.ts";
import { type Dict, dictKeys, isDict, Omit, Tuple } from "./values.ts";

/**
 * The result of an evaluation as data, as Ansible 2.19 hands it on: undefined values inside raise, `omit` inside falls away, tuples become
 * lists. Lazy members stay unread; what needs no change stays the same object.
 */
export function finalize(value: unknown): unknown {
  if (value instanceof Undefined && value.isLenient) return "";
  if (value instanceof Undefined) throw value.toError();
  if (value instanceof Callable) return value.print();
  if (typeof value !== "object" || value === null) return value;
  const changed = new Set<object>();
  scan(value, changed, new Set());
  return changed.size === 0 ? value : rebuild(value, changed);
}

/** A variable as it is: already data, so there is nothing to finalize. */
export function isPlainPath(node: ExpressionNode): boolean {
  if (node.kind === "attribute") return isPlainPath(node.target);
  return node.kind === "name" || (node.kind === "item" && node.key.kind !== "slice" && isPlainPath(node.target));
}

/** Collects the containers that cannot stay as they are; true when this one cannot. */
function scan(value: object, changed: Set<object>, seen: Set<object>): boolean {
  if (seen.has(value)) return changed.has(value);
  seen.add(value);
  if (value instanceof Tuple) changed.add(value);
  for (const [, property] of members(value)) {
    const member: unknown = property.value;
    if (member instanceof Undefined) throw member.toError();
    if (member === Omit || (typeof member === "object" && member !== null && scan(member, changed, seen)))
      changed.add(value);
  }
  return changed.has(value);
}

function rebuild(value: object, changed: ReadonlySet<object>): object {
  if (!changed.has(value)) return value;
  const list = Array.isArray(value);
  const copy: unknown[] | Dict = list ? [] : {};
  for (const [name, property] of members(value)) {
    const member: unknown = property.value;
    if (member === Omit) continue;
    const made = typeof member === "object" && member !== null ? rebuild(member, changed) : member;
    const key = Array.isArray(copy) ? String(copy.length) : name;
    Object.defineProperty(copy, key, "value" in property ? { ...property, value: made } : property);
  }
  if (!Array.isArray(copy)) {
    const keys = dictKeys(value as Dict).filter((key) => Object.hasOwn(copy, keyText(key)));
    if (needsOriginalKeys(keys)) setOriginalKeys(copy, keys);
  }
  return copy;
}

/** Properties of a list or dict, unread: a getter could evaluate a variable that nobody asked for. */
function members(value: object): [string, PropertyDescriptor][] {
  if (!Array.isArray(value) && !isDict(value)) return [];
  const names = Object.keys(value);
  return names.map((name) => [name, Object.getOwnPropertyDescriptor(value, name) as PropertyDescriptor]);
}
