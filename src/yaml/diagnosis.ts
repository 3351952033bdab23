import { TsrunError } from "../lib/errors.ts";
import { lineText, positionAt, type SourceFile, type SourceRange } from "../lib/source.ts";
import type { FlowRegion } from "./flow-regions.ts";

/** What js-yaml noticed, and where. */
export interface Failure {
  readonly source: SourceFile;
  readonly offset: number;
  readonly reason: string;
  readonly regions: readonly FlowRegion[];
  readonly line: string;
  readonly lineStart: number;
}

/** Explains a failure, or leaves it to the next one. */
export type Diagnosis = (failure: Failure) => TsrunError | undefined;

export function lineAround(source: SourceFile, offset: number): { line: string; lineStart: number } {
  const { line, column } = positionAt(source, offset);
  return { line: lineText(source, line), lineStart: offset - column + 1 };
}

/** A value as it would have to be quoted. */
export function quote(value: string): string {
  return value.includes('"') ? `'${value.replaceAll("'", "''")}'` : `"${value}"`;
}

export function problem(source: SourceFile, start: number, end: number, message: string, hint?: string): TsrunError {
  const at: SourceRange = { source, start, end: Math.max(start, Math.min(end, source.text.length)) };
  return new TsrunError({ code: "E_YAML_SYNTAX", message, at, hint: hint || undefined });
}
