import type { SourceRange } from "../lib/source.ts";
import { type AssignTarget, childExpressions, type ExpressionNode, type Span, type StatementNode } from "./ast.ts";
import { Expression } from "./expression.ts";
import type { Template } from "./template.ts";

/** A variable that an expression or template takes from its scope. */
export interface FreeVariable {
  readonly name: string;
  readonly at: SourceRange;
  /** True when an undefined value is expected here: under `default`, `is defined` and the like. */
  readonly optional: boolean;
}

/** Names that must come from outside, each with the places that use it, in source order. */
export function freeVariables(parsed: Expression | Template): readonly FreeVariable[] {
  const uses = new Uses();
  if (parsed instanceof Expression) walkExpression(parsed.node, uses, new Set(), false);
  else walkBody(parsed.body, uses, new Set());
  return uses.found
    .map(({ name, span, optional }) => ({ name, optional, at: parsed.located.range(span) }))
    .concat(uses.nested.flatMap((template) => freeVariables(template)));
}

/** Every name that statements mention, bound or not. */
export function namesUsed(body: readonly StatementNode[]): ReadonlySet<string> {
  const uses = new Uses();
  walkBody(body, uses, new Set());
  return uses.mentioned;
}

class Uses {
  readonly found: { readonly name: string; readonly span: Span; readonly optional: boolean }[] = [];
  readonly mentioned = new Set<string>();
  readonly nested: Template[] = [];
}

type Bound = Set<string>;
const OPTIONAL_FILTERS = /(?:^|\.)(?:d|default|mandatory|type_debug)$/;
const OPTIONAL_TESTS = /(?:^|\.)(?:defined|undefined)$/;

function walkExpression(node: ExpressionNode, uses: Uses, bound: Bound, optional: boolean): void {
  switch (node.kind) {
    case "name":
      uses.mentioned.add(node.name);
      if (!bound.has(node.name)) uses.found.push({ name: node.name, span: node, optional });
      return;
    case "embedded":
      uses.nested.push(node.template);
      return;
    case "braced":
      return walkExpression(node.inner, uses, bound, optional);
    case "attribute":
      return walkExpression(node.target, uses, bound, optional);
    case "item":
      walkExpression(node.target, uses, bound, optional);
      return walkExpression(node.key, uses, bound, false);
    case "filter":
    case "test": {
      const accepts = (node.kind === "filter" ? OPTIONAL_FILTERS : OPTIONAL_TESTS).test(node.name);
      // 2.19 lets undefined input pass through a filter, so a later `default` still catches it.
      walkExpression(node.input, uses, bound, accepts || (node.kind === "filter" && optional));
      for (const child of childExpressions(node).slice(1)) walkExpression(child, uses, bound, false);
      return;
    }
    case "constant":
    case "list":
    case "tuple":
    case "dict":
    case "slice":
    case "call":
    case "unary":
    case "binary":
    case "and":
    case "or":
    case "concat":
    case "compare":
    case "conditional":
    case "block-text":
      for (const child of childExpressions(node)) walkExpression(child, uses, bound, false);
  }
}

function walkBody(body: readonly StatementNode[], uses: Uses, bound: Bound): void {
  for (const node of body) walkStatement(node, uses, bound);
}

function walkStatement(node: StatementNode, uses: Uses, bound: Bound): void {
  const inside = (names: readonly string[], statements: readonly StatementNode[]): void =>
    walkBody(statements, uses, new Set([...bound, ...names]));
  const read = (expression: ExpressionNode | undefined, also: readonly string[] = []): void => {
    if (expression) walkExpression(expression, uses, also.length > 0 ? new Set([...bound, ...also]) : bound, false);
  };
  switch (node.kind) {
    case "text":
    case "break":
    case "continue":
      return;
    case "output":
    case "do":
      return read(node.value);
    case "if":
      for (const branch of node.branches) {
        read(branch.test);
        walkBody(branch.body, uses, bound);
      }
      return walkBody(node.otherwise, uses, bound);
    case "for": {
      read(node.iterable);
      const names = targetNames(node.target);
      read(node.filter, names);
      inside([...names, "loop"], node.body);
      return inside([], node.otherwise);
    }
    case "set":
      read(node.value);
      return bindTarget(node.target, uses, bound);
    case "set-block":
      inside([], node.body);
      read(node.filter);
      return bindTarget(node.target, uses, bound);
    case "with":
      for (const [, value] of node.bindings) read(value);
      return inside(
        node.bindings.flatMap(([target]) => targetNames(target)),
        node.body,
      );
    case "scope":
      return inside([], node.body);
    case "filter-block":
      inside([], node.body);
      return read(node.filter);
    case "macro": {
      bound.add(node.name);
      const names = node.parameters.map((parameter) => parameter.name);
      for (const parameter of node.parameters) read(parameter.fallback, names);
      return inside([...names, "caller", "varargs", "kwargs"], node.body);
    }
    case "call-block":
      read(node.call);
      for (const parameter of node.caller.parameters) read(parameter.fallback);
      return inside(
        node.caller.parameters.map((parameter) => parameter.name),
        node.caller.body,
      );
    case "block":
      return inside(["super", "self"], node.body);
    case "extends":
    case "include":
      return read(node.template);
    case "import":
      read(node.template);
      bound.add(node.name);
      return;
    case "from":
      read(node.template);
      for (const [, alias] of node.names) bound.add(alias);
  }
}

function bindTarget(target: AssignTarget, uses: Uses, bound: Bound): void {
  if (target.kind === "namespace") uses.mentioned.add(target.name);
  else for (const name of targetNames(target)) bound.add(name);
}

function targetNames(target: AssignTarget): readonly string[] {
  if (target.kind === "tuple") return target.items.flatMap(targetNames);
  return target.kind === "name" ? [target.name] : [];
}
