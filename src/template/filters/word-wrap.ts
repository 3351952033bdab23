import { splitLines } from "../methods/string.ts";
import { characters, textLength } from "../values.ts";

/** Jinja2's `wordwrap`: Python's `textwrap`, paragraph by paragraph. */
export function wordWrap(text: string, width: number, breakLong: boolean, newline: string, hyphens: boolean): string {
  return splitLines(text)
    .map((line) => wrapLine(line, width, breakLong, hyphens).join(newline))
    .join(newline);
}

function wrapLine(line: string, width: number, breakLong: boolean, hyphens: boolean): string[] {
  const chunks = chunksOf(line, hyphens).reverse();
  const lines: string[] = [];
  while (chunks.length > 0) {
    const current: string[] = [];
    let length = 0;
    if (lines.length > 0 && chunks.at(-1)?.trim() === "") chunks.pop();
    while (chunks.length > 0) {
      const size = textLength(chunks.at(-1) as string);
      if (length + size > width) break;
      current.push(chunks.pop() as string);
      length += size;
    }
    const next = chunks.at(-1);
    if (next !== undefined && textLength(next) > width) {
      if (breakLong) {
        const space = Math.max(1, width - length);
        const parts = characters(next);
        current.push(parts.slice(0, space).join(""));
        chunks[chunks.length - 1] = parts.slice(space).join("");
      } else if (current.length === 0) current.push(chunks.pop() as string);
    }
    if (current.at(-1)?.trim() === "") current.pop();
    if (current.length > 0) lines.push(current.join(""));
  }
  return lines;
}

/** Words, the blanks between them, and the parts of hyphenated words. */
function chunksOf(line: string, hyphens: boolean): string[] {
  const pieces = line.split(/(\s+)/).filter((piece) => piece !== "");
  if (!hyphens) return pieces;
  return pieces.flatMap((piece) =>
    /\s/.test(piece) ? [piece] : piece.split(/(?<=[\p{L}\p{N}_!"'&.,?][\p{L}_]-+)(?=[\p{L}\p{N}_])/u),
  );
}
