/** One word of an argument line: a slice of the text. */
export interface ArgWord {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Splits an argument line at blanks outside of quotes and template braces, as Ansible does (`parsing/splitter.py`): quotes stay, a
 * backslash at the end of a line joins lines. Undefined when a quote or a brace stays open.
 *
 *     splitArgs(`name={{ a b }} msg="x y"`)  // name={{ a b }}, msg="x y"
 */
export function splitArgs(text: string): readonly ArgWord[] | undefined {
  const words: { start: number; end: number }[] = [];
  const depths = { "{{": 0, "{%": 0, "{#": 0 };
  let quote: string | undefined;
  for (const token of text.matchAll(/[^ \n]+/g)) {
    const start = token.index;
    const end = start + token[0].length;
    const wasOpen = quote !== undefined || isInside(depths);
    if (token[0] === "\\" && quote === undefined) continue;
    quote = quoteAfter(token[0], quote);
    for (const [open, close] of BRACES) {
      depths[open] = Math.max(0, depths[open] + count(token[0], open) - count(token[0], close));
    }
    const last = words.at(-1);
    if (wasOpen && last) last.end = end;
    else words.push({ start, end });
  }
  if (quote !== undefined || isInside(depths)) return undefined;
  return words.map(({ start, end }) => ({ text: text.slice(start, end), start, end }));
}

const BRACES = [
  ["{{", "}}"],
  ["{%", "%}"],
  ["{#", "#}"],
] as const;

function isInside(depths: Readonly<Record<string, number>>): boolean {
  return Object.values(depths).some((depth) => depth > 0);
}

function quoteAfter(token: string, before: string | undefined): string | undefined {
  let quote = before;
  for (let at = 0; at < token.length; at++) {
    const char = token[at] as string;
    if ((char !== '"' && char !== "'") || token[at - 1] === "\\") continue;
    if (quote === char) quote = undefined;
    else quote ??= char;
  }
  return quote;
}

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}
