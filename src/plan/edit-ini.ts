import type { EditedText } from "./edit-line.ts";
import { splitLines } from "./edit-line.ts";

/** What ini_file alters, with its words. */
export interface IniEdit {
  /** Undefined: options before the first section. */
  readonly section?: string | undefined;
  readonly option?: string | undefined;
  readonly values: readonly string[];
  readonly state: "present" | "absent";
  /** Other values of the option go. */
  readonly exclusive: boolean;
  readonly no_extra_spaces: boolean;
  readonly ignore_spaces?: boolean | undefined;
  /** False: commented lines are no options. */
  readonly modify_inactive_option?: boolean | undefined;
  readonly allow_no_value: boolean;
}

/** A text with an option in a section, or without it, exactly as community.general's ini_file does. */
export function editIni(text: string, edit: IniEdit): EditedText {
  const lines = splitLines(text.replace(/^\ufeff/, ""));
  let isChanged = false;
  let msg = "OK";
  if (lines.length === 0) lines.push("\n");
  const last = lines.at(-1) ?? "";
  if (!last.endsWith("\n")) {
    lines[lines.length - 1] = `${last}\n`;
    isChanged = true;
  }
  const { start, end, isFound } = findSection(lines, edit.section);
  const before = lines.slice(0, start);
  const after = lines.slice(end);
  let section = lines.slice(start, end);
  const values = [...new Set(edit.values)];
  if (isFound && edit.state === "present") {
    const edited = presentOption(section, edit, values);
    if (edited.msg !== "" || edited.lines.join("") !== section.join("")) {
      isChanged = true;
      msg = edited.msg || "option changed";
    }
    section = edited.lines;
  } else if (isFound) {
    const kept = absentOption(section, edit, values);
    if (kept.length !== section.length) {
      isChanged = true;
      msg = edit.option === undefined ? "section removed" : "option changed";
    }
    section = kept;
  }
  let result = [...before, ...section, ...after];
  if (!isFound && edit.state === "present") {
    const added =
      edit.option === undefined
        ? []
        : values.length > 0
          ? values.map((value) => assignment(edit, value))
          : edit.allow_no_value
            ? [`${edit.option}\n`]
            : [];
    result = [...result, `[${edit.section}]\n`, ...added];
    msg = added.length > 0 ? "section and option added" : "only section added";
    isChanged = true;
  }
  return { text: isChanged ? result.join("") : text, msg };
}

interface FoundSection {
  readonly start: number;
  readonly end: number;
  readonly isFound: boolean;
}

/** A section reaches to the next line that starts with a bracket. Without a name it is what comes before the first. */
function findSection(lines: readonly string[], name: string | undefined): FoundSection {
  const next = (from: number) => {
    const at = lines.findIndex((line, index) => index >= from && line.startsWith("["));
    return at === -1 ? lines.length : at;
  };
  if (name === undefined || name === "") return { start: 0, end: next(0), isFound: true };
  const starts = lines.flatMap((line, index) => (line.startsWith(`[${name}]`) ? [index] : []));
  const [first] = starts;
  if (first === undefined) return { start: 0, end: 0, isFound: false };
  // Sections of the same name that follow each other count as one, and the last of them is edited.
  let start = first;
  while (lines[next(start + 1)]?.startsWith(`[${name}]`)) start = next(start + 1);
  return { start, end: next(start + 1), isFound: true };
}

function presentOption(
  lines: readonly string[],
  edit: IniEdit,
  values: string[],
): { readonly lines: string[]; readonly msg: string } {
  const { option, exclusive, allow_no_value, modify_inactive_option: withComments = true } = edit;
  const section = lines.map((text) => ({ text, isSet: false }));
  // The heading is no option; options before the first section have none.
  const isHeading = (index: number) => index === 0 && (lines[0]?.startsWith("[") ?? false);
  let msg = "";
  let hasNoValue = false;
  const set = (line: { text: string; isSet: boolean }, text: string) => {
    line.isSet = true;
    if (line.text === text || (edit.ignore_spaces && option !== undefined && isSameValue(option, line.text, text)))
      return;
    msg = "option changed";
    line.text = text;
  };
  if (option !== undefined) {
    for (const [index, line] of section.entries()) {
      if (isHeading(index)) continue;
      const value = optionValue(option, line.text, withComments);
      if (value === undefined) continue;
      if (values.includes(value)) {
        if (value === "" && allow_no_value) {
          set(line, `${option}\n`);
          hasNoValue = true;
        } else set(line, assignment(edit, value));
        values.splice(values.indexOf(value), 1);
      } else if (values.length === 0 && allow_no_value) {
        set(line, `${option}\n`);
        hasNoValue = true;
        break;
      }
    }
    if (exclusive && !allow_no_value) {
      for (const [index, line] of section.entries()) {
        if (values.length === 0) break;
        if (!isHeading(index) && !line.isSet && optionValue(option, line.text, withComments) !== undefined)
          set(line, assignment(edit, values.shift() as string));
      }
      for (let index = section.length - 1; index >= 0; index--) {
        const line = section[index];
        if (!line || isHeading(index) || line.isSet || optionValue(option, line.text, withComments) === undefined)
          continue;
        section.splice(index, 1);
        msg = "option changed";
      }
    }
  }
  const added =
    option === undefined
      ? []
      : values.length > 0
        ? values.map((value) => assignment(edit, value))
        : allow_no_value && !hasNoValue
          ? [`${option}\n`]
          : [];
  const texts = section.map((line) => line.text);
  if (added.length === 0) return { lines: texts, msg };
  // After the last line that is neither blank nor a comment; a heading counts.
  const at = texts.findLastIndex((text) => !/^[ \t]*([#;].*)?$/.test(text.replace(/\n$/, ""))) + 1;
  return { lines: texts.toSpliced(at, 0, ...added), msg: "option added" };
}

function absentOption(lines: readonly string[], { option, exclusive }: IniEdit, values: readonly string[]): string[] {
  if (option === undefined) return [];
  return lines.filter((line) => {
    const value = optionValue(option, line, false);
    return value === undefined || !(exclusive || values.includes(value));
  });
}

/** The value that a line gives an option; undefined for another line. Commented lines count where an option is to be set. */
function optionValue(option: string, line: string, withComments: boolean): string | undefined {
  const escaped = option.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
  const match = new RegExp(`^${withComments ? "[#;]?" : ""}[ \\t]*${escaped}[ \\t]*(?:=|$)[ \\t]*([^\\n]*)`).exec(
    line.replace(/\n$/, ""),
  );
  return match?.[1];
}

/** Whether two lines differ by blanks only. A commented one sets nothing. */
function isSameValue(option: string, line: string, other: string): boolean {
  const value = optionValue(option, line, false);
  return value !== undefined && value === optionValue(option, other, false);
}

function assignment({ option, no_extra_spaces }: IniEdit, value: string): string {
  return no_extra_spaces ? `${option}=${value}\n` : `${option} = ${value}\n`;
}
