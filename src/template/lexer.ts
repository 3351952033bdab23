import { TsrunError } from "../lib/errors.ts";
import type { Delimiters, Located } from "./syntax.ts";

export type TokenKind =
  | "text"
  | "variable-start"
  | "variable-end"
  | "block-start"
  | "block-end"
  | "name"
  | "string"
  | "integer"
  | "float"
  | "operator"
  | "end";

export interface Token {
  readonly kind: TokenKind;
  /** Decoded text: of a string literal its value, of the rest what stands there. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

export interface LexerOptions extends Delimiters {
  readonly literalBackslashes: boolean;
}

const OPERATORS = /\/\/|\*\*|==|!=|>=|<=|[-+*/%~<>=()[\]{}.,:;|]/y;
const NAME = /[\p{ID_Start}_][\p{ID_Continue}]*/uy;
const WHITESPACE = /\s+/y;
const STRING = /'[^'\\]*(?:\\[\s\S][^'\\]*)*'|"[^"\\]*(?:\\[\s\S][^"\\]*)*"/y;
const FLOAT = /(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?e[+-]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)/iy;
const INTEGER = /0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\da-f])+|[1-9](?:_?\d)*|0(?:_?0)*/iy;
const CLOSERS: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/** What people write who come from other languages, or from a word processor. */
function meantBy(text: string): string | undefined {
  if (text === "&&") return "write `and`";
  if (text.startsWith("!")) return "write `not`";
  if (/^[\u2018\u2019\u201c\u201d]/.test(text)) return "type a straight quote";
  return text.startsWith("\u00a0") ? "this is a no-break space: type an ordinary one" : undefined;
}

/** Splits a whole template into tokens; comments and `raw` markers are gone. Follows Jinja2's `lexer.py`. */
export function tokenizeTemplate(located: Located, from: number, options: LexerOptions): Token[] {
  return new Lexer(located, from, options).template();
}

/** Tokens of a bare expression, ended by an `end` token. */
export function tokenizeExpression(located: Located, from: number, to: number, options: LexerOptions): Token[] {
  return new Lexer(located, from, options, to).expression();
}

class Lexer {
  readonly #located: Located;
  readonly #text: string;
  readonly #options: LexerOptions;
  readonly #tokens: Token[] = [];
  readonly #end: number;
  #at: number;

  constructor(located: Located, from: number, options: LexerOptions, to?: number) {
    this.#located = located;
    this.#text = located.text;
    this.#options = options;
    this.#at = from;
    this.#end = to ?? withoutTrailingNewline(located.text, options.keepTrailingNewline);
  }

  expression(): Token[] {
    this.#tag(undefined, "end");
    return this.#tokens;
  }

  template(): Token[] {
    const { variableStart, commentStart, lstripBlocks } = this.#options;
    const opener = openerPattern(this.#options);
    while (this.#at < this.#end) {
      opener.lastIndex = this.#at;
      const match = opener.exec(this.#text);
      if (!match || match.index >= this.#end) break;
      const [whole, begin, sign] = match as unknown as [string, string, string];
      const kind = begin === variableStart ? "variable" : begin === commentStart ? "comment" : "block";
      let textEnd = match.index;
      if (sign === "-") while (textEnd > this.#at && isSpace(this.#text, textEnd - 1)) textEnd--;
      else if (sign !== "+" && lstripBlocks && kind !== "variable") textEnd = this.#lineStart(match.index);
      this.#pushText(this.#at, textEnd);
      this.#at = match.index + whole.length;
      if (kind === "comment") this.#comment(match.index);
      else if (kind === "variable") this.#tagBetween("variable-start", match.index, this.#options.variableEnd);
      else if (!this.#raw(match.index)) this.#tagBetween("block-start", match.index, this.#options.blockEnd);
    }
    this.#pushText(this.#at, this.#end);
    this.#push("end", "", this.#end, this.#end);
    return this.#tokens;
  }

  #tagBetween(kind: "variable-start" | "block-start", start: number, closer: string): void {
    this.#push(kind, "", start, this.#at);
    this.#tag(closer, kind === "variable-start" ? "variable-end" : "block-end");
  }

  /** Tokens up to the closing delimiter (or the end of an expression), which balanced brackets may contain. */
  #tag(closer: string | undefined, closeKind: TokenKind): void {
    const text = this.#text;
    const open: Token[] = [];
    const opened = this.#tokens.at(-1);
    for (;;) {
      this.#at = skip(WHITESPACE, text, this.#at);
      if (this.#at >= this.#end) {
        if (closer === undefined) break;
        throw this.#error(
          opened?.start ?? 0,
          opened?.end ?? this.#at,
          `this tag is never closed: expected \`${closer}\``,
        );
      }
      if (closer !== undefined && open.length === 0 && this.#close(closer, closeKind)) return;
      this.#token(open, opened, closer);
    }
    const unclosed = open.at(-1);
    if (unclosed) {
      const expected = CLOSERS[unclosed.text] as string;
      throw this.#error(unclosed.start, unclosed.end, `\`${unclosed.text}\` is never closed: expected \`${expected}\``);
    }
    this.#push("end", "", this.#end, this.#end);
  }

  #token(open: Token[], opened: Token | undefined, closer: string | undefined): void {
    const text = this.#text;
    const start = this.#at;
    let match: string | undefined;
    if ((match = take(FLOAT, text, start)) && text[start - 1] !== ".") return this.#push("float", match, start);
    if ((match = take(INTEGER, text, start))) return this.#push("integer", match, start);
    if ((match = take(NAME, text, start))) return this.#push("name", match, start);
    if ((match = take(STRING, text, start))) return this.#string(match, start, closer === this.#options.variableEnd);
    match = take(OPERATORS, text, start);
    if (!match) {
      const quote = text[start] === '"' || text[start] === "'";
      throw this.#error(
        start,
        start + 1,
        quote
          ? "this string is never closed"
          : `unexpected character \`${String.fromCodePoint(text.codePointAt(start) ?? 0)}\``,
        quote ? undefined : meantBy(text.slice(start, start + 2)),
      );
    }
    this.#push("operator", match, start);
    if (Object.hasOwn(CLOSERS, match)) {
      open.push(this.#tokens.at(-1) as Token);
    } else if (match === ")" || match === "]" || match === "}") {
      const opener = open.pop();
      if (!opener && closer !== undefined && match === "}" && opened) {
        throw this.#error(start, start + 1, `unexpected \`}\`, expected \`${closer}\``);
      }
      if (!opener) throw this.#error(start, start + 1, `unexpected \`${match}\``);
      const expected = CLOSERS[opener.text] as string;
      if (expected !== match) throw this.#error(start, start + 1, `unexpected \`${match}\`, expected \`${expected}\``);
    }
  }

  #close(closer: string, kind: TokenKind): boolean {
    const text = this.#text;
    const start = this.#at;
    const sign = text[start] === "-" || (text[start] === "+" && kind === "block-end") ? (text[start] as string) : "";
    if (!text.startsWith(closer, start + sign.length)) {
      if (sign === "" || !text.startsWith(closer, start)) return false;
    }
    const bare = text.startsWith(closer, start) && !(sign && text.startsWith(closer, start + 1));
    const end = start + (bare ? 0 : sign.length) + closer.length;
    this.#push(kind, "", start, end);
    this.#at = this.#afterTag(end, bare ? "" : sign, kind === "block-end");
    return true;
  }

  #afterTag(end: number, sign: string, isBlock: boolean): number {
    if (sign === "-") return Math.min(skip(WHITESPACE, this.#text, end), this.#end);
    if (sign === "" && isBlock && this.#options.trimBlocks) return Math.min(skipNewline(this.#text, end), this.#end);
    return end;
  }

  #comment(start: number): void {
    const { commentEnd } = this.#options;
    const close = this.#text.indexOf(commentEnd, this.#at);
    if (close === -1 || close >= this.#end) {
      throw this.#error(start, this.#at, `this comment is never closed: expected \`${commentEnd}\``);
    }
    const before = this.#text[close - 1];
    const sign = close > this.#at && (before === "-" || before === "+") ? before : "";
    this.#at = this.#afterTag(close + commentEnd.length, sign, true);
  }

  /** `{% raw %}…{% endraw %}`: true when it was one and its text was taken. */
  #raw(start: number): boolean {
    const { blockStart, blockEnd, trimBlocks } = this.#options;
    const begin = new RegExp(`\\s*raw\\s*(?:-${escape(blockEnd)}\\s*|${escape(blockEnd)})`, "y");
    const head = take(begin, this.#text, this.#at);
    if (head === undefined) return false;
    const bodyStart = this.#at + head.length;
    const trim = trimBlocks ? "(?:\\r\\n|\\r|\\n)?" : "";
    const stop = escape(blockEnd);
    const close = new RegExp(
      `${escape(blockStart)}([-+]?)\\s*endraw\\s*(?:\\+${stop}|-${stop}\\s*|${stop}${trim})`,
      "g",
    );
    close.lastIndex = bodyStart;
    const match = close.exec(this.#text);
    if (!match) throw this.#error(start, this.#at, "`raw` is never closed: expected `endraw`");
    let bodyEnd = match.index;
    if (match[1] === "-") while (bodyEnd > bodyStart && isSpace(this.#text, bodyEnd - 1)) bodyEnd--;
    else if (match[1] !== "+" && this.#options.lstripBlocks) bodyEnd = Math.max(bodyStart, this.#lineStart(bodyEnd));
    this.#pushText(bodyStart, bodyEnd);
    this.#at = Math.min(match.index + match[0].length, this.#end);
    return true;
  }

  /** Start of the line when only blanks stand before `at`, else `at`. */
  #lineStart(at: number): number {
    let start = at;
    while (start > 0 && this.#text[start - 1] !== "\n" && isSpace(this.#text, start - 1)) start--;
    return start === 0 || this.#text[start - 1] === "\n" ? Math.max(start, Math.min(this.#at, at)) : at;
  }

  #string(literal: string, start: number, inVariable: boolean): void {
    const body = literal.slice(1, -1).replace(/\r\n?/g, "\n");
    const value = inVariable && this.#options.literalBackslashes ? body : this.#unescape(body, start);
    this.#push("string", value, start, start + literal.length);
    this.#at = start + literal.length;
  }

  #unescape(body: string, start: number): string {
    if (!body.includes("\\")) return body;
    return body.replace(
      /\\(?:\n|x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{1,3})|([xuUN])|([\s\S]))/g,
      (whole, x?: string, u?: string, long?: string, octal?: string, bad?: string, other?: string) => {
        if (bad)
          throw this.#error(start, start + body.length + 2, `\`\\${bad}\` in a string needs its hexadecimal digits`);
        const hex = x ?? u ?? long;
        if (hex !== undefined) return codePoint(Number.parseInt(hex, 16));
        if (octal !== undefined) return codePoint(Number.parseInt(octal, 8));
        if (other === undefined) return "";
        return Object.hasOwn(ESCAPES, other) ? (ESCAPES[other] as string) : whole;
      },
    );
  }

  #pushText(start: number, end: number): void {
    if (end <= start) return;
    const text = this.#text.slice(start, end);
    const { newlineSequence } = this.#options;
    const normal =
      text.includes("\r") || newlineSequence !== "\n" ? text.replace(/\r\n|\r|\n/g, newlineSequence) : text;
    this.#push("text", normal, start, end);
  }

  #push(kind: TokenKind, text: string, start: number, end?: number): void {
    this.#tokens.push({ kind, text, start, end: end ?? start + text.length });
    if (end === undefined) this.#at = start + text.length;
  }

  #error(start: number, end: number, message: string, hint?: string): TsrunError {
    return new TsrunError({ code: "E_TEMPLATE_SYNTAX", message, at: this.#located.range({ start, end }), hint });
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\x07",
  b: "\b",
  f: "\f",
  v: "\v",
};

function codePoint(value: number): string {
  return value <= 0x10ffff ? String.fromCodePoint(value) : "\ufffd";
}

function openerPattern(options: Delimiters): RegExp {
  const starts = [options.blockStart, options.variableStart, options.commentStart];
  // The longest first, so that `<%=` wins over `<%`.
  const choices = starts.sort((a, b) => b.length - a.length).map(escape);
  return new RegExp(`(${choices.join("|")})([-+]?)`, "g");
}

function withoutTrailingNewline(text: string, keep: boolean): number {
  if (keep) return text.length;
  if (text.endsWith("\r\n")) return text.length - 2;
  return /[\r\n]$/.test(text) ? text.length - 1 : text.length;
}

function take(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

function skip(pattern: RegExp, text: string, at: number): number {
  return at + (take(pattern, text, at)?.length ?? 0);
}

function skipNewline(text: string, at: number): number {
  if (text.startsWith("\r\n", at)) return at + 2;
  return text[at] === "\n" || text[at] === "\r" ? at + 1 : at;
}

function isSpace(text: string, at: number): boolean {
  return /\s/.test(text[at] as string);
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
