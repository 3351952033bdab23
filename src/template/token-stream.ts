import { TsrunError } from "../lib/errors.ts";
import type { Token, TokenKind } from "./lexer.ts";
import type { Located } from "./syntax.ts";

/** Deeper templates are refused instead of exhausting the stack. */
export const MAX_DEPTH = 150;
/** Operands of one chain (`a + b + …`) and statements on one level may be many, but not unbounded. */
export const MAX_CHAIN = 2000;

/** A cursor over tokens, with the errors that both parsers need. */
export class TokenStream {
  readonly located: Located;
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(located: Located, tokens: readonly Token[]) {
    this.located = located;
    this.#tokens = tokens;
  }

  get current(): Token {
    return this.#tokens[this.#at] as Token;
  }

  get next(): Token {
    return this.#tokens[Math.min(this.#at + 1, this.#tokens.length - 1)] as Token;
  }

  /** End of the token before the current one. */
  get previousEnd(): number {
    return this.#tokens[this.#at - 1]?.end ?? 0;
  }

  advance(): Token {
    const token = this.current;
    if (this.#at < this.#tokens.length - 1) this.#at++;
    return token;
  }

  is(kind: TokenKind, text?: string): boolean {
    return this.current.kind === kind && (text === undefined || this.current.text === text);
  }

  isOperator(text: string): boolean {
    return this.is("operator", text);
  }

  isWord(...words: readonly string[]): boolean {
    return this.current.kind === "name" && words.includes(this.current.text);
  }

  skipOperator(text: string): boolean {
    if (!this.isOperator(text)) return false;
    this.advance();
    return true;
  }

  skipWord(word: string): boolean {
    if (!this.isWord(word)) return false;
    this.advance();
    return true;
  }

  expectOperator(text: string): Token {
    if (!this.isOperator(text)) throw this.unexpected(`\`${text}\``);
    return this.advance();
  }

  expectWord(word: string): Token {
    if (!this.isWord(word)) throw this.unexpected(`\`${word}\``);
    return this.advance();
  }

  expect(kind: TokenKind, what: string): Token {
    if (this.current.kind !== kind) throw this.unexpected(what);
    return this.advance();
  }

  /** Runs one nested parse; too much nesting is an error of the template, not a crash. */
  nested<T>(parse: () => T): T {
    if (++this.#depth > MAX_DEPTH) {
      throw this.error(`expression or block is nested more than ${MAX_DEPTH} levels deep`, this.current);
    }
    try {
      return parse();
    } finally {
      this.#depth--;
    }
  }

  unexpected(expected: string, hint?: string): TsrunError {
    return this.error(`expected ${expected}, got ${describe(this.current)}`, this.current, hint);
  }

  error(message: string, span: { readonly start: number; readonly end: number }, hint?: string): TsrunError {
    return new TsrunError({ code: "E_TEMPLATE_SYNTAX", message, at: this.located.range(span), hint });
  }
}

export function describe(token: Token): string {
  switch (token.kind) {
    case "end":
      return "the end";
    case "string":
      return "a string";
    case "integer":
    case "float":
      return `the number \`${token.text}\``;
    case "name":
    case "operator":
      return `\`${token.text}\``;
    case "variable-end":
    case "block-end":
      return "the end of the tag";
    case "text":
    case "variable-start":
    case "block-start":
      return "text";
  }
}
