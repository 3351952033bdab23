import type { TsrunError } from "../lib/errors.ts";
import { lineText, positionAt, type SourceFile } from "../lib/source.ts";
import { type Diagnosis, type Failure, lineAround, problem } from "./diagnosis.ts";

/** Blanks that are missing, too many, or tabs. */
export const indentationDiagnoses: readonly Diagnosis[] = [missingSpace, wrongIndentation];

export function tabInIndentation({ source, reason, lineStart, line }: Failure): TsrunError | undefined {
  const tab = /^ *(\t+)/.exec(line);
  if (!tab || !/tab characters|indentation|bad|expected/.test(reason)) return undefined;
  const start = lineStart + tab[0].length - (tab[1] as string).length;
  return problem(
    source,
    start,
    start + (tab[1] as string).length,
    "expected spaces as indentation, got a tab",
    "replace the tab by spaces",
  );
}

/** `key:value` and `-item` are plain text; the parser only stumbles over what follows. */
function missingSpace({ source, lineStart, line }: Failure): TsrunError | undefined {
  const own = missingSpaceIn(source, lineStart, line);
  if (own || lineStart === 0) return own;
  const before = lineAround(source, lineStart - 1);
  return missingSpaceIn(source, before.lineStart, before.line);
}

function missingSpaceIn(source: SourceFile, lineStart: number, line: string): TsrunError | undefined {
  const key = /^\s*(?:- +)*([\w.-]+:)[^\s:/\\]/.exec(line);
  if (key) {
    const at = lineStart + key[0].length - 1;
    return problem(
      source,
      at - 1,
      at,
      `expected a space after \`${key[1]}\``,
      `write \`${key[1]} ${line.slice(at - lineStart).trim()}\``,
    );
  }
  const dash = /^(\s*)-([^\s-].*)$/.exec(line);
  if (!dash) return undefined;
  const at = lineStart + (dash[1] as string).length;
  return problem(source, at, at + 1, "expected a space after `-`", `write \`- ${dash[2]}\``);
}

function wrongIndentation({ source, offset, reason, line, lineStart }: Failure): TsrunError | undefined {
  const indent = line.length - line.trimStart().length;
  if (!/indentation|multiline key|document separator|':' after/.test(reason)) return undefined;
  const inline = /^(\s*(?:- +)*[^\s'"#][^'"#]*?: +)(- .*)$/.exec(line);
  if (inline) {
    const start = lineStart + (inline[1] as string).length;
    return problem(
      source,
      start,
      start + 1,
      "a list cannot start on the line of its key",
      `put \`${inline[2]}\` on the next line`,
    );
  }
  const isEntry = /^\s*(?:- |-$|[^\s#][^#]*?:(?:\s|$))/.test(line);
  if (!isEntry) {
    const end = lineStart + line.trimEnd().length;
    return problem(source, lineStart + indent, end, `expected \`key: value\` or \`- item\`, got \`${line.trim()}\``);
  }
  const openIndents = enclosingIndents(source, positionAt(source, offset).line, indent);
  const expected = openIndents.map(({ indent: spaces, line: at }) => `${spaces} (as line ${at})`).join(" or ");
  return problem(
    source,
    lineStart,
    lineStart + Math.max(indent, 1),
    `this line is indented by ${indent} ${indent === 1 ? "space" : "spaces"}, which fits nothing above it`,
    expected && `expected ${expected}`,
  );
}

/** Indentations at which a new entry may start on `line`, nearest first: those of the blocks still open there. */
function enclosingIndents(source: SourceFile, line: number, indent: number): { indent: number; line: number }[] {
  const found: { indent: number; line: number }[] = [];
  for (let above = line - 1; above > 0 && found.length < 2; above--) {
    const text = lineText(source, above);
    if (!text.trim() || text.trim().startsWith("#")) continue;
    const spaces = text.length - text.trimStart().length;
    const afterDash = /^\s*(?:- +)+/.exec(text)?.[0].length;
    for (const candidate of [afterDash, spaces]) {
      if (candidate === undefined || candidate === indent) continue;
      if (found.every((known) => candidate < known.indent)) found.push({ indent: candidate, line: above });
    }
    if (spaces === 0) break;
  }
  return found;
}
