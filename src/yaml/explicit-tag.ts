import { decodeBytes } from "../lib/bytes.ts";
import type { SourceRange } from "../lib/source.ts";
import { parseYamlBoolean, parseYamlFloat, parseYamlInt, resolvePlainScalar } from "./plain-scalar.ts";
import { UnsafeText } from "./unsafe-text.ts";
import { VaultText } from "./vault-text.ts";

/** Tags that tsrun knows, as they are written. Ansible's own are `!vault` and `!unsafe`; the rest is YAML 1.1's. */
export const KNOWN_TAGS = [
  "!vault",
  "!vault-encrypted",
  "!unsafe",
  "!!str",
  "!!int",
  "!!float",
  "!!bool",
  "!!null",
  "!!binary",
  "!!timestamp",
  "!!seq",
  "!!map",
  "!!set",
  "!!omap",
  "!!pairs",
] as const;

/** A tag as people write it: `tag:yaml.org,2002:str` and `!<tag:yaml.org,2002:str>` become `!!str`. */
export function shortTag(raw: string, handles: ReadonlyMap<string, string>): string {
  let full = raw;
  if (raw.startsWith("!<")) {
    full = raw.slice(2, -1);
  } else {
    const handleEnd = raw.indexOf("!", 1);
    const handle = handleEnd < 0 ? "!" : raw.slice(0, handleEnd + 1);
    const prefix = handles.get(handle);
    if (prefix !== undefined) full = prefix + raw.slice(handle.length);
  }
  return full.startsWith(YAML_PREFIX) ? `!!${full.slice(YAML_PREFIX.length)}` : full;
}

const YAML_PREFIX = "tag:yaml.org,2002:";

/** Value of a tagged scalar: `{ value }`, or `{ problem }` when the text does not fit the tag. */
export function constructTaggedScalar(
  tag: string,
  text: string,
  range: SourceRange,
): { readonly value: unknown } | { readonly problem: string } | undefined {
  switch (tag) {
    case "!":
    case "!!str":
    case "!!timestamp":
    case "!!value":
      return { value: text };
    case "!unsafe":
      return { value: new UnsafeText(text) };
    case "!vault":
    case "!vault-encrypted":
      return constructVault(text, range);
    case "!!null":
      return { value: null };
    case "!!bool":
      return orProblem(parseYamlBoolean(text), "a boolean such as `yes` or `false`", text);
    case "!!int":
      return orProblem(parseYamlInt(text), "a whole number", text);
    case "!!float":
      return orProblem(parseYamlFloat(text) ?? parseYamlFloat(`${text}.0`), "a number", text);
    case "!!binary":
      return constructBinary(text);
    case "!!map":
      return text === "" ? { value: {} } : undefined;
    case "!!seq":
    case "!!set":
      return text === "" ? { value: [] } : undefined;
    default:
      return undefined;
  }
}

function orProblem(value: unknown, expected: string, text: string): { value: unknown } | { problem: string } {
  if (value !== undefined) return { value };
  return { problem: `expected ${expected}, got \`${text}\` (${typeName(resolvePlainScalar(text))})` };
}

function typeName(value: unknown): string {
  if (value === null) return "null";
  if (typeof value === "object") return "a number";
  return typeof value === "string" ? "text" : `a ${typeof value}`;
}

function constructVault(text: string, range: SourceRange): { value: unknown } | { problem: string } {
  const ciphertext = text.trim();
  if (!ciphertext.startsWith("$ANSIBLE_VAULT;")) {
    return { problem: "expected text that starts with `$ANSIBLE_VAULT;` after `!vault`" };
  }
  return { value: new VaultText(ciphertext, range) };
}

function constructBinary(text: string): { value: unknown } | { problem: string } {
  const base64 = text.replace(/\s+/g, "");
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) return { problem: "expected base64 text after `!!binary`" };
  return { value: decodeBytes(Buffer.from(base64, "base64")) };
}
