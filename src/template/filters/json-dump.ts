import { Float } from "../../lib/float.ts";
import { compareText } from "../compare.ts";
import { printFloat } from "../python-float.ts";
import { templateError } from "../template-error.ts";
import { Undefined } from "../undefined.ts";
import { describeValue, dictEntries, isDict, isInteger, Omit, TemplateObject, typeName } from "../values.ts";

export interface JsonStyle {
  readonly sortKeys?: boolean;
  /** Blanks per level, or the text to indent with; one line when not given. */
  readonly indent?: number | string | undefined;
  readonly separators?: readonly [item: string, key: string] | undefined;
  /** Escape everything beyond ASCII. Python's default. */
  readonly ensureAscii?: boolean;
}

const MAX_DEPTH = 500;

/** Python's `json.dumps`, byte for byte. */
export function dumpJson(value: unknown, style: JsonStyle = {}): string {
  const indent = typeof style.indent === "number" ? " ".repeat(Math.max(0, style.indent)) : style.indent;
  const [itemSeparator, keySeparator] = style.separators ?? (indent === undefined ? [", ", ": "] : [",", ": "]);
  const writer = new Writer(indent, itemSeparator, keySeparator, style.sortKeys ?? false, style.ensureAscii ?? true);
  writer.write(value, 0);
  return writer.text();
}

class Writer {
  readonly #out: string[] = [];
  readonly #indent: string | undefined;
  readonly #itemSeparator: string;
  readonly #keySeparator: string;
  readonly #sortKeys: boolean;
  readonly #ascii: boolean;

  constructor(
    indent: string | undefined,
    itemSeparator: string,
    keySeparator: string,
    sortKeys: boolean,
    ascii: boolean,
  ) {
    this.#indent = indent;
    this.#itemSeparator = itemSeparator;
    this.#keySeparator = keySeparator;
    this.#sortKeys = sortKeys;
    this.#ascii = ascii;
  }

  text(): string {
    return this.#out.join("");
  }

  write(value: unknown, depth: number): void {
    if (depth > MAX_DEPTH) throw templateError("the value is nested too deeply for JSON, or contains itself");
    if (value instanceof Undefined) throw value.toError();
    const scalar = this.#scalar(value);
    if (scalar !== undefined) this.#out.push(scalar);
    else if (Array.isArray(value)) this.#list(value, depth);
    else if (isDict(value)) this.#dict(dictEntries(value), depth);
    else if (value instanceof TemplateObject && value.iterate) this.#list(value.iterate(), depth);
    else if (value instanceof TemplateObject && "toJSON" in value)
      this.write((value as { toJSON(): unknown }).toJSON(), depth + 1);
    else throw templateError(`${describeValue(value)} cannot be written as JSON`);
  }

  #scalar(value: unknown): string | undefined {
    if (typeof value === "string") return jsonText(value, this.#ascii);
    if (value === null || value === undefined) return "null";
    if (typeof value === "boolean") return String(value);
    if (isInteger(value)) return BigInt(value).toString();
    if (typeof value === "number" || value instanceof Float) return jsonFloat(value);
    if (value === Omit) throw templateError("`omit` cannot be written as JSON");
    return undefined;
  }

  #list(items: readonly unknown[], depth: number): void {
    if (items.length === 0) return void this.#out.push("[]");
    this.#out.push("[");
    items.forEach((item, index) => {
      this.#next(index, depth + 1);
      this.write(item, depth + 1);
    });
    this.#close("]", depth);
  }

  #dict(entries: readonly (readonly [unknown, unknown])[], depth: number): void {
    if (entries.length === 0) return void this.#out.push("{}");
    this.#out.push("{");
    const named = entries.map(([key, value]) => [keyName(key), value] as const);
    if (this.#sortKeys) named.sort((a, b) => compareText(a[0], b[0]));
    named.forEach(([key, value], index) => {
      this.#next(index, depth + 1);
      this.#out.push(jsonText(key, this.#ascii), this.#keySeparator);
      this.write(value, depth + 1);
    });
    this.#close("}", depth);
  }

  #next(index: number, depth: number): void {
    if (index > 0) this.#out.push(this.#itemSeparator);
    if (this.#indent !== undefined) this.#out.push("\n", this.#indent.repeat(depth));
  }

  #close(bracket: string, depth: number): void {
    if (this.#indent !== undefined) this.#out.push("\n", this.#indent.repeat(depth));
    this.#out.push(bracket);
  }
}

function keyName(key: unknown): string {
  if (typeof key === "string") return key;
  if (key === null || typeof key === "boolean") return String(key);
  if (isInteger(key)) return BigInt(key).toString();
  if (typeof key === "number" || key instanceof Float) return jsonFloat(key);
  throw templateError(`a ${typeName(key)} cannot be a key in JSON`);
}

function jsonFloat(value: number | Float): string {
  const number = Number(value instanceof Float ? value.value : value);
  if (Number.isNaN(number)) return "NaN";
  if (!Number.isFinite(number)) return number > 0 ? "Infinity" : "-Infinity";
  return printFloat(value);
}

const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\b": "\\b",
  "\f": "\\f",
};

function jsonText(text: string, ascii: boolean): string {
  const escape = (c: string): string => {
    const short = SHORT[c];
    if (short) return short;
    return ascii || c < " " ? `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}` : c;
  };
  return `"${text.replace(ascii ? /["\\]|[^ -~]/g : /["\\\p{Cc}]/gu, escape)}"`;
}
