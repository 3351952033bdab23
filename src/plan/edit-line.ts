import { expandReplacement, translateRegex } from "../lib/python-regex.ts";

/** Which line lineinfile keeps, and where; with Ansible's words. */
export interface LineEdit {
  readonly line: string;
  readonly regexp?: string | undefined;
  readonly search_string?: string | undefined;
  readonly insertafter?: string | undefined;
  readonly insertbefore?: string | undefined;
  readonly backrefs: boolean;
  readonly firstmatch: boolean;
}

export interface EditedText {
  readonly text: string;
  /** Empty when nothing changed. */
  readonly msg: string;
}

/** A text with one line present, found and placed exactly as Ansible's lineinfile does. */
export function ensureLine(text: string, edit: LineEdit): EditedText {
  const lines = splitLines(text);
  const { line, firstmatch } = edit;
  const insertAfter = edit.insertafter ?? (edit.insertbefore === undefined ? "EOF" : undefined);
  const { insertbefore: insertBefore } = edit;
  const anchor =
    insertAfter !== undefined && insertAfter !== "BOF" && insertAfter !== "EOF"
      ? insertAfter
      : insertBefore !== "BOF"
        ? insertBefore
        : undefined;
  const anchorRegex = anchor === undefined ? undefined : translateRegex(anchor, "");

  const found = findLine(lines, edit);
  let at = found?.index ?? -1;
  let insertAt = -1;
  let isExact = false;
  if (!found) {
    for (const [index, present] of lines.entries()) {
      if (present.replace(/[\r\n]+$/, "") === line) {
        at = index;
        isExact = true;
      } else if (anchorRegex?.regex.test(present)) {
        insertAt = insertAfter ? index + 1 : index;
        if (firstmatch) break;
      }
    }
  }

  if (at !== -1) {
    const expanded = edit.backrefs && found?.match ? expandReplacement(line, found.match, found.names) : line;
    const wanted = expanded.endsWith("\n") ? expanded : `${expanded}\n`;
    // An exact line anywhere counts as present, whatever insertafter says.
    if (isExact && lines[at] === wanted) return unchanged(text);
    return lines[at] === wanted ? unchanged(text) : changed(lines.with(at, wanted), "line replaced");
  }
  if (edit.backrefs) return unchanged(text);
  if (insertBefore === "BOF" || insertAfter === "BOF") return changed([`${line}\n`, ...lines], "line added");
  if (insertAfter === "EOF" || insertAt === -1) {
    const isOpen = lines.length > 0 && !/[\r\n]$/.test(lines.at(-1) ?? "");
    return changed([...lines, ...(isOpen ? ["\n"] : []), `${line}\n`], "line added");
  }
  const next = lines[insertAt === lines.length ? insertAt - 1 : insertAt] ?? "";
  if (insertAfter && next.replace(/[\r\n]+$/, "") === line) return unchanged(text);
  if (insertAfter && insertAt === lines.length) {
    // Ansible would join the two when the last line lacks its break.
    const isOpen = !/[\r\n]$/.test(lines.at(-1) ?? "");
    return changed([...lines, ...(isOpen ? ["\n"] : []), `${line}\n`], "line added");
  }
  return changed(lines.toSpliced(insertAt, 0, `${line}\n`), "line added");
}

/** A text without the lines that match, and how many there were. */
export function removeLines(
  text: string,
  edit: {
    readonly line?: string | undefined;
    readonly regexp?: string | undefined;
    readonly search_string?: string | undefined;
  },
): EditedText & { readonly found: number } {
  const lines = splitLines(text);
  const regex = edit.regexp === undefined ? undefined : translateRegex(edit.regexp, "").regex;
  const kept = lines.filter((present) => {
    if (regex) return !regex.test(present);
    if (edit.search_string !== undefined) return !present.includes(edit.search_string);
    return present.replace(/[\r\n]+$/, "") !== edit.line;
  });
  const found = lines.length - kept.length;
  return { text: kept.join(""), found, msg: found > 0 ? `${found} line(s) removed` : "" };
}

interface FoundLine {
  readonly index: number;
  readonly match: readonly (string | undefined)[] | undefined;
  readonly names: ReadonlyMap<string, number>;
}

/** The last line that matches, or the first. */
function findLine(lines: readonly string[], { regexp, search_string, firstmatch }: LineEdit): FoundLine | undefined {
  const python = regexp === undefined ? undefined : translateRegex(regexp, "");
  let found: FoundLine | undefined;
  for (const [index, present] of lines.entries()) {
    const match = python?.regex.exec(present) ?? undefined;
    if (!match && !(search_string !== undefined && present.includes(search_string))) continue;
    found = { index, match, names: python?.groupNames ?? new Map() };
    if (firstmatch) break;
  }
  return found;
}

/** As Python's readlines: each with its line break. */
export function splitLines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function changed(lines: readonly string[], msg: string): EditedText {
  return { text: lines.join(""), msg };
}

function unchanged(text: string): EditedText {
  return { text, msg: "" };
}
