import type { SourceRange } from "./source.ts";

/** Stable codes: documented in docs/errors.md with cause and fix; never renamed. */
export type ErrorCode = `E_${string}`;

export interface ErrorDetails {
  readonly code: ErrorCode;
  /** Lower case, names in backticks, "expected X, got Y". */
  readonly message: string;
  readonly at?: SourceRange | undefined;
  /** One thing to do about it, pasteable where that is possible. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/** The one error type that users see. Built where the fact is known, rendered by `report/render-error.ts`. */
export class TsrunError extends Error {
  readonly code: ErrorCode;
  readonly at: SourceRange | undefined;
  readonly hint: string | undefined;

  constructor(details: ErrorDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "TsrunError";
    this.code = details.code;
    this.at = details.at;
    this.hint = details.hint;
  }
}

/** Several independent errors found in one pass over the project, in source order. */
export class TsrunErrors extends Error {
  readonly errors: readonly TsrunError[];

  constructor(errors: readonly TsrunError[]) {
    super(errors.map((error) => error.message).join("\n"));
    this.name = "TsrunErrors";
    this.errors = errors;
  }
}

/** The errors in what was thrown; throws it on when it is something else. */
export function errorsOf(thrown: unknown): readonly TsrunError[] {
  if (thrown instanceof TsrunErrors) return thrown.errors;
  if (thrown instanceof TsrunError) return [thrown];
  throw thrown;
}

/** Throws them as one, if there are any. */
export function throwAll(errors: readonly TsrunError[]): void {
  if (errors.length > 1) throw new TsrunErrors(errors);
  if (errors[0]) throw errors[0];
}

/** Message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
