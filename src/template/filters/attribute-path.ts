import type { Frame } from "../frame.ts";
import { isTruthy } from "../truth.ts";
import { Undefined } from "../undefined.ts";
import { isInteger } from "../values.ts";

/** Reads `a.b.0` out of an item, as `map(attribute=…)`, `selectattr` and `sort(attribute=…)` do. */
export function attributeReader(frame: Frame, path: unknown, fallback?: unknown): (item: unknown) => unknown {
  const parts = pathParts(path);
  return (item) => {
    let value = item;
    for (const part of parts) {
      value = frame.item(value, part);
      if (fallback !== undefined && fallback !== null && value instanceof Undefined) value = fallback;
    }
    return value;
  };
}

/** Reads each of `a,b.c`: the keys of a sort by several attributes. */
export function attributesReader(
  frame: Frame,
  paths: unknown,
  finish: (value: unknown) => unknown,
): (item: unknown) => unknown[] {
  const all = typeof paths === "string" ? paths.split(",") : [paths];
  const readers = all.map((path) => attributeReader(frame, path));
  return (item) => readers.map((read) => finish(read(item)));
}

function pathParts(path: unknown): readonly unknown[] {
  if (path === undefined || path === null) return [];
  if (typeof path !== "string") return isInteger(path) ? [path] : [path];
  return path.split(".").map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

/** Text without its case, other values as they are: what sorting compares unless it is `case_sensitive`. */
export function foldCase(caseSensitive: unknown): (value: unknown) => unknown {
  const sensitive = caseSensitive !== undefined && isTruthy(caseSensitive);
  return (value) => {
    if (value instanceof Undefined) throw value.toError();
    return typeof value === "string" && !sensitive ? value.toLowerCase() : value;
  };
}
