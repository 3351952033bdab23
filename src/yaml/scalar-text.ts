import { CHOMPING_MODE, SCALAR_STYLE, type ScalarEvent } from "js-yaml";

/**
 * What a scalar says, piece by piece, so that an offset in the value leads back to the offset in the file. Decoded here
 * and not by js-yaml because templates stand inside scalars, and their errors must point at the exact column.
 */
export interface ScalarText {
  readonly text: string;
  /** Source offset of a value offset; the end of the value maps to the end of its last piece. */
  readonly mapOffset: (offset: number) => number;
}

interface Piece {
  readonly text: string;
  /** Source offset of the piece's first character. */
  readonly at: number;
  /** Verbatim pieces map character by character; others (escapes, folded breaks) stand for one place in the source. */
  readonly verbatim: boolean;
}

/** Text of a scalar event. */
export function scalarText(source: string, event: ScalarEvent): string {
  if (event.valueStart < 0) return "";
  if (event.fast) {
    const text = source.slice(event.valueStart, event.valueEnd);
    // Where lines were joined for the parser (`flow-regions.ts`), it took a text over several lines for a simple one.
    if (!text.includes("\n") && !text.includes("\r")) return text;
  }
  return decode(source, event)
    .map((piece) => piece.text)
    .join("");
}

/** Text of a scalar event with the way back to its source. */
export function scalarTextWithMap(source: string, event: ScalarEvent): ScalarText {
  const pieces = event.valueStart < 0 ? [] : decode(source, event);
  return { text: pieces.map((piece) => piece.text).join(""), mapOffset: (offset) => mapThrough(pieces, offset, event) };
}

function mapThrough(pieces: readonly Piece[], offset: number, event: ScalarEvent): number {
  let valueAt = 0;
  let end = event.valueStart;
  for (const piece of pieces) {
    if (offset < valueAt + piece.text.length) return piece.verbatim ? piece.at + (offset - valueAt) : piece.at;
    valueAt += piece.text.length;
    end = piece.verbatim ? piece.at + piece.text.length : piece.at + 1;
  }
  return end;
}

function decode(source: string, event: ScalarEvent): Piece[] {
  const { valueStart: start, valueEnd: end } = event;
  switch (event.style) {
    case SCALAR_STYLE.SINGLE_QUOTED:
      return decodeFlow(source, start, end, "'");
    case SCALAR_STYLE.DOUBLE_QUOTED:
      return decodeFlow(source, start, end, "\\");
    case SCALAR_STYLE.LITERAL_BLOCK:
    case SCALAR_STYLE.FOLDED_BLOCK:
      return decodeBlock(source, event);
    case SCALAR_STYLE.PLAIN:
      return decodeFlow(source, start, end, "");
  }
}

/** Plain and quoted scalars: line breaks fold, `escape` is the one character that needs decoding. */
function decodeFlow(source: string, start: number, end: number, escape: "" | "'" | "\\"): Piece[] {
  const pieces: Piece[] = [];
  const special = escape === "" ? /[\r\n]/g : escape === "'" ? /['\r\n]/g : /[\\\r\n]/g;
  let from = start;
  for (;;) {
    special.lastIndex = from;
    const found = special.exec(source);
    const at = found === null || found.index >= end ? end : found.index;
    if (at === end) {
      if (from < end) pieces.push(verbatim(source, from, end));
      return pieces;
    }
    if (found?.[0] === "'") {
      pieces.push(verbatim(source, from, at + 1));
      from = at + 2;
    } else if (found?.[0] === "\\") {
      if (from < at) pieces.push(verbatim(source, from, at));
      const { piece, next } = decodeEscape(source, at, end);
      if (piece) pieces.push(piece);
      from = next;
    } else {
      // White space before a break is dropped, but never white space that an escape produced.
      let trimmed = at;
      while (trimmed > from && isBlank(source.charCodeAt(trimmed - 1))) trimmed--;
      if (from < trimmed) pieces.push(verbatim(source, from, trimmed));
      const { breaks, next } = skipBreaks(source, at, end);
      pieces.push({ text: breaks === 1 ? " " : "\n".repeat(breaks - 1), at, verbatim: false });
      from = next;
    }
  }
}

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  "0": "\0",
  a: "\x07",
  b: "\b",
  t: "\t",
  "\t": "\t",
  n: "\n",
  v: "\v",
  f: "\f",
  r: "\r",
  e: "\x1b",
  " ": " ",
  '"': '"',
  "/": "/",
  "\\": "\\",
  N: "\x85",
  _: "\xa0",
  L: "\u2028",
  P: "\u2029",
};

function decodeEscape(source: string, at: number, end: number): { piece?: Piece; next: number } {
  const letter = source[at + 1] as string;
  if (letter === "\n" || letter === "\r") {
    const { breaks, next } = skipBreaks(source, at + 1, end);
    return breaks > 1 ? { piece: { text: "\n".repeat(breaks - 1), at, verbatim: false }, next } : { next };
  }
  const hexLength = letter === "x" ? 2 : letter === "u" ? 4 : letter === "U" ? 8 : 0;
  if (hexLength === 0) {
    return { piece: { text: SIMPLE_ESCAPES[letter] ?? letter, at, verbatim: false }, next: at + 2 };
  }
  const code = Number.parseInt(source.slice(at + 2, at + 2 + hexLength), 16);
  const text = code > 0x10ffff ? "\ufffd" : String.fromCodePoint(code);
  return { piece: { text, at, verbatim: false }, next: at + 2 + hexLength };
}

function skipBreaks(source: string, from: number, end: number): { breaks: number; next: number } {
  let breaks = 0;
  let at = from;
  for (; at < end; at++) {
    const unit = source.charCodeAt(at);
    if (unit === LF || (unit === CR && source.charCodeAt(at + 1) !== LF)) breaks++;
    else if (unit !== CR && !isBlank(unit)) break;
  }
  return { breaks, next: at };
}

/** Literal and folded blocks, YAML 1.2 section 8.1. */
function decodeBlock(source: string, event: ScalarEvent): Piece[] {
  const pieces: Piece[] = [];
  const folded = event.style === SCALAR_STYLE.FOLDED_BLOCK;
  let hasContent = false;
  let emptyLines = 0;
  let wasMoreIndented = false;
  let breakAt = event.valueStart;
  const emit = (text: string): void => {
    if (text !== "") pieces.push({ text, at: breakAt, verbatim: false });
  };
  for (let at = event.valueStart; at < event.valueEnd; ) {
    const lineEnd = endOfLine(source, at, event.valueEnd);
    let textAt = at;
    while (textAt < lineEnd && textAt - at < event.indent && source.charCodeAt(textAt) === SPACE) textAt++;
    if (event.indent < 0 || textAt === lineEnd) {
      emptyLines++;
    } else {
      const moreIndented = folded && isBlank(source.charCodeAt(textAt));
      if (!folded || moreIndented || wasMoreIndented) emit("\n".repeat(hasContent ? emptyLines + 1 : emptyLines));
      else if (emptyLines > 0) emit("\n".repeat(emptyLines));
      else if (hasContent) emit(" ");
      wasMoreIndented = moreIndented;
      pieces.push(verbatim(source, textAt, lineEnd));
      breakAt = lineEnd;
      hasContent = true;
      emptyLines = 0;
    }
    at = lineEnd + (source.startsWith("\r\n", lineEnd) ? 2 : 1);
  }
  if (event.chomping === CHOMPING_MODE.KEEP) emit("\n".repeat(hasContent ? emptyLines + 1 : emptyLines));
  // PyYAML invents no line break for a last line that ends with the file.
  else if (event.chomping !== CHOMPING_MODE.STRIP && hasContent && breakAt < source.length) emit("\n");
  return pieces;
}

const LF = 10;
const CR = 13;
const SPACE = 32;

function endOfLine(source: string, from: number, end: number): number {
  for (let at = from; at < end; at++) {
    const unit = source.charCodeAt(at);
    if (unit === LF || unit === CR) return at;
  }
  return end;
}

function verbatim(source: string, from: number, to: number): Piece {
  return { text: source.slice(from, to), at: from, verbatim: true };
}

function isBlank(unit: number): boolean {
  return unit === SPACE || unit === 9;
}
