import type { YAMLException } from "js-yaml";
import { TsrunError } from "../lib/errors.ts";
import { lineText, positionAt, type SourceFile, type SourceRange } from "../lib/source.ts";
import type { FlowRegion } from "./flow-regions.ts";

/**
 * Says what is wrong instead of what the parser noticed: js-yaml calls most mistakes "bad indentation of a mapping
 * entry", and an open quote shows only at the next quote, lines later.
 */
export function syntaxError(exception: YAMLException, source: SourceFile, regions: readonly FlowRegion[]): TsrunError {
  const reported = Math.min(exception.mark?.position ?? 0, source.text.length);
  // The parser often notices a mistake only on the blank lines after it.
  const offset = lineAround(source, reported).line.trim()
    ? reported
    : Math.max(0, source.text.slice(0, reported).trimEnd().length - 1);
  const failure = { source, offset, reason: exception.reason, regions, ...lineAround(source, offset) };
  // Nobody wrote longer lines by hand, and patterns with several repetitions are slow on them.
  const diagnoses = failure.line.length > 2000 ? [unclosedToken] : DIAGNOSES;
  for (const diagnose of [tooDeep, ...diagnoses]) {
    const found = diagnose(failure);
    if (found) return found;
  }
  return problem(source, offset, offset + 1, exception.reason);
}

/** Hint for `key: {{ name }}`, which YAML reads as a mapping; undefined when no template starts at `offset`. */
export function unquotedTemplateHint(source: SourceFile, offset: number): string | undefined {
  const { line, lineStart } = lineAround(source, offset);
  const column = line.lastIndexOf("{{", offset - lineStart + 1);
  if (column < 0) return undefined;
  const value = line
    .slice(column)
    .replace(/\s+#.*$/, "")
    .trimEnd();
  return `quote the template: ${quote(value)}`;
}

interface Failure {
  readonly source: SourceFile;
  readonly offset: number;
  readonly reason: string;
  readonly regions: readonly FlowRegion[];
  readonly line: string;
  readonly lineStart: number;
}

type Diagnosis = (failure: Failure) => TsrunError | undefined;

const DIAGNOSES: readonly Diagnosis[] = [
  tabInIndentation,
  unclosedToken,
  runawayQuote,
  nonPrintable,
  badEscape,
  unquotedTemplate,
  reservedStart,
  textAfterQuote,
  colonInValue,
  missingSpace,
  wrongIndentation,
];

function tooDeep({ source, reason, offset }: Failure): TsrunError | undefined {
  if (!reason.startsWith("nesting exceeded")) return undefined;
  return new TsrunError({
    code: "E_YAML_TOO_DEEP",
    message: "expected at most 100 levels of nesting, got more",
    at: { source, start: offset, end: offset + 1 },
  });
}

function tabInIndentation({ source, reason, lineStart, line }: Failure): TsrunError | undefined {
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

function unclosedToken({ source, regions, offset }: Failure): TsrunError | undefined {
  const open = regions.find((region) => !region.isClosed);
  if (!open || offset < open.start) return undefined;
  const what = open.kind === '"' || open.kind === "'" ? "quote" : "bracket";
  const closing = { '"': '"', "'": "'", "[": "]", "{": "}" }[open.kind];
  return problem(
    source,
    open.start,
    open.start + 1,
    `${what} \`${open.kind}\` is never closed`,
    `add \`${closing}\` where the value ends`,
  );
}

/** A quote that was meant to end on its line swallows text up to the next quote; the error then shows far below. */
function runawayQuote({ source, regions, offset }: Failure): TsrunError | undefined {
  const errorLine = positionAt(source, offset).line;
  const region = regions.find(({ kind, start, end }) => {
    if (kind !== '"' && kind !== "'") return false;
    const endLine = positionAt(source, end).line;
    return start <= offset && endLine === errorLine && positionAt(source, start).line < endLine;
  });
  if (!region) return undefined;
  const { line, column } = positionAt(source, region.end - 1);
  return problem(
    source,
    region.start,
    region.start + 1,
    `quote \`${region.kind}\` is closed only on line ${line}, column ${column}, and more text follows there`,
    `add \`${region.kind}\` where the value ends`,
  );
}

function nonPrintable({ source, reason, offset }: Failure): TsrunError | undefined {
  if (!/non-printable|null byte|JSON character/.test(reason)) return undefined;
  const code = source.text.charCodeAt(offset).toString(16).toUpperCase().padStart(4, "0");
  return problem(
    source,
    offset,
    offset + 1,
    `character U+${code} cannot stand in YAML`,
    `write it as "\\u${code}" in double quotes`,
  );
}

function badEscape({ source, reason, offset }: Failure): TsrunError | undefined {
  if (!/escape sequence|hexadecimal/.test(reason)) return undefined;
  const start = source.text.lastIndexOf("\\", offset);
  return problem(
    source,
    start,
    offset + 1,
    `unknown escape \`${source.text.slice(start, offset + 1)}\` in double quotes`,
    "use single quotes, or write the backslash twice",
  );
}

function unquotedTemplate({ source, line, lineStart, offset }: Failure): TsrunError | undefined {
  const match = /(?:^|[\s:-])\s*(\{[{%].*)$/.exec(line.slice(0, offset - lineStart) + line.slice(offset - lineStart));
  if (!match || !/^\s*(?:- +)*(?:[^'"#{]*?: +)?\{[{%]/.test(line)) return undefined;
  const start = lineStart + line.indexOf("{");
  return problem(
    source,
    start,
    lineStart + line.trimEnd().length,
    "a value that starts with `{` is read as a mapping",
    `quote it: ${quote(
      line
        .slice(line.indexOf("{"))
        .replace(/\s+#.*$/, "")
        .trim(),
    )}`,
  );
}

function reservedStart({ source, line, lineStart }: Failure): TsrunError | undefined {
  const match = /^(\s*(?:- +)*(?:[^\s'"#][^'"#]*?: +)?)([@`%][^#]*?)\s*(?: #.*)?$/.exec(line);
  if (!match) return undefined;
  const start = lineStart + (match[1] as string).length;
  const value = match[2] as string;
  return problem(
    source,
    start,
    start + 1,
    `a plain value cannot start with \`${value[0]}\``,
    `quote it: ${quote(value)}`,
  );
}

function textAfterQuote({ source, regions, offset, line, lineStart }: Failure): TsrunError | undefined {
  const region = regions.find(({ kind, start, end }) => {
    return (
      (kind === '"' || kind === "'") && end <= offset && start >= lineStart && !source.text.slice(end, offset).trim()
    );
  });
  if (!region) return undefined;
  const rest = line
    .slice(region.start - lineStart)
    .replace(/\s+#.*$/, "")
    .trimEnd();
  if (line[region.end - lineStart] === "#") {
    return problem(source, region.end, region.end + 1, "expected a space before the comment", 'write `" #"`');
  }
  return problem(
    source,
    region.end,
    lineStart + line.trimEnd().length,
    "unexpected text after the closing quote",
    `quote the whole value: ${quote(rest)}`,
  );
}

function colonInValue({ source, line, lineStart }: Failure): TsrunError | undefined {
  const match = /^(\s*(?:- +)*[^\s'"#{[][^#]*?: +)([^'"|>{[#&*!\s].*?:)(?:\s.*)?$/.exec(line);
  if (!match) return undefined;
  const valueStart = (match[1] as string).length;
  const colon = lineStart + valueStart + (match[2] as string).length - 1;
  const value = line
    .slice(valueStart)
    .replace(/\s+#.*$/, "")
    .trimEnd();
  return problem(source, colon, colon + 1, "an unquoted value cannot contain `: `", `quote it: ${quote(value)}`);
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

function lineAround(source: SourceFile, offset: number): { line: string; lineStart: number } {
  const { line, column } = positionAt(source, offset);
  return { line: lineText(source, line), lineStart: offset - column + 1 };
}

function quote(value: string): string {
  return value.includes('"') ? `'${value.replaceAll("'", "''")}'` : `"${value}"`;
}

function problem(source: SourceFile, start: number, end: number, message: string, hint?: string): TsrunError {
  const at: SourceRange = { source, start, end: Math.max(start, Math.min(end, source.text.length)) };
  return new TsrunError({ code: "E_YAML_SYNTAX", message, at, hint: hint || undefined });
}
