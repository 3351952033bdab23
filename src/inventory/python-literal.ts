import { toFloat } from "../lib/float.ts";

/**
 * Values in INI inventories are Python literals where they parse as such (`ast.literal_eval`): `80` is a number, `True` a boolean,
 * `['a', 1]` a list, and everything else, `0644` and `yes` included, is text.
 */
export function parsePythonLiteral(text: string): { readonly value: unknown } | undefined {
  const reader = new Reader(text);
  try {
    const value = reader.readAll();
    return { value };
  } catch (thrown) {
    if (thrown === notLiteral) return undefined;
    throw thrown;
  }
}

/** Thrown for everything that is no literal; there is nothing to tell about it. */
const notLiteral = new Error("no Python literal");

const NUMBER =
  /(?:0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|(?:\d(?:_?\d)*)?\.\d(?:_?\d)*(?:[eE][-+]?\d(?:_?\d)*)?|\d(?:_?\d)*\.?(?:[eE][-+]?\d(?:_?\d)*)?)(?![\w.])/y;
const PREFIXED_QUOTE = /([rRbBuU]{0,2})("""|'''|"|')/y;

class Reader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  readAll(): unknown {
    const value = this.#readValue();
    this.#skipBlanks();
    if (this.#text[this.#at] === ",") return this.#readTuple(value);
    if (this.#at < this.#text.length) throw notLiteral;
    return value;
  }

  #readTuple(first: unknown): unknown[] {
    const items = [first];
    while (this.#take(",")) {
      if (this.#at >= this.#text.length) return items;
      items.push(this.#readValue());
    }
    if (this.#at < this.#text.length) throw notLiteral;
    return items;
  }

  #readValue(): unknown {
    if (++this.#depth > 100) throw notLiteral;
    this.#skipBlanks();
    const value = this.#readPrimary();
    this.#depth--;
    return value;
  }

  #readPrimary(): unknown {
    const char = this.#text[this.#at];
    if (char === "[") return this.#readItems("[", "]");
    if (char === "(") return this.#readParentheses();
    if (char === "{") return this.#readBraces();
    if (char === "-" || char === "+") return this.#readSigned(char);
    return this.#readString() ?? this.#readNumber() ?? this.#readWord();
  }

  #readItems(open: string, close: string): unknown[] {
    this.#expect(open);
    const items: unknown[] = [];
    while (!this.#take(close)) {
      items.push(this.#readValue());
      if (this.#take(",")) continue;
      this.#expect(close);
      break;
    }
    return items;
  }

  /** `(1)` is 1, `(1,)` and `()` are tuples. */
  #readParentheses(): unknown {
    const start = this.#at;
    const items = this.#readItems("(", ")");
    const hasComma = /,\s*\)$/.test(this.#text.slice(start, this.#at));
    return items.length === 1 && !hasComma ? items[0] : items;
  }

  #readBraces(): unknown {
    this.#expect("{");
    if (this.#take("}")) return {};
    const dict: Record<string, unknown> = {};
    const set: unknown[] = [];
    do {
      if (this.#peek() === "}") break;
      const key = this.#readValue();
      if (this.#take(":")) {
        const name = typeof key === "string" ? key : String(key);
        Object.defineProperty(dict, name, {
          value: this.#readValue(),
          enumerable: true,
          configurable: true,
          writable: true,
        });
      } else set.push(key);
    } while (this.#take(","));
    this.#expect("}");
    if (set.length > 0 && Object.keys(dict).length > 0) throw notLiteral;
    return set.length > 0 ? set : dict;
  }

  #readSigned(sign: string): unknown {
    this.#at++;
    this.#skipBlanks();
    const value = this.#readNumber();
    if (value === undefined) throw notLiteral;
    if (sign === "+") return value;
    return typeof value === "number" || typeof value === "bigint" ? -value : toFloat(-Number(value));
  }

  #readNumber(): unknown {
    NUMBER.lastIndex = this.#at;
    const match = NUMBER.exec(this.#text);
    if (match === null) return undefined;
    const digits = match[0].replaceAll("_", "");
    // Python has no decimal number with a leading zero but zero itself.
    if (/^0\d*[1-9]\d*$/.test(digits)) throw notLiteral;
    this.#at += match[0].length;
    if (/^(?:0[xXoObB][\da-fA-F]+|\d+)$/.test(digits)) {
      const value = BigInt(/^0\d+$/.test(digits) ? "0" : digits);
      return Number.isSafeInteger(Number(value)) ? Number(value) : value;
    }
    return toFloat(Number(digits));
  }

  #readWord(): unknown {
    const word = /^\w+/.exec(this.#text.slice(this.#at, this.#at + 6))?.[0];
    const known: Record<string, unknown> = { True: true, False: false, None: null };
    if (word === undefined || !Object.hasOwn(known, word)) throw notLiteral;
    this.#at += word.length;
    return known[word];
  }

  /** Adjacent strings are one. */
  #readString(): string | undefined {
    let text: string | undefined;
    for (;;) {
      PREFIXED_QUOTE.lastIndex = this.#at;
      const match = PREFIXED_QUOTE.exec(this.#text);
      if (match === null) return text;
      const quote = match[2] as string;
      const start = this.#at + match[0].length;
      const end = this.#closingQuote(start, quote);
      const body = this.#text.slice(start, end);
      if (quote.length === 1 && /\n/.test(body)) throw notLiteral;
      text = (text ?? "") + (/r/i.test(match[1] as string) ? body : unescape(body));
      this.#at = end + quote.length;
      this.#skipBlanks();
    }
  }

  #closingQuote(from: number, quote: string): number {
    for (let at = from; at < this.#text.length; at++) {
      if (this.#text[at] === "\\") at++;
      else if (this.#text.startsWith(quote, at)) return at;
    }
    throw notLiteral;
  }

  #take(char: string): boolean {
    if (this.#peek() !== char) return false;
    this.#at++;
    this.#skipBlanks();
    return true;
  }

  #expect(char: string): void {
    if (!this.#take(char)) throw notLiteral;
  }

  #peek(): string | undefined {
    this.#skipBlanks();
    return this.#text[this.#at];
  }

  #skipBlanks(): void {
    const rest = /(?:\s|#[^\n]*)*/y;
    rest.lastIndex = this.#at;
    this.#at += rest.exec(this.#text)?.[0].length ?? 0;
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\n": "",
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

function unescape(body: string): string {
  return body.replace(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{1,3}|[^])/g, (whole, code: string) => {
    if (/^[xuU]./.test(code)) return String.fromCodePoint(Number.parseInt(code.slice(1), 16));
    if (/^[0-7]/.test(code)) return String.fromCharCode(Number.parseInt(code, 8));
    return ESCAPES[code] ?? whole;
  });
}
