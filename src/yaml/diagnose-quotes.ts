import { positionAt } from "../lib/source.ts";
import type { TsrunError } from "../lib/errors.ts";
import { type Diagnosis, type Failure, problem, quote } from "./diagnosis.ts";

/** Quotes and brackets that are open too long, and what follows them. */
export const quoteDiagnoses: readonly Diagnosis[] = [unclosedToken, runawayQuote, badEscape, textAfterQuote];

export function unclosedToken({ source, regions, offset }: Failure): TsrunError | undefined {
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
