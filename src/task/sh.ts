import { TsrunError } from "../lib/errors.ts";

/** A piece of POSIX shell in which every value is quoted. Only the `sh` template makes one, so raw text cannot slip in. */
export class Sh {
  readonly text: string;

  /** @internal Use the `sh` template. */
  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

/** What may stand in `${}`: a word, several words, a piece of shell, or nothing at all. */
export type ShValue = string | number | bigint | Sh | false | null | undefined | readonly ShValue[];

/**
 * The quoting template: literal text is shell as written (backslashes too), every `${}` becomes quoted words.
 *
 *     sh`groupadd ${gid !== undefined && ["-g", gid]} -- ${name}`
 *
 * A parameter expansion of the shell is written `\${name%.*}`. `false`, `null` and `undefined`
 * leave nothing; an array becomes several words; a value inside quotes of the literal text is a programming error.
 */
export function sh(literals: TemplateStringsArray, ...values: readonly ShValue[]): Sh {
  let text = literalShell(literals.raw[0] as string);
  const quotes = new QuoteState();
  quotes.feed(text);
  values.forEach((value, index) => {
    if (quotes.isOpen) throw new TypeError(`sh: value ${index + 1} stands inside quotes: ${text.slice(-40)}`);
    text += words(value);
    const literal = literalShell(literals.raw[index + 1] as string);
    quotes.feed(literal);
    text += literal;
  });
  return new Sh(text);
}

/** Several commands, one a line; empty ones are left out. */
export function shLines(parts: readonly (Sh | false | null | undefined)[]): Sh {
  const present = parts.filter((part) => part !== false && part !== null && part !== undefined);
  return new Sh(present.map((part) => shText(part)).join("\n"));
}

/** A command line or script that the playbook's author wrote (`shell`, `validate`): it is shell already, as in Ansible. */
export function userShell(text: string): Sh {
  refuseNul(text);
  return new Sh(text);
}

/** One word for a POSIX shell: plain when it is harmless, else in single quotes. The only quoting function. */
export function quote(word: string): string {
  refuseNul(word);
  if (/^[A-Za-z0-9_@%+:,./-][A-Za-z0-9_@%+=:,./-]*$/.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** JavaScript needs a backslash before a shell's own `${`; it is not part of the shell text. */
function literalShell(raw: string): string {
  return raw.replaceAll("\\${", "${");
}

function words(value: ShValue): string {
  if (value === undefined || value === null || value === false) return "";
  if (value instanceof Sh) return value.text;
  if (typeof value === "object" && !Array.isArray(value)) return shText(value as unknown as Sh);
  if (typeof value === "object") return value.map(words).filter(Boolean).join(" ");
  if (typeof value === "number" && !Number.isFinite(value)) throw new TypeError(`sh: ${value} is no word`);
  return quote(String(value));
}

/** Text of a piece of shell. One from another copy of this module would be lost without a word: that is a bug, not nothing to do. */
export function shText(piece: Sh): string {
  if (piece instanceof Sh) return piece.text;
  throw new TypeError(`sh: expected a piece made by this copy of \`sh\`, got ${JSON.stringify(piece)}`);
}

function refuseNul(text: string): void {
  if (text.includes("\0")) {
    throw new TsrunError({ code: "E_NUL_BYTE", message: "a value with a NUL byte cannot be passed to a command" });
  }
}

/** Follows quotes through literal text, so that a `${}` between quotes is found. Comments and here-documents are not used in `sh`. */
class QuoteState {
  #open: string | undefined;

  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  feed(text: string): void {
    for (let at = 0; at < text.length; at++) {
      const character = text[at] as string;
      if (character === "\\" && this.#open !== "'") at++;
      else if (this.#open === character) this.#open = undefined;
      else if (this.#open === undefined && (character === "'" || character === '"')) this.#open = character;
    }
  }
}
