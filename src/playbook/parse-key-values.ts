import { type ArgWord, splitArgs } from "./split-args.ts";

/** A piece of the line that was parsed, with the offset where it starts in it. */
export interface LinePart {
  readonly text: string;
  /** Offset in the line of each character of the text; exact unless quotes or escapes were removed before it. */
  readonly mapOffset: (offset: number) => number;
}

export interface KeyValue {
  readonly key: string;
  readonly keyStart: number;
  readonly value: LinePart;
  readonly end: number;
}

export interface ArgLine {
  readonly pairs: readonly KeyValue[];
  /** What is no `key=value`, in order and with its blanks. */
  readonly rest: LinePart | undefined;
}

/** Keys that `command`, `shell`, `raw` and `script` take out of their text; every other `=` belongs to the command. */
const COMMAND_KEYS: ReadonlySet<string> = new Set([
  "creates",
  "removes",
  "chdir",
  "executable",
  "warn",
  "stdin",
  "stdin_add_newline",
  "strip_empty_ends",
]);

/** `src=a dest="b c" rest` as Ansible's `parse_kv` reads it. Undefined when a quote or a brace stays open. */
export function parseKeyValues(line: string, options: { readonly isCommand: boolean }): ArgLine | undefined {
  const words = splitArgs(line);
  if (words === undefined) return undefined;
  const pairs: KeyValue[] = [];
  const rest: ArgWord[] = [];
  for (const word of words) {
    const equals = findEquals(word.text);
    const key = equals === undefined ? "" : word.text.slice(0, equals).trim();
    if (equals === undefined || (options.isCommand && !COMMAND_KEYS.has(key))) {
      rest.push(word);
      continue;
    }
    const valueStart = word.start + equals + 1;
    pairs.push({ key, keyStart: word.start, value: readValue(word.text.slice(equals + 1), valueStart), end: word.end });
  }
  return { pairs, rest: rest.length === 0 ? undefined : joinWords(line, rest, options.isCommand) };
}

function findEquals(word: string): number | undefined {
  for (let at = word.indexOf("=", 1); at > 0; at = word.indexOf("=", at + 1)) {
    if (word[at - 1] !== "\\") return at;
  }
  return undefined;
}

const ESCAPE = /\\(?:U[0-9a-fA-F]{8}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[\\'"abfnrtv])/g;

function readValue(written: string, start: number): LinePart {
  const decoded = written.replace(ESCAPE, decodeEscape);
  const quoted = /^(["'])([^]*)\1$/.exec(decoded);
  const text = quoted ? (quoted[2] as string) : decoded;
  const shift = quoted ? 1 : 0;
  if (decoded === written) return { text, mapOffset: (offset) => start + shift + offset };
  return { text, mapOffset: (offset) => start + Math.min(offset + shift, written.length) };
}

const LETTERS: Readonly<Record<string, string>> = { a: "\x07", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" };

function decodeEscape(escape: string): string {
  const letter = escape[1] as string;
  if ("Uux".includes(letter)) return String.fromCodePoint(Number.parseInt(escape.slice(2), 16));
  return LETTERS[letter] ?? letter;
}

/** Words that followed each other keep the blanks between them; where a pair was taken out, one space is left. */
function joinWords(line: string, words: readonly ArgWord[], isCommand: boolean): LinePart {
  const pieces: { text: string; at: number }[] = [];
  for (const [index, word] of words.entries()) {
    const before = words[index - 1];
    if (before) {
      const between = line.slice(before.end, word.start);
      if (between.trim() === "") pieces.push({ text: between, at: before.end });
      else pieces.push({ text: " ", at: before.end });
    }
    pieces.push({ text: isCommand ? word.text : word.text.replaceAll("\\=", "="), at: word.start });
  }
  const last = words.at(-1) as ArgWord;
  const tail = line.slice(last.end);
  if (tail.trim() === "" && tail.includes("\n")) pieces.push({ text: tail, at: last.end });
  return {
    text: pieces.map((piece) => piece.text).join(""),
    mapOffset: (offset) => {
      let from = 0;
      for (const piece of pieces) {
        if (offset < from + piece.text.length) return piece.at + (offset - from);
        from += piece.text.length;
      }
      return last.end;
    },
  };
}
