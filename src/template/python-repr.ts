import { Float } from "../lib/float.ts";
import { printFloat } from "./python-float.ts";
import { templateError } from "./template-error.ts";
import { Undefined } from "./undefined.ts";
import { dictEntries, isDict, isFloat, Omit, TemplateObject, Tuple } from "./values.ts";

/** Text of a value where it is put into text: Python's `str()`. */
export function toText(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" && Number.isInteger(value)) return integerText(value);
  if (value instanceof Undefined) throw value.toError();
  if (value === Omit) {
    throw templateError(
      "`omit` cannot be part of a text",
      "give it as the whole value of an argument: `{{ x | default(omit) }}`",
    );
  }
  return value instanceof TemplateObject ? value.print() : repr(value);
}

/** Python's `repr()`: how a value looks inside a printed list or dict. */
export function repr(value: unknown): string {
  const out: string[] = [];
  writeRepr(value, out, []);
  return out.join("");
}

function writeRepr(value: unknown, out: string[], parents: readonly unknown[]): void {
  if (typeof value === "string") out.push(reprText(value));
  else if (value === null || value === undefined) out.push("None");
  else if (value === true) out.push("True");
  else if (value === false) out.push("False");
  else if (typeof value === "number" && Number.isInteger(value)) out.push(integerText(value));
  else if (typeof value === "bigint") out.push(value.toString());
  else if (isFloat(value) || value instanceof Float) out.push(printFloat(value));
  else if (value instanceof Undefined) throw value.toError();
  else if (value === Omit) toText(value);
  else if (value instanceof TemplateObject) out.push(value.print());
  else if (parents.includes(value)) out.push(Array.isArray(value) ? "[...]" : "{...}");
  else if (Array.isArray(value)) writeList(value, out, [...parents, value]);
  else if (isDict(value)) writeDict(value, out, [...parents, value]);
  else out.push(String(value));
}

function writeList(list: readonly unknown[], out: string[], parents: readonly unknown[]): void {
  const isTuple = list instanceof Tuple;
  out.push(isTuple ? "(" : "[");
  let first = true;
  for (const item of list) {
    if (!first) out.push(", ");
    first = false;
    writeRepr(item, out, parents);
  }
  out.push(isTuple ? (list.length === 1 ? ",)" : ")") : "]");
}

function writeDict(dict: Record<string, unknown>, out: string[], parents: readonly unknown[]): void {
  out.push("{");
  let first = true;
  for (const [key, value] of dictEntries(dict)) {
    if (!first) out.push(", ");
    first = false;
    writeRepr(key, out, parents);
    out.push(": ");
    writeRepr(value, out, parents);
  }
  out.push("}");
}

/** A number that JavaScript would print as 1e+21 is an exact integer in Python. */
function integerText(value: number): string {
  return Math.abs(value) < 1e21 ? String(value === 0 ? 0 : value) : BigInt(value).toString();
}

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\" };

/** A string literal as Python prints it: single quotes unless only those occur inside. */
export function reprText(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const body = text.replace(
    /[\\\n\r\t'\x00-\x1f\x7f-\xa0\xad\ud800-\udfff\u2028\u2029\ufeff\u200b-\u200f\u202a-\u202e\u2060-\u2064]/gu,
    (found) => {
      if (found === "'") return quote === "'" ? "\\'" : found;
      const short = SHORT[found];
      if (short) return short;
      const code = found.codePointAt(0) as number;
      return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
    },
  );
  return `${quote}${body}${quote}`;
}
