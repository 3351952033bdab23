import { TsrunError } from "../lib/errors.ts";
import type { SourceFile, SourceRange } from "../lib/source.ts";
import type { Environment, Scope } from "../template/environment.ts";
import { evaluateExpression, evaluateTemplate, type Expression, type Template } from "../template/evaluate.ts";
import { hasTemplate, parseExpression, parseTemplate } from "../template/parse.ts";

/** Where a template text stands, so that an error in it points at the file it was written in. */
export interface TextOrigin {
  /** Turns an offset in the text into a range of the file; undefined when the text was made at run time. */
  readonly locate: (start: number, end: number) => SourceRange | undefined;
}

/**
 * Parses every distinct template text of a run once. Texts are cached by content alone; an error's position is moved to the
 * place where that text stands.
 */
export class Templater {
  readonly environment: Environment;
  readonly #templates = new Map<string, Template | undefined>();
  readonly #expressions = new Map<string, Expression>();

  constructor(environment: Environment) {
    this.environment = environment;
  }

  /** Native value of a text with templates in it; the text itself when it has none. */
  evaluateText(text: string, scope: Scope, origin?: TextOrigin): unknown {
    const template = this.#template(text, origin);
    return template === undefined ? text : atOrigin(origin, () => evaluateTemplate(template, scope, this.environment));
  }

  /** Value of an expression that is written without braces. */
  evaluateExpression(text: string, scope: Scope, origin?: TextOrigin): unknown {
    const expression = this.expression(text, origin);
    return atOrigin(origin, () => evaluateExpression(expression, scope, this.environment));
  }

  /** The parsed expression; throws with its position when it cannot be parsed. */
  expression(text: string, origin?: TextOrigin): Expression {
    const known = this.#expressions.get(text);
    if (known) return known;
    const expression = atOrigin(origin, () => parseExpression(sourceOf(text), this.environment));
    this.#expressions.set(text, expression);
    return expression;
  }

  /** True when the text is more than itself. */
  isTemplate(text: string): boolean {
    return hasTemplate(text);
  }

  /** The parsed template, or undefined for plain text. */
  parse(text: string, origin?: TextOrigin): Template | undefined {
    return this.#template(text, origin);
  }

  #template(text: string, origin: TextOrigin | undefined): Template | undefined {
    if (!hasTemplate(text)) return undefined;
    const known = this.#templates.get(text);
    if (known) return known;
    const template = atOrigin(origin, () => parseTemplate(sourceOf(text), this.environment));
    this.#templates.set(text, template);
    return template;
  }
}

const inlinePath = "<template>";

function sourceOf(text: string): SourceFile {
  return { path: inlinePath, text };
}

/** Runs `action`; an error that points into an inline text is made to point into the file where that text stands. */
export function atOrigin<T>(origin: TextOrigin | undefined, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw relocate(error, origin);
  }
}

function relocate(error: unknown, origin: TextOrigin | undefined): unknown {
  if (!(error instanceof TsrunError) || !origin) return error;
  if (error.at !== undefined && error.at.source.path !== inlinePath) return error;
  const at = error.at ? origin.locate(error.at.start, error.at.end) : origin.locate(0, 0);
  if (!at) return error;
  return new TsrunError({ code: error.code, message: error.message, at, hint: error.hint, cause: error.cause });
}
