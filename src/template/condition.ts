import type { SourceFile, SourceRange } from "../lib/source.ts";
import { childExpressions, type ExpressionNode } from "./ast.ts";
import { renderConstants } from "./embedded.ts";
import type { Environment, Scope, TemplateWarning } from "./environment.ts";
import { evaluateLazily, evaluateTemplate } from "./evaluate.ts";
import { Expression } from "./expression.ts";
import { parseExpression } from "./parse-expression.ts";
import { parseTemplate } from "./parse-template.ts";
import { repr } from "./python-repr.ts";
import { isConstant, type Syntax } from "./syntax.ts";
import type { Template } from "./template.ts";
import { locate } from "./template-error.ts";
import { isTruthy } from "./truth.ts";
import { Undefined } from "./undefined.ts";
import { describeValue } from "./values.ts";

/** A parsed `when`, `until`, `failed_when`, `changed_when` or `that`. */
export interface Condition {
  readonly expression: Expression;
  /** Set for the old habit `when: "{{ x }}"`: the template around the expression. */
  readonly template: Template | undefined;
  readonly warnings: readonly TemplateWarning[];
}

/** Which part of a condition was false, and the values it saw. */
export interface FalseBecause {
  readonly text: string;
  readonly at: SourceRange;
  /** Printed value of each variable path in that part. */
  readonly values: ReadonlyMap<string, string>;
}

/** Parses a condition; accepts `{{ }}` around it and templates in its strings, each with a warning that shows the fix. */
export function parseCondition(source: SourceFile, syntax: Syntax = {}): Condition {
  const text = syntax.text ?? source.text;
  const all = /^\s*\{\{([\s\S]*)\}\}\s*$/.exec(text);
  if (all && !/\}\}[\s\S]*\{\{/.test(text)) {
    const inner = all[1] as string;
    const start = text.indexOf("{{") + 2;
    const expression = parseExpression(source, { start, end: start + inner.length }, syntax);
    const at = expression.located.range({ start: 0, end: text.length });
    const hint = `write \`${inner.trim()}\``;
    return {
      expression,
      template: undefined,
      warnings: [{ message: "a condition is an expression already: it takes no `{{ }}`", at, hint }],
    };
  }
  if (/^\s*\{[%{]/.test(text)) {
    const template = parseTemplate(source, syntax);
    const node: ExpressionNode = { kind: "embedded", template, start: 0, end: text.length };
    const at = template.located.range(node);
    const warning = {
      message: "a condition should be an expression, not a template",
      at,
      hint: "write it without `{{ }}` and `{% %}`",
    };
    return { expression: new Expression(node, template.located), template, warnings: [warning] };
  }
  const parsed = parseExpression(source, undefined, syntax);
  const expression = isConstant(text)
    ? parsed
    : new Expression(renderConstants(parsed.node, parsed.located), parsed.located);
  return { expression, template: undefined, warnings: [] };
}

/**
 * Value of a condition. A result that is no boolean counts by Python's truth, with a warning (Ansible 2.19 refuses it).
 * When it is false, `falseBecause` says which part was, for `-v`.
 */
export function evaluateCondition(
  condition: Condition | Expression,
  scope: Scope,
  env: Environment,
): { readonly value: boolean; readonly falseBecause?: FalseBecause } {
  const parsed =
    condition instanceof Expression ? { expression: condition, template: undefined, warnings: [] } : condition;
  for (const warning of parsed.warnings) env.warn?.(warning);
  const { expression } = parsed;
  const raw = parsed.template ? evaluateTemplate(parsed.template, scope, env) : evaluateLazily(expression, scope, env);
  const value = typeof raw === "boolean" ? raw : truthOf(raw, expression, env);
  return value ? { value } : { value, falseBecause: explain(expression, scope, env) };
}

function truthOf(raw: unknown, expression: Expression, env: Environment): boolean {
  const { located, node } = expression;
  try {
    if (raw instanceof Undefined) throw raw.toError();
    // Templates around a whole condition give text: "True", "False" and the empty text mean what they say.
    if (node.kind === "embedded" && typeof raw === "string" && /^\s*(?:true|false|)\s*$/i.test(raw))
      return /true/i.test(raw);
    const value = isTruthy(raw);
    env.warn?.({
      message: `the condition gave ${describeValue(raw)}, which counts as ${String(value)}: a condition should be true or false`,
      at: located.range(node),
      hint: suggestion(raw, located.text.slice(node.start, node.end)),
    });
    return value;
  } catch (error) {
    return locate(error, located, node);
  }
}

function suggestion(raw: unknown, text: string): string {
  const operand = /^[\w.[\]'"]+$/.test(text) ? text : `(${text})`;
  if (typeof raw === "string" || Array.isArray(raw)) return `write \`${operand} | length > 0\``;
  if (raw === null) return `write \`${operand} is not none\``;
  return typeof raw === "number" ? `write \`${operand} != 0\`` : `write \`${operand} is truthy\``;
}

/** The innermost part of a false condition that decided it. */
function explain(expression: Expression, scope: Scope, env: Environment): FalseBecause {
  const { located } = expression;
  const quiet: Environment = { ...env, warn: undefined };
  const node = decisive(expression.node, (part) => {
    const value = evaluateLazily(new Expression(part, located), scope, quiet);
    return value instanceof Undefined || !isTruthy(value);
  });
  const values = new Map<string, string>();
  for (const path of variablePaths(node)) {
    const text = located.text.slice(path.start, path.end);
    try {
      const value = evaluateLazily(new Expression(path, located), scope, quiet);
      values.set(text, value instanceof Undefined ? "undefined" : clip(repr(value)));
    } catch {
      values.set(text, "unknown");
    }
  }
  return { text: located.text.slice(node.start, node.end), at: located.range(node), values };
}

function decisive(node: ExpressionNode, isFalse: (part: ExpressionNode) => boolean): ExpressionNode {
  if (node.kind !== "and") return node;
  const part = node.operands.find((operand) => isSafely(() => isFalse(operand)));
  return part ? decisive(part, isFalse) : node;
}

function isSafely(check: () => boolean): boolean {
  try {
    return check();
  } catch {
    return false;
  }
}

/** The longest `a.b['c']` chains of an expression. */
function variablePaths(node: ExpressionNode): readonly ExpressionNode[] {
  if (isPath(node)) return [node];
  return childExpressions(node).flatMap(variablePaths);
}

function isPath(node: ExpressionNode): boolean {
  if (node.kind === "name") return true;
  if (node.kind === "attribute") return isPath(node.target);
  return node.kind === "item" && (node.key.kind === "constant" || node.key.kind === "name") && isPath(node.target);
}

function clip(text: string): string {
  return text.length > 200 ? `${text.slice(0, 197)}...` : text;
}
