import { TsrunError } from "../lib/errors.ts";
import type { SourceRange } from "../lib/source.ts";
import type { Span } from "./ast.ts";
import type { Located } from "./syntax.ts";

export interface UndefinedDetails {
  /** What was written, as far as it is known: `groups.webservers.foo`. */
  readonly path?: string | undefined;
  readonly message?: string | undefined;
  readonly hint?: string | (() => string | undefined) | undefined;
  readonly located?: Located | undefined;
  readonly span?: Span | undefined;
  /** Jinja2's plain undefined, not the strict one: prints as nothing and counts as false. */
  readonly isLenient?: boolean | undefined;
  /** The error that a lazy variable ended with: raised as it is. */
  readonly error?: TsrunError | undefined;
}

/**
 * The value of a name, attribute or key that does not exist. It may be asked whether it is defined, given a default and
 * be chained (`a.b.c | default(1)`); every other use raises `E_UNDEFINED`.
 */
export class Undefined {
  readonly #details: UndefinedDetails;

  constructor(details: UndefinedDetails = {}) {
    this.#details = details;
  }

  /** For scopes: a lazy variable whose own template ended in an undefined variable. */
  static fromError(error: TsrunError): Undefined {
    return new Undefined({ error });
  }

  get path(): string | undefined {
    return this.#details.path;
  }

  get isLenient(): boolean {
    return this.#details.isLenient === true;
  }

  get hint(): string | undefined {
    const { hint } = this.#details;
    return typeof hint === "function" ? hint() : hint;
  }

  get at(): SourceRange | undefined {
    const { located, span, error } = this.#details;
    return located && span ? located.range(span) : error?.at;
  }

  /** The error that using this value raises. */
  toError(): TsrunError {
    const { error, path, message } = this.#details;
    if (error) return error;
    return new TsrunError({
      code: "E_UNDEFINED",
      message: message ?? (path === undefined ? "value is undefined" : `\`${path}\` is undefined`),
      hint: this.hint,
      at: this.at,
    });
  }
}

/** Raises when the value is undefined; for every place that needs a real value. */
export function requireDefined(value: unknown): unknown {
  if (value instanceof Undefined) throw value.toError();
  return value;
}
