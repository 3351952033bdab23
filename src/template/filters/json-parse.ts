import { toFloat } from "../../lib/float.ts";
import { small } from "../operators.ts";
import { templateError } from "../template-error.ts";
import { makeDict } from "../values.ts";

/** JSON with Python's numbers: big integers stay exact, whole floats stay floats. */
export function parseJson(text: string): unknown {
  try {
    return new JsonReader(text).document();
  } catch (error) {
    if (error instanceof SyntaxError) throw templateError(`the text is no JSON: ${error.message}`);
    throw error;
  }
}

class JsonReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): unknown {
    const value = this.#value(0);
    this.#blanks();
    if (this.#at < this.#text.length) throw this.#error("expected the end");
    return value;
  }

  #value(depth: number): unknown {
    if (depth > 500) throw this.#error("nested too deeply");
    this.#blanks();
    const c = this.#text[this.#at];
    if (c === "{") return this.#object(depth);
    if (c === "[") return this.#array(depth);
    if (c === '"') return this.#string();
    const word = /(?:true|false|null|NaN|-?Infinity)/y;
    word.lastIndex = this.#at;
    const constant = word.exec(this.#text)?.[0];
    if (constant !== undefined) {
      this.#at += constant.length;
      if (constant === "null") return null;
      return constant === "true" || (constant === "false" ? false : Number(constant));
    }
    return this.#number();
  }

  #number(): unknown {
    const pattern = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (!match) throw this.#error("expected a value");
    this.#at += match[0].length;
    return match[1] !== undefined || match[2] !== undefined ? toFloat(Number(match[0])) : small(BigInt(match[0]));
  }

  #string(): string {
    const pattern = /"(?:[^"\\]|\\["\\/bfnrt]|\\u[\da-fA-F]{4})*"/y;
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text)?.[0];
    if (match === undefined) throw this.#error("expected a string");
    this.#at += match.length;
    return JSON.parse(
      match.replace(/\p{Cc}/gu, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`),
    ) as string;
  }

  #array(depth: number): unknown[] {
    const items: unknown[] = [];
    this.#at++;
    if (this.#skip("]")) return items;
    do items.push(this.#value(depth + 1));
    while (this.#skip(","));
    if (!this.#skip("]")) throw this.#error("expected `,` or `]`");
    return items;
  }

  #object(depth: number): unknown {
    const pairs: [unknown, unknown][] = [];
    this.#at++;
    if (this.#skip("}")) return makeDict(pairs);
    do {
      this.#blanks();
      const key = this.#string();
      if (!this.#skip(":")) throw this.#error("expected `:`");
      pairs.push([key, this.#value(depth + 1)]);
    } while (this.#skip(","));
    if (!this.#skip("}")) throw this.#error("expected `,` or `}`");
    return makeDict(pairs);
  }

  #skip(c: string): boolean {
    this.#blanks();
    if (this.#text[this.#at] !== c) return false;
    this.#at++;
    return true;
  }

  #blanks(): void {
    while (/[ \t\r\n]/.test(this.#text[this.#at] ?? "")) this.#at++;
  }

  #error(message: string): SyntaxError {
    return new SyntaxError(`${message} at character ${this.#at + 1}`);
  }
}
