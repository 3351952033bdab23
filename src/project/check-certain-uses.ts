import type { ExpressionNode, StatementNode } from "../template/ast.ts";
import { Expression } from "../template/expression.ts";
import { type FreeVariable, freeVariables } from "../template/free-variables.ts";
import type { Template } from "../template/template.ts";

/**
 * The free variables without which an evaluation must fail: those that no branch, short circuit, loop or `default` can leave out.
 * An argument of a filter or a call may never be read, so it does not count.
 */
export function certainUses(parsed: Expression | Template): readonly FreeVariable[] {
  const starts = new Set<number>();
  if (parsed instanceof Expression) walk(parsed.node, starts);
  else if (!parsed.body.some(({ kind }) => kind === "extends")) walkBody(parsed.body, starts);
  const certain = new Set([...starts].map((start) => parsed.located.range({ start, end: start }).start));
  const { source } = parsed.located.range({ start: 0, end: 0 });
  return freeVariables(parsed).filter(({ at, optional }) => !optional && at.source === source && certain.has(at.start));
}

function walkBody(body: readonly StatementNode[], starts: Set<number>): void {
  for (const node of body) {
    if (node.kind === "output") walk(node.value, starts);
    else if (node.kind === "for") walk(node.iterable, starts);
    else if (node.kind === "if" && node.branches[0]) walk(node.branches[0].test, starts);
    // What an included template says about a variable, and whether the text goes on after it, is not seen here.
    else if (node.kind === "break" || node.kind === "continue") return;
  }
}

/** Filters and tests that are made for undefined input. */
const accepting = /(?:^|\.)(?:d|default|mandatory|type_debug|defined|undefined)$/;

function walk(node: ExpressionNode, starts: Set<number>): void {
  switch (node.kind) {
    case "name":
      starts.add(node.start);
      return;
    case "attribute":
    case "item":
      return walk(node.target, starts);
    case "filter":
    case "test":
      if (!accepting.test(node.name)) walk(node.input, starts);
      return;
    case "unary":
      return walk(node.operand, starts);
    case "binary":
      walk(node.left, starts);
      return walk(node.right, starts);
    case "concat":
      for (const operand of node.operands) walk(operand, starts);
      return;
    case "and":
    case "or":
      if (node.operands[0]) walk(node.operands[0], starts);
      return;
    case "compare":
      walk(node.first, starts);
      if (node.rest[0]) walk(node.rest[0][1], starts);
      return;
    case "conditional":
      return walk(node.test, starts);
    case "constant":
    case "list":
    case "tuple":
    case "dict":
    case "slice":
    case "call":
    case "block-text":
    case "embedded":
  }
}
