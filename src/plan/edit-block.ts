import { translateRegex } from "../lib/python-regex.ts";
import type { EditedText } from "./edit-line.ts";

/** A block of lines between two markers, with blockinfile's words. */
export interface BlockEdit {
  /** Empty: the block should go. */
  readonly block: string;
  readonly marker: string;
  readonly marker_begin: string;
  readonly marker_end: string;
  readonly insertafter?: string | undefined;
  readonly insertbefore?: string | undefined;
  readonly prepend_newline?: boolean | undefined;
  readonly append_newline?: boolean | undefined;
}

/** A text with the block between its markers, placed exactly as Ansible's blockinfile does. `text` undefined: there is no file. */
export function ensureBlock(text: string | undefined, edit: BlockEdit): EditedText {
  const lines = splitAnyLines(text ?? "");
  const begin = `${edit.marker.replaceAll("{mark}", edit.marker_begin)}\n`;
  const end = `${edit.marker.replaceAll("{mark}", edit.marker_end)}\n`;
  const block =
    edit.block === "" ? [] : [begin, ...splitAnyLines(edit.block.endsWith("\n") ? edit.block : `${edit.block}\n`), end];
  const [first, last] = [lines.lastIndexOf(begin), lines.lastIndexOf(end)];
  let at: number;
  if (first === -1 || last === -1) at = placeOf(text ?? "", lines, edit);
  else {
    at = Math.min(first, last);
    lines.splice(at, Math.abs(last - first) + 1);
  }
  const before = lines[at - 1];
  if (before !== undefined && !before.endsWith("\n")) lines[at - 1] = `${before}\n`;
  const isApart = at === 0 || lines[at - 1] === "\n" || !edit.prepend_newline || block.length === 0;
  const isFollowedApart = at === lines.length || lines[at] === "\n" || !edit.append_newline || block.length === 0;
  const inserted = [...(isApart ? [] : ["\n"]), ...block, ...(isFollowedApart ? [] : ["\n"])];
  const result = lines.toSpliced(at, 0, ...inserted).join("");
  if (text === undefined) return { text: result, msg: "File created" };
  return { text: result, msg: result === text ? "" : block.length === 0 ? "Block removed" : "Block inserted" };
}

/** Number of the line before which a new block goes. */
function placeOf(text: string, lines: readonly string[], { insertafter, insertbefore }: BlockEdit): number {
  const after = insertafter ?? (insertbefore === undefined ? "EOF" : undefined);
  const pattern = after !== undefined && after !== "EOF" ? after : insertbefore !== "BOF" ? insertbefore : undefined;
  if (pattern === undefined) return insertbefore !== undefined ? 0 : lines.length;
  const { regex } = translateRegex(pattern, "");
  let found = -1;
  if (regex.multiline) {
    const match = regex.exec(text);
    if (match)
      found = text.slice(0, after !== undefined ? match.index + match[0].length : match.index).split("\n").length - 1;
  } else {
    found = lines.findLastIndex((line) => regex.test(line));
  }
  if (found === -1) return lines.length;
  return after !== undefined ? found + 1 : found;
}

/** As Python's splitlines for bytes: `\n`, `\r` and `\r\n` end a line. */
function splitAnyLines(text: string): string[] {
  return text.match(/[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+$/g) ?? [];
}
