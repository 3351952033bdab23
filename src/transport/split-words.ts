import { TsrunError } from "../lib/errors.ts";

/** Splits a command line into words as a POSIX shell does, without expansions. Throws `E_QUOTE` when a quote stays open. */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === "\\") {
      word = (word ?? "") + (text[++at] ?? "");
    } else if (character === "'" || character === '"') {
      const end = closingQuote(text, at);
      const inside = text.slice(at + 1, end);
      word = (word ?? "") + (character === '"' ? inside.replaceAll(/\\(["\\$`])/g, "$1") : inside);
      at = end;
    } else {
      word = (word ?? "") + character;
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}

function closingQuote(text: string, start: number): number {
  const quote = text[start];
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === "\\" && quote === '"') at++;
    else if (text[at] === quote) return at;
  }
  throw new TsrunError({
    code: "E_QUOTE",
    message: `the quote ${quote} at column ${start + 1} of \`${text}\` is not closed`,
  });
}
