import { expect } from "chai";
import { TsrunError } from "../../src/lib/errors.ts";
import { formatLocation } from "../../src/lib/source.ts";
import { createEnvironment } from "../../src/template/builtins.ts";
import { type Environment, scopeOf } from "../../src/template/environment.ts";
import { evaluateExpression, evaluateLazily, evaluateTemplate, renderTemplate } from "../../src/template/evaluate.ts";
import { parseExpression } from "../../src/template/parse-expression.ts";
import { parseTemplate } from "../../src/template/parse-template.ts";

export type Variables = Readonly<Record<string, unknown>>;

const shared = createEnvironment();

/** Value of an expression. */
export function evaluate(text: string, variables: Variables = {}, env: Environment = shared): unknown {
  return evaluateExpression(parseExpression({ path: "expression", text }), scopeOf(variables), env);
}

/** The same before it is handed on as data: tuples are still tuples. */
export function evaluateRaw(text: string, variables: Variables = {}, env: Environment = shared): unknown {
  return evaluateLazily(parseExpression({ path: "expression", text }), scopeOf(variables), env);
}

/** Text of a `.j2` file. */
export function render(text: string, variables: Variables = {}, env: Environment = shared): string {
  return renderTemplate(parseTemplate({ path: "test.j2", text }), scopeOf(variables), env);
}

/** Value of a playbook's text. */
export function evaluateText(text: string, variables: Variables = {}, env: Environment = shared): unknown {
  return evaluateTemplate(
    parseTemplate({ path: "play.yml", text }, { literalBackslashes: true }),
    scopeOf(variables),
    env,
  );
}

/** The error that an action ends with; fails when it ends well or with another kind of error. */
export function errorOf(action: () => unknown): TsrunError {
  try {
    action();
  } catch (error) {
    expect(error).to.be.instanceOf(TsrunError);
    return error as TsrunError;
  }
  throw new Error("expected an error");
}

/** An error in one line: `CODE place: message (hint)`. */
export function describeError(action: () => unknown): string {
  const { code, at, message, hint } = errorOf(action);
  return `${code} ${at ? formatLocation(at) : "nowhere"}: ${message}${hint === undefined ? "" : ` (${hint})`}`;
}

/** The text that an error points at. */
export function pointedAt(action: () => unknown): string | undefined {
  const { at } = errorOf(action);
  return at?.source.text.slice(at.start, at.end);
}
