import { type ErrorCode, TsrunError } from "../lib/errors.ts";
import type { Span } from "./ast.ts";
import type { Located } from "./syntax.ts";

/** An error of evaluation. The node that was being evaluated adds the position: see {@link locate}. */
export function templateError(message: string, hint?: string, code: ErrorCode = "E_TEMPLATE"): TsrunError {
  return new TsrunError({ code, message, hint });
}

/** Gives an error the position of a node, unless it already has a more exact one. Never returns. */
export function locate(error: unknown, located: Located, span: Span): never {
  if (error instanceof TsrunError) {
    if (error.at) throw error;
    const { code, message, hint, cause } = error;
    throw new TsrunError({ code, message, hint, cause, at: located.range(span) });
  }
  if (error instanceof RangeError && /call stack/i.test(error.message)) {
    throw new TsrunError({
      code: "E_TEMPLATE",
      message: "the template calls itself without end, or its values are nested too deeply",
      at: located.range(span),
      cause: error,
    });
  }
  if (error instanceof RangeError) {
    throw new TsrunError({
      code: "E_TEMPLATE",
      message: `result is too large: ${error.message}`,
      at: located.range(span),
      cause: error,
    });
  }
  throw error;
}
