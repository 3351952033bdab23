import { Float } from "../lib/float.ts";
import { escapeInJson } from "./escape-controls.ts";

/**
 * JSON as Ansible prints results: Python's separators, sorted keys, `1.0` kept, text not reduced to ASCII. Characters
 * that could drive a terminal are `\u` escapes. With `indent` it spreads over lines as `json.dumps(indent=4)` does.
 */
export function dumpJson(value: unknown, indent?: number): string {
  return escapeInJson(dump(value, indent, 0));
}

function dump(value: unknown, indent: number | undefined, depth: number): string {
  if (value instanceof Float) return value.toString();
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) {
    return wrap(
      "[",
      "]",
      value.map((item: unknown) => dump(item, indent, depth + 1)),
      indent,
      depth,
    );
  }
  if ("toJSON" in value && typeof value.toJSON === "function") {
    const plain: unknown = value.toJSON();
    return dump(plain, indent, depth);
  }
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, member]) => `${JSON.stringify(key)}: ${dump(member, indent, depth + 1)}`);
  return wrap("{", "}", members, indent, depth);
}

function wrap(
  open: string,
  close: string,
  parts: readonly string[],
  indent: number | undefined,
  depth: number,
): string {
  if (parts.length === 0) return open + close;
  if (indent === undefined) return open + parts.join(", ") + close;
  const pad = " ".repeat(indent * (depth + 1));
  return `${open}\n${parts.map((part) => pad + part).join(",\n")}\n${" ".repeat(indent * depth)}${close}`;
}
