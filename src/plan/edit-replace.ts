import { expandReplacement, translateRegex } from "../lib/python-regex.ts";
import type { EditedText } from "./edit-line.ts";

/** What the replace module alters, with its words. */
export interface Replacement {
  readonly regexp: string;
  readonly replace: string;
  readonly after?: string | undefined;
  readonly before?: string | undefined;
}

/** A text with all that a Python regular expression finds replaced, between `after` and `before` where they are given. */
export function replaceAll(text: string, edit: Replacement): EditedText {
  const section = findSection(text, edit);
  if (!section)
    return { text, msg: `Pattern for before/after params did not match the given file: ${sectionPattern(edit)}` };
  const { regex, groupNames } = translateRegex(edit.regexp, "m");
  const every = new RegExp(regex.source, `${regex.flags}g`);
  const old = text.slice(section.start, section.end);
  let count = 0;
  const altered = old.replace(every, (...found: unknown[]) => {
    count++;
    const groups = found.slice(
      0,
      found.findIndex((item) => typeof item === "number"),
    ) as (string | undefined)[];
    return expandReplacement(edit.replace, groups, groupNames);
  });
  if (count === 0 || altered === old) return { text, msg: "" };
  return { text: text.slice(0, section.start) + altered + text.slice(section.end), msg: `${count} replacements made` };
}

function findSection(text: string, edit: Replacement): { readonly start: number; readonly end: number } | undefined {
  const pattern = sectionPattern(edit);
  if (pattern === "") return { start: 0, end: text.length };
  const { regex, groupNames } = translateRegex(pattern, "s");
  const match = new RegExp(regex.source, `${regex.flags}d`).exec(text);
  const indices = match?.indices?.[groupNames.get("subsection") ?? 0];
  return indices && { start: indices[0], end: indices[1] };
}

function sectionPattern({ after, before }: Replacement): string {
  if (after && before) return `${after}(?P<subsection>.*?)${before}`;
  if (after) return `${after}(?P<subsection>.*)`;
  return before ? `(?P<subsection>.*)${before}` : "";
}
