import { structuredPatch } from "diff";
import type { DiffText } from "../run/events.ts";
import type { Paint } from "./colors.ts";
import { escapeControls, escapeLine } from "./escape-controls.ts";

/** A unified diff as `--diff` prints it, with Ansible's headers, ending with an empty line; "" when nothing differs. */
export function diffText(diff: DiffText, paint: Paint): string {
  if (diff.before === diff.after) return "";
  // Two long texts without anything in common would take minutes to compare.
  const patch = structuredPatch("", "", diff.before, diff.after, undefined, undefined, {
    context: 3,
    maxEditLength: 20_000,
    timeout: 2_000,
  });
  const lines = [header("---", "before", diff.beforeHeader), header("+++", "after", diff.afterHeader)];
  if (patch === undefined) return `${lines.join("\n")}\ndiff skipped: too much differs\n\n`;
  if (patch.hunks.length === 0) return "";
  for (const hunk of patch.hunks) {
    const from = range(hunk.oldStart, hunk.oldLines);
    const to = range(hunk.newStart, hunk.newLines);
    lines.push(paint.hunk(`@@ -${from} +${to} @@`));
    for (const line of hunk.lines) lines.push(paintLine(line, paint));
  }
  return `${lines.join("\n")}\n\n`;
}

function header(mark: string, word: string, name: string): string {
  return `${mark} ${name === "" || name === word ? word : `${word}: ${escapeLine(name)}`}`;
}

/** As Python's difflib: a length of 1 is left out. */
function range(start: number, length: number): string {
  return length === 1 ? String(start) : `${length === 0 && start > 0 ? start - 1 : start},${length}`;
}

function paintLine(line: string, paint: Paint): string {
  const text = escapeControls(line);
  if (text.startsWith("+")) return paint.added(text);
  return text.startsWith("-") ? paint.removed(text) : text;
}
