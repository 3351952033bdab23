import { TsrunError } from "../lib/errors.ts";
import type { ExpressionNode } from "./ast.ts";
import { Callable } from "./callable.ts";
import { compileExpression, type Evaluator } from "./compile-expression.ts";
import type { Environment, Scope } from "./environment.ts";
import type { Expression } from "./expression.ts";
import { finalize, isPlainPath } from "./finalize.ts";
import { Frame } from "./frame.ts";
import { joinParts, joinText } from "./parts.ts";
import { engine, runModule } from "./run-template.ts";
import type { Located } from "./syntax.ts";
import type { Template } from "./template.ts";
import { locate } from "./template-error.ts";
import { Undefined } from "./undefined.ts";

export type { Expression } from "./expression.ts";
export type { Template } from "./template.ts";

/** Text of a `.j2` file. Throws `TsrunError`, `E_UNDEFINED` for undefined variables. */
export function renderTemplate(template: Template, scope: Scope, env: Environment): string {
  return guarded(template, () => keepNewlines(template, joinText(runModule(template, scope, env).parts)));
}

/**
 * Value of a playbook's text: native when the template is exactly one `{{ expression }}`, else text. As in Ansible 2.19, text is
 * never parsed as a list or number again, and a template without output is none.
 */
export function evaluateTemplate(template: Template, scope: Scope, env: Environment): unknown {
  return guarded(template, () => {
    const value = evaluateNatively(template, scope, env);
    return typeof value === "string" ? keepNewlines(template, value) : value;
  });
}

/** `{{ x }}` alone, which most templates are, needs no output and no variables of its own. */
function evaluateNatively(template: Template, scope: Scope, env: Environment): unknown {
  const only = template.body.length === 1 ? template.body[0] : undefined;
  if (only?.kind !== "output") return finalize(joinParts(runModule(template, scope, env).parts, null));
  const value = evaluatorOf(only.value, template.located)(new Frame(engine, scope, env, { template }));
  return finalizeResult(only.value, value);
}

function finalizeResult(node: ExpressionNode, value: unknown): unknown {
  const isData = isPlainPath(node) && !(value instanceof Undefined) && !(value instanceof Callable);
  return isData ? value : finalize(value);
}

/** Value of a bare expression. Undefined results raise. */
export function evaluateExpression(expression: Expression, scope: Scope, env: Environment): unknown {
  const value = evaluateLazily(expression, scope, env);
  if (typeof value !== "object" || value === null) return value;
  try {
    return finalizeResult(expression.node, value);
  } catch (error) {
    return locate(error, expression.located, expression.node);
  }
}

/** The same, but an undefined result is returned as an {@link Undefined}, for callers that test or replace it. */
export function evaluateLazily(expression: Expression, scope: Scope, env: Environment): unknown {
  try {
    return evaluatorOf(expression.node, expression.located)(new Frame(engine, scope, env));
  } catch (error) {
    return locate(error, expression.located, expression.node);
  }
}

const evaluators = new WeakMap<ExpressionNode, Evaluator>();

function evaluatorOf(node: ExpressionNode, located: Located): Evaluator {
  let evaluator = evaluators.get(node);
  if (!evaluator) {
    evaluator = compileExpression(node, located);
    evaluators.set(node, evaluator);
  }
  return evaluator;
}

function guarded<T>(template: Template, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof TsrunError && error.at) throw error;
    return locate(error, template.located, { start: 0, end: template.located.text.length });
  }
}

/** Jinja2 drops the line breaks at a template's end; Ansible puts as many back as the source had. */
function keepNewlines(template: Template, text: string): string {
  const missing = newlinesAtEnd(template.located.text) - newlinesAtEnd(text);
  return missing > 0 ? text + template.delimiters.newlineSequence.repeat(missing) : text;
}

function newlinesAtEnd(text: string): number {
  let at = text.length;
  while (at > 0 && text[at - 1] === "\n") at--;
  return text.length - at;
}
