import type { SourceFile, SourceRange } from "../lib/source.ts";
import { childExpressions, type ExpressionNode } from "./ast.ts";
import { markBraced, withoutBraces } from "./braced.ts";
import { renderConstants } from "./embedded.ts";
import type { Environment, Scope, TemplateWarning } from "./environment.ts";
import { evaluateLazily, evaluateTemplate } from "./evaluate.ts";
import { Expression } from "./expression.ts";
import { parseExpression } from "./parse-expression.ts";
import { parseTemplate } from "./parse-template.ts";
import { repr } from "./python-repr.ts";
import { isConstant, type Syntax } from "./syntax.ts";
import type { Template } from "./template.ts";
import { locate, templateError } from "./template-error.ts";
import { isTruthy } from "./truth.ts";
import { Undefined } from "./undefined.ts";
import { describeValue, isDict } from "./values.ts";

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
  const plain = text.includes("{%") ? undefined : withoutBraces(text);
  if (plain) {
    const parsed = parseExpression(source, undefined, { ...syntax, text: plain.text });
    const marked = renderConstants(markBraced(parsed.node, plain.spans), parsed.located);
    const warning = {
      message: "a condition is an expression already: it takes no `{{ }}`",
      at: parsed.located.range({ start: 0, end: text.length }),
      hint: `write \`${text.replace(/\{\{\s*|\s*\}\}/g, "").trim()}\``,
    };
    return { expression: new Expression(marked, parsed.located), template: undefined, warnings: [warning] };
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
  const { expression, template } = parsed;
  if (template) {
    const value = truthOf(saidPlainly(evaluateTemplate(template, scope, env), expression), expression, env);
    return value ? { value } : { value, falseBecause: explain(expression, expression.node, scope, env) };
  }
  const { value, decisive } = decide(expression, expression.node, scope, env);
  return value ? { value } : { value, falseBecause: explain(expression, decisive, scope, env) };
}

/** A whole condition and the variables it sees, whatever its value. */
export function explainCondition({ expression }: Condition, scope: Scope, env: Environment): FalseBecause {
  return explain(expression, expression.node, scope, env);
}

/** Evaluates `and` operand by operand, so that the one which decided is known without asking any of them twice. */
function decide(
  whole: Expression,
  node: ExpressionNode,
  scope: Scope,
  env: Environment,
  isLast = true,
): { readonly value: boolean; readonly decisive: ExpressionNode } {
  if (node.kind !== "and") {
    const part = node === whole.node ? whole : new Expression(node, whole.located);
    const raw = evaluateLazily(part, scope, env);
    // Only the operand that becomes the result has to be a boolean: `name and port == 80` is fine.
    const passes = !isLast && !(raw instanceof Undefined) && isTruthy(raw);
    return { value: passes || (typeof raw === "boolean" ? raw : truthOf(raw, part, env)), decisive: node };
  }
  for (const [index, operand] of node.operands.entries()) {
    const decided = decide(whole, operand, scope, env, isLast && index === node.operands.length - 1);
    if (!decided.value) return decided;
  }
  return { value: true, decisive: node };
}

/** A text that is neither true nor false may be a condition itself; evaluating it would run what a variable says. */
function saidPlainly(raw: unknown, { located, node }: Expression): unknown {
  if (typeof raw !== "string" || /^\s*(?:true|false|)\s*$/i.test(raw)) return raw;
  const error = templateError(
    `the condition gave the text \`${clip(raw.trim())}\`, expected true or false`,
    "write it as an expression, without `{{ }}` and `{% %}`",
  );
  return locate(error, located, node);
}

function truthOf(raw: unknown, expression: Expression, env: Environment): boolean {
  const { located, node } = expression;
  try {
    if (raw instanceof Undefined) throw raw.toError();
    // Templates around a whole condition give text: "True", "False" and the empty text mean what they say.
    if (node.kind === "embedded" && typeof raw === "string" && /^\s*(?:true|false|)\s*$/i.test(raw))
      return /true/i.test(raw);
    const value = isTruthy(raw);
    // `until: job.finished`, as the documentation of async_status has it; true and false since 2.19.
    if ((raw === 0 || raw === 1) && node.kind === "attribute" && /^(started|finished)$/.test(node.name)) return value;
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

/** What the decisive part of a false condition says, and the variables it saw. */
function explain({ located }: Expression, node: ExpressionNode, scope: Scope, env: Environment): FalseBecause {
  const values = new Map<string, string>();
  for (const path of variablePaths(node)) {
    const text = located.text.slice(path.start, path.end);
    try {
      const value = evaluateLazily(new Expression(path, located), scope, env);
      values.set(text, value instanceof Undefined ? "undefined" : shown(value));
    } catch {
      values.set(text, "unknown");
    }
  }
  return { text: located.text.slice(node.start, node.end), at: located.range(node), values };
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

/** What a test of a result (`is failed`) looks at. */
const decisiveKeys = ["failed", "changed", "skipped", "unreachable", "rc", "finished", "timedout", "msg"];

function shown(value: unknown): string {
  const text = repr(value);
  if (text.length <= 200 || !isDict(value) || !Object.hasOwn(value, "changed")) return clip(text);
  const kept = decisiveKeys.filter((key) => Object.hasOwn(value, key)).map((key) => [key, value[key]] as const);
  return clip(repr(Object.fromEntries(kept)).replace(/\}$/, ", …}"));
}

function clip(text: string): string {
  return text.length > 200 ? `${text.slice(0, 197)}...` : text;
}
