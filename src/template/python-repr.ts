import { Float } from "../lib/float.ts";
import { printFloat } from "./python-float.ts";
import { templateError } from "./template-error.ts";
import { Undefined } from "./undefined.ts";
import { dictEntries, isFloat, Omit, TemplateObject, Tuple } from "./values.ts";

/** Text of a value where it is put into text: Python's `str()`. */
export function toText(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" && Number.isInteger(value)) return integerText(value);
  if (value instanceof Undefined) {
    if (value.isLenient) return "";
    throw value.toError();
  }
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
  else if (typeof value === "object") writeDict(value as Record<string, unknown>, out, [...parents, value]);
  else throw templateError(`a ${typeof value} cannot be printed`);
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
  // Python escapes what it calls not printable: controls, formats, unassigned and all separators but the blank.
  const body = text.replace(/[\\'\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu, (found) => {
    if (found === "'") return quote === "'" ? "\\'" : found;
    const short = SHORT[found];
    if (short) return short;
    const code = (found.codePointAt(0) as number).toString(16);
    if (code.length <= 2) return `\\x${code.padStart(2, "0")}`;
    return code.length <= 4 ? `\\u${code.padStart(4, "0")}` : `\\U${code.padStart(8, "0")}`;
  });
  return `${quote}${body}${quote}`;
}
