import { TsrunError, TsrunErrors } from "../../src/lib/errors.ts";
import { positionAt, type SourceRange } from "../../src/lib/source.ts";

/** What a function reports, one `line:column code message | hint` for each problem. */
export function problemsOf(action: () => unknown): string[] {
  try {
    action();
  } catch (thrown) {
    if (thrown instanceof TsrunErrors) return thrown.errors.map(describeError);
    if (thrown instanceof TsrunError) return [describeError(thrown)];
    throw thrown;
  }
  return [];
}

/** The text that a range covers. */
export function textAt(range: SourceRange | undefined): string | undefined {
  return range?.source.text.slice(range.start, range.end);
}

function describeError({ at, code, message, hint }: TsrunError): string {
  const position = at && positionAt(at.source, at.start);
  return `${position ? `${position.line}:${position.column}` : "nowhere"} ${code} ${message}${hint ? ` | ${hint}` : ""}`;
}
