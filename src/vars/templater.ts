import { TsrunError } from "../lib/errors.ts";
import type { SourceFile, SourceRange } from "../lib/source.ts";
import { checkPlugins } from "../template/check-plugins.ts";
import {
  type Condition,
  evaluateCondition,
  explainCondition,
  type FalseBecause,
  parseCondition,
} from "../template/condition.ts";
import type { Environment, Scope, TemplateWarning } from "../template/environment.ts";
import { evaluateExpression, evaluateTemplate, type Expression, type Template } from "../template/evaluate.ts";
import { Frame } from "../template/frame.ts";
import { runLookup } from "../template/lookup.ts";
import { parseExpression } from "../template/parse-expression.ts";
import { parseTemplate } from "../template/parse-template.ts";
import { engine } from "../template/run-template.ts";
import { isConstant } from "../template/syntax.ts";
import { Undefined } from "../template/undefined.ts";

/** Where a template text stands, so that an error in it points at the file it was written in. */
export interface TextOrigin {
  /** Turns a range of the text into a range of the file; undefined when the text was made at run time. */
  readonly locate: (start: number, end: number) => SourceRange | undefined;
}

/** Truth of a condition; `because` tells which part was false and what it saw. */
export interface ConditionResult {
  readonly value: boolean;
  readonly because?: string;
}

/**
 * Parses every distinct template text of a run once. Texts are cached by content alone; an error's position is moved to the
 * place where that text stands.
 */
export class Templater {
  readonly environment: Environment;
  readonly mergesMappings: boolean;
  readonly #keepsUndefined: boolean;
  /** The environment with warnings that say where the text of the moment stands. */
  readonly #located: Environment;
  #origin: TextOrigin | undefined;
  readonly #templates = new Map<string, Template>();
  readonly #expressions = new Map<string, Expression>();
  readonly #conditions = new Map<string, Condition>();

  /**
   * `mergesMappings`: the setting `hash_behaviour: merge`, which scopes heed. `keepsUndefined`: a text with an undefined variable stays as it is
   * written (`error_on_undefined_vars: false`).
   */
  constructor(
    environment: Environment,
    options: { readonly mergesMappings?: boolean; readonly keepsUndefined?: boolean } = {},
  ) {
    this.environment = environment;
    this.#located = { ...environment, warn: (warning) => environment.warn?.(moved(warning, this.#origin)) };
    this.mergesMappings = options.mergesMappings ?? false;
    this.#keepsUndefined = options.keepsUndefined ?? false;
  }

  /** Native value of a text with templates in it; the text itself when it has none. */
  evaluateText(text: string, scope: Scope, origin?: TextOrigin): unknown {
    const template = this.parse(text, origin);
    if (template === undefined) return text;
    const evaluate = (): unknown => this.#at(origin, () => evaluateTemplate(template, scope, this.#located));
    return this.#keepsUndefined ? unlessUndefined(text, evaluate) : evaluate();
  }

  /** Value of an expression that is written without braces. */
  evaluateExpression(text: string, scope: Scope, origin?: TextOrigin): unknown {
    const expression = this.expression(text, origin);
    return this.#at(origin, () => evaluateExpression(expression, scope, this.#located));
  }

  /** Truth of a condition (`when`, `until`, `that`). */
  evaluateCondition(text: string, scope: Scope, origin?: TextOrigin): ConditionResult {
    const condition = this.condition(text, origin);
    const { value, falseBecause } = this.#at(origin, () => evaluateCondition(condition, scope, this.#located));
    return value || !falseBecause ? { value } : { value, because: withValues(falseBecause) };
  }

  /** A condition that is known to evaluate, with the values it sees. */
  describeCondition(text: string, scope: Scope): string {
    return withValues(explainCondition(this.condition(text), scope, this.environment));
  }

  /** Runs a lookup by name over a list of terms: the list that `with_<name>` loops over. */
  query(name: string, terms: readonly unknown[], scope: Scope): readonly unknown[] {
    const frame = new Frame(engine, scope, this.environment);
    return runLookup(frame, [name, ...terms], new Map(), true) as readonly unknown[];
  }

  /** True when the text is more than itself. */
  isTemplate(text: string): boolean {
    return !isConstant(text);
  }

  /** The parsed template, or undefined for plain text. Throws with its position when it cannot be parsed. */
  parse(text: string, origin?: TextOrigin): Template | undefined {
    if (isConstant(text)) return undefined;
    return this.#cached(this.#templates, text, origin, () =>
      // YAML has already unescaped the scalar, so a backslash in a literal is one.
      parseTemplate(sourceOf(text), { literalBackslashes: true, allowHeader: false }),
    );
  }

  /** The parsed expression; throws with its position when it cannot be parsed. */
  expression(text: string, origin?: TextOrigin): Expression {
    return this.#cached(this.#expressions, text, origin, () => parseExpression(sourceOf(text)));
  }

  /** The parsed condition; throws with its position when it cannot be parsed. */
  condition(text: string, origin?: TextOrigin): Condition {
    const known = this.#conditions.get(text);
    if (known) return known;
    const condition = atOrigin(origin, () => {
      const parsed = parseCondition(sourceOf(text));
      const [error] = checkPlugins(parsed.expression, this.environment);
      if (error) throw error;
      return parsed;
    });
    this.#conditions.set(text, condition);
    return condition;
  }

  /** Evaluates; what goes wrong and what is warned of points into the file where the text stands. */
  #at<T>(origin: TextOrigin | undefined, action: () => T): T {
    const outer = this.#origin;
    this.#origin = origin;
    try {
      return atOrigin(origin, action);
    } finally {
      this.#origin = outer;
    }
  }

  #cached<T extends Template | Expression>(
    cache: Map<string, T>,
    text: string,
    origin: TextOrigin | undefined,
    parse: () => T,
  ): T {
    const known = cache.get(text);
    if (known) return known;
    const parsed = atOrigin(origin, () => {
      const made = parse();
      const [error] = checkPlugins(made, this.environment);
      if (error) throw error;
      return made;
    });
    cache.set(text, parsed);
    return parsed;
  }
}

function unlessUndefined(text: string, evaluate: () => unknown): unknown {
  try {
    const value = evaluate();
    return value instanceof Undefined ? text : value;
  } catch (error) {
    if (error instanceof TsrunError && error.code === "E_UNDEFINED") return text;
    throw error;
  }
}

const inlinePath = "<template>";

function sourceOf(text: string): SourceFile {
  return { path: inlinePath, text };
}

/** Runs `action`; an error that points into an inline text is made to point into the file where that text stands. */
function atOrigin<T>(origin: TextOrigin | undefined, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw relocate(error, origin);
  }
}

function withValues({ text, values }: FalseBecause): string {
  const seen = [...values].map(([path, shown]) => `${path} is ${shown}`).join(", ");
  return `\`${text}\`${seen === "" ? "" : ` (${seen})`}`;
}

/** A warning about an inline text, pointing into the file where that text stands. */
function moved(warning: TemplateWarning, origin: TextOrigin | undefined): TemplateWarning {
  const { at } = warning;
  if (!at || at.source.path !== inlinePath) return warning;
  return { ...warning, at: origin?.locate(at.start, at.end) };
}

function relocate(error: unknown, origin: TextOrigin | undefined): unknown {
  if (!(error instanceof TsrunError) || !origin) return error;
  if (error.at !== undefined && error.at.source.path !== inlinePath) return error;
  const at = error.at ? origin.locate(error.at.start, error.at.end) : origin.locate(0, 0);
  if (!at) return error;
  return new TsrunError({ code: error.code, message: error.message, at, hint: error.hint, cause: error.cause });
}
