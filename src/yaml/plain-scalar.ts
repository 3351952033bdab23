import { toFloat } from "../lib/float.ts";

/**
 * Implicit types of unquoted scalars as PyYAML's `SafeLoader` resolves them (YAML 1.1), since that is what Ansible reads
 * with: `yes` is true, `0644` is 420, `1:30` is 90, `1e3` and `0o644` are strings. One deliberate difference: a timestamp
 * stays the text that was written. Integers beyond 2^53 are `bigint`, so that no digit is lost.
 */
export function resolvePlainScalar(text: string): unknown {
  if (text === "") return null;
  if (!INTERESTING_START.test(text)) return text;
  const word = WORDS.get(text);
  if (word !== undefined) return word.value;
  return parseYamlInt(text) ?? parseYamlFloat(text) ?? text;
}

/** JSON documents keep JSON's types: `1e3` is a number there, and `yes` cannot occur. */
export function resolveJsonScalar(text: string): unknown {
  if (text === "null") return null;
  if (text === "true" || text === "false") return text === "true";
  const value = Number(text);
  if (/^-?\d+$/.test(text)) return Number.isSafeInteger(value) ? value : BigInt(text);
  return toFloat(value);
}

/** YAML 1.1 integer: decimal, `0b`, `0` octal, `0x`, sexagesimal, underscores. Undefined when it is none. */
export function parseYamlInt(text: string): number | bigint | undefined {
  if (!INTEGER.test(text)) return undefined;
  const digits = text.replaceAll("_", "");
  const body = digits.replace(/^[-+]/, "");
  if (!/[0-9a-f]$/i.test(body)) return undefined;
  const magnitude = integerMagnitude(body);
  const value = digits.startsWith("-") ? -magnitude : magnitude;
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

/** YAML 1.1 float. It needs a dot, and its exponent a sign. Undefined when it is none. */
export function parseYamlFloat(text: string): unknown {
  if (!FLOAT.test(text)) return undefined;
  const lower = text.replaceAll("_", "").toLowerCase();
  const negative = lower.startsWith("-");
  const body = lower.replace(/^[-+]/, "");
  const magnitude = floatMagnitude(body);
  return toFloat(negative ? -magnitude : magnitude);
}

/** YAML 1.1 boolean words, `y` and `n` excepted as in PyYAML. */
export function parseYamlBoolean(text: string): boolean | undefined {
  const word = WORDS.get(text);
  return typeof word?.value === "boolean" ? word.value : undefined;
}

const INTERESTING_START = /^[-+.0-9~yYnNtTfFoO]/;

// yaml/resolver.py, PyYAML 6.
const INTEGER =
  /^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/;
const FLOAT =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;

const WORDS: ReadonlyMap<string, { readonly value: boolean | null }> = new Map(
  (
    [
      [true, ["yes", "true", "on"]],
      [false, ["no", "false", "off"]],
      [null, ["null"]],
    ] as const
  ).flatMap(([value, words]) =>
    words.flatMap((word) =>
      [word, word.toUpperCase(), word[0]?.toUpperCase() + word.slice(1)].map((form) => [form, { value }] as const),
    ),
  ),
).set("~", { value: null });

function integerMagnitude(body: string): bigint {
  if (body.includes(":")) return body.split(":").reduce((total, part) => total * 60n + BigInt(part), 0n);
  if (body.startsWith("0") && /^\d{2}/.test(body)) return BigInt(`0o${body}`);
  return BigInt(body);
}

function floatMagnitude(body: string): number {
  if (body === ".inf") return Infinity;
  if (body === ".nan") return NaN;
  return body.includes(":") ? sexagesimal(body) : Number(body);
}

function sexagesimal(body: string): number {
  return body.split(":").reduce((total, part) => total * 60 + Number(part), 0);
}
