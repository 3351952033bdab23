/**
 * YAML 1.1 (and PyYAML, hence every Ansible repository) lets quoted text and flow collections continue at any
 * indentation; js-yaml follows YAML 1.2 and wants them indented:
 *
 *     packages: [
 *       curl,
 *     ]                 # "deficient indentation" for js-yaml
 *
 * This scan finds where quoted text and flow collections span lines. It knows just enough of the block structure not to
 * be fooled by quotes and brackets inside plain text, comments and block scalars.
 */
export interface FlowRegion {
  readonly kind: '"' | "'" | "[" | "{";
  readonly start: number;
  readonly end: number;
  /** False when the file ends before the closing quote or bracket. */
  readonly isClosed: boolean;
  /** Start and end of the comments inside. */
  readonly comments: readonly (readonly [number, number])[];
}

/** Quoted texts and outermost flow collections of a file, in order. */
export function findFlowRegions(text: string): FlowRegion[] {
  const regions: FlowRegion[] = [];
  let at = 0;
  while (at < text.length) at = scanBlockLine(text, at, regions);
  return regions;
}

/** The same text, same length, with line breaks and comments inside flow regions blanked out. Undefined when none is. */
export function joinFlowLines(text: string, regions: readonly FlowRegion[]): string | undefined {
  let joined = "";
  let from = 0;
  for (const region of regions) {
    const inner = text.slice(region.start, region.end);
    if (!region.isClosed || !/[\r\n]/.test(inner)) continue;
    joined += text.slice(from, region.start) + blankBreaks(text, region);
    from = region.end;
  }
  return from === 0 ? undefined : joined + text.slice(from);
}

/** Reads one line in block context, and further ones as long as something started on it goes on. Returns where it stopped. */
function scanBlockLine(text: string, lineStart: number, regions: FlowRegion[]): number {
  let at = lineStart;
  // A line without a key goes on with the text above it; what follows at its own indentation does so too.
  let entryColumn = skipBlanks(text, lineStart) - lineStart - 1;
  if (/^(?:---|\.\.\.)(?=\s|$)/.test(text.slice(lineStart, lineStart + 4))) at += 3;
  for (;;) {
    at = skipBlanks(text, at);
    const char = text[at];
    if (char === undefined || char === "\n" || char === "\r") return nextLine(text, at);
    if (char === "#") return nextLine(text, at);
    if ("-?:".includes(char) && isBlankOrBreak(text[at + 1])) {
      entryColumn = at - lineStart;
      at++;
    } else if (char === "&" || char === "!" || char === "*") {
      while (!isBlankOrBreak(text[at])) at++;
    } else if (char === '"' || char === "'" || char === "[" || char === "{") {
      const region = char === '"' || char === "'" ? scanQuoted(text, at, char) : scanFlow(text, at, char);
      regions.push(region);
      const after = skipBlanks(text, region.end);
      if (text[after] !== ":" || !isBlankOrBreak(text[after + 1])) return nextLine(text, region.end);
      entryColumn = at - lineStart;
      at = after + 1;
    } else if ((char === "|" || char === ">") && BLOCK_HEADER.test(text.slice(at, lineEnd(text, at)))) {
      return skipDeeper(text, nextLine(text, at), entryColumn);
    } else {
      const keyEnd = findKeyEnd(text, at);
      if (keyEnd === undefined) return skipDeeper(text, nextLine(text, at), entryColumn);
      entryColumn = at - lineStart;
      at = keyEnd;
    }
  }
}

const BLOCK_HEADER = /^[|>][-+0-9]*[ \t]*(?:#.*)?$/;

/** Offset after the `:` that makes the plain text at `at` a key. */
function findKeyEnd(text: string, at: number): number | undefined {
  const end = lineEnd(text, at);
  for (let index = at; index < end; index++) {
    if (text[index] === ":" && isBlankOrBreak(text[index + 1])) return index + 1;
    if (text[index] === "#" && isBlankOrBreak(text[index - 1])) return undefined;
  }
  return undefined;
}

function scanQuoted(text: string, start: number, quote: '"' | "'"): FlowRegion {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === "\\" && quote === '"') at++;
    else if (text[at] === quote && quote === "'" && text[at + 1] === "'") at++;
    else if (text[at] === quote) return { kind: quote, start, end: at + 1, isClosed: true, comments: [] };
  }
  return { kind: quote, start, end: text.length, isClosed: false, comments: [] };
}

function scanFlow(text: string, start: number, kind: "[" | "{"): FlowRegion {
  const comments: [number, number][] = [];
  let depth = 0;
  let atTokenStart = true;
  for (let at = start; at < text.length; at++) {
    const char = text[at] as string;
    if (char === "[" || char === "{") depth++;
    else if ((char === "]" || char === "}") && --depth === 0)
      return { kind, start, end: at + 1, isClosed: true, comments };
    else if ((char === '"' || char === "'") && atTokenStart) {
      const quoted = scanQuoted(text, at, char);
      if (!quoted.isClosed) break;
      at = quoted.end - 1;
    } else if (char === "#" && isBlankOrBreak(text[at - 1])) {
      comments.push([at, lineEnd(text, at)]);
      at = lineEnd(text, at) - 1;
      continue;
    }
    if (!isBlankOrBreak(char)) atTokenStart = "[{,:?".includes(char);
  }
  return { kind, start, end: text.length, isClosed: false, comments };
}

function blankBreaks(text: string, region: FlowRegion): string {
  let blanked = "";
  let from = region.start;
  // A comment ends at the line break, so it has to go with it.
  for (const [start, end] of region.comments) {
    blanked += text.slice(from, start) + " ".repeat(end - start);
    from = end;
  }
  return (blanked + text.slice(from, region.end)).replace(/[\r\n]/g, " ");
}

/** Skips blank lines and lines indented deeper than `column`: block scalars and continued plain text. */
function skipDeeper(text: string, from: number, column: number): number {
  let at = from;
  while (at < text.length) {
    const content = skipBlanks(text, at);
    const isBlankLine = content >= text.length || text[content] === "\n" || text[content] === "\r";
    if (!isBlankLine && content - at <= column) return at;
    at = nextLine(text, content);
  }
  return at;
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (text[at] === " " || text[at] === "\t") at++;
  return at;
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end < 0 ? text.length : end;
}

function nextLine(text: string, from: number): number {
  return Math.min(lineEnd(text, from) + 1, text.length);
}

function isBlankOrBreak(char: string | undefined): boolean {
  return char === undefined || char === " " || char === "\t" || char === "\n" || char === "\r";
}
