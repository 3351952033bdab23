import type { YAMLException } from "js-yaml";
import { TsrunError } from "../lib/errors.ts";
import type { SourceFile } from "../lib/source.ts";
import { indentationDiagnoses, tabInIndentation } from "./diagnose-indentation.ts";
import { quoteDiagnoses, unclosedToken } from "./diagnose-quotes.ts";
import { type Diagnosis, type Failure, lineAround, problem, quote } from "./diagnosis.ts";
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
  return bareCondition(line, value) ?? `quote the template: ${quote(value)}`;
}

/** In order: the first that has an explanation wins. */
const DIAGNOSES: readonly Diagnosis[] = [
  tabInIndentation,
  ...quoteDiagnoses,
  nonPrintable,
  unquotedTemplate,
  reservedStart,
  colonInValue,
  ...indentationDiagnoses,
];

function tooDeep({ source, reason, offset }: Failure): TsrunError | undefined {
  if (!reason.startsWith("nesting exceeded")) return undefined;
  return new TsrunError({
    code: "E_YAML_TOO_DEEP",
    message: "expected at most 100 levels of nesting, got more",
    at: { source, start: offset, end: offset + 1 },
  });
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

function unquotedTemplate({ source, line, lineStart, offset }: Failure): TsrunError | undefined {
  const match = /(?:^|[\s:-])\s*(\{[{%].*)$/.exec(line.slice(0, offset - lineStart) + line.slice(offset - lineStart));
  if (!match || !/^\s*(?:- +)*(?:[^'"#{]*?: +)?\{[{%]/.test(line)) return undefined;
  const start = lineStart + line.indexOf("{");
  const value = line
    .slice(line.indexOf("{"))
    .replace(/\s+#.*$/, "")
    .trim();
  return problem(
    source,
    start,
    lineStart + line.trimEnd().length,
    "a value that starts with `{` is read as a mapping",
    bareCondition(line, value) ?? `quote it: ${quote(value)}`,
  );
}

/** `when: {{ a }} == 1` as it should be: a condition is an expression already. */
function bareCondition(line: string, value: string): string | undefined {
  const key = /^\s*(?:- +)*(when|until|changed_when|failed_when): /.exec(line)?.[1];
  return key && `a condition takes no braces: ${key}: ${value.replace(/\{\{\s*|\s*\}\}/g, "")}`;
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
