import { formatLocation, lineText, positionAt, type SourceRange } from "../lib/source.ts";

/**
 * The lines of an error that show the place:
 *
 *       ──▶ roles/consul/tasks/main.yaml:31:7
 *        │
 *     31 │       stat: started
 *        │       ^^^^  did you mean `state`?
 *
 * Long lines are clipped around the marked place; control characters are made visible, so that a hostile file cannot
 * drive the terminal.
 */
export function codeFrame(range: SourceRange, note?: string, options: { readonly width?: number } = {}): string {
  const { line, column } = positionAt(range.source, range.start);
  const text = lineText(range.source, line);
  const from = column - 1;
  const lineEnd = range.start - from + text.length;
  const to = Math.max(from, Math.min(range.end, lineEnd) - range.start + from);
  const clipped = clip(text, from, to, options.width ?? 100);
  const gutter = String(line).length;
  const indent = " ".repeat(gutter);
  const marks = " ".repeat(displayWidth(clipped.before)) + "^".repeat(Math.max(1, displayWidth(clipped.marked)));
  return [
    `${indent}──▶ ${formatLocation(range)}`,
    `${indent} │`,
    `${line} │ ${clipped.before}${clipped.marked}${clipped.after}`.trimEnd(),
    `${indent} │ ${marks}${note ? `  ${note}` : ""}`,
  ].join("\n");
}

function clip(
  text: string,
  from: number,
  to: number,
  width: number,
): { before: string; marked: string; after: string } {
  let before = visible(text.slice(0, from));
  let marked = visible(text.slice(from, to));
  let after = visible(text.slice(to));
  if (marked.length > width) {
    marked = `${marked.slice(0, width - 1)}…`;
    after = "";
  }
  const room = Math.max(width - marked.length, 20);
  if (before.length + after.length > room) {
    const beforeRoom = Math.max(room - after.length, Math.floor(room / 2));
    if (before.length > beforeRoom) before = `…${before.slice(before.length - beforeRoom + 1)}`;
    const afterRoom = room - before.length;
    if (after.length > afterRoom) after = `${after.slice(0, Math.max(afterRoom - 1, 0))}…`;
  }
  return { before, marked, after };
}

function visible(text: string): string {
  return text.replaceAll("\t", "    ").replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "·");
}

/** Columns on a terminal: East Asian wide characters and emoji take two, combining marks none. */
function displayWidth(text: string): number {
  let width = 0;
  for (const char of text) {
    if (/\p{M}/u.test(char)) continue;
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u.test(
        char,
      )
        ? 2
        : 1;
  }
  return width;
}
