import { Float } from "../lib/float.ts";
import { UnsafeText } from "../yaml/unsafe-text.ts";
import { VaultText } from "../yaml/vault-text.ts";
import type { Mapping } from "./model.ts";

export function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** Text whose value is known only when it is evaluated or decrypted. */
export function isOpen(value: unknown): boolean {
  return value instanceof VaultText || (typeof value === "string" && /\{[{%#]/.test(value));
}

/** Short name of a value for "expected X, got Y". */
export function describe(value: unknown): string {
  if (value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (isMapping(value)) return "a mapping";
  if (typeof value === "string" || value instanceof UnsafeText) return `\`${clip(String(value))}\``;
  if (value instanceof VaultText) return "an encrypted value";
  return `\`${isText(value) ? textOf(value) : JSON.stringify(value)}\``;
}

export function isText(value: unknown): value is string | number | Float | UnsafeText | VaultText {
  return (
    typeof value === "string" ||
    typeof value === "number" ||
    value instanceof Float ||
    value instanceof UnsafeText ||
    value instanceof VaultText
  );
}

/** The text of a value that is one; encrypted ones keep their secret. */
export function textOf(value: string | number | Float | UnsafeText | VaultText): string {
  if (value instanceof VaultText) return value.ciphertext;
  return typeof value === "object" ? value.toString() : String(value);
}

/** Names that templates can use. */
export function isVariableName(name: string): boolean {
  return /^[A-Za-z_]\w*$/.test(name);
}

function clip(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > 30 ? `${line.slice(0, 29)}…` : line;
}

/** A keyword that holds one text or a list of them. */
export function textsOf(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).filter((item) => typeof item === "string");
}
