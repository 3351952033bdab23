import type { ExpressionNode, StatementNode } from "../template/ast.ts";
import { Expression } from "../template/expression.ts";
import { type FreeVariable, freeVariables } from "../template/free-variables.ts";
import type { Template } from "../template/template.ts";

/** A variable, and the members that are taken from it: `["b", "c"]` for `a.b['c']`. */
export interface CertainUse extends FreeVariable {
  readonly members: readonly string[];
}

/**
 * The free variables without which an evaluation must fail: those that no branch, short circuit, loop or `default` can leave out.
 * An argument of a filter or a call may never be read, so it does not count.
 */
export function certainUses(parsed: Expression | Template): readonly CertainUse[] {
  const starts: Starts = new Map();
  if (parsed instanceof Expression) walk(parsed.node, starts);
  else if (!parsed.body.some(({ kind }) => kind === "extends")) walkBody(parsed.body, starts);
  const places = [...starts].map(
    ([start, members]) => [parsed.located.range({ start, end: start }).start, members] as const,
  );
  const certain = new Map(places);
  const { source } = parsed.located.range({ start: 0, end: 0 });
  return freeVariables(parsed).flatMap((use) => {
    const members = use.optional || use.at.source !== source ? undefined : certain.get(use.at.start);
    return members === undefined ? [] : [{ ...use, members }];
  });
}

/** Where certain names start, with the members taken from them. */
type Starts = Map<number, readonly string[]>;

function walkBody(body: readonly StatementNode[], starts: Starts): void {
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

/** `members`: what is taken from the node's value. */
function walk(node: ExpressionNode, starts: Starts, members: readonly string[] = []): void {
  switch (node.kind) {
    case "name":
      starts.set(node.start, members);
      return;
    case "attribute":
      return walk(node.target, starts, [node.name, ...members]);
    case "item": {
      const key = node.key.kind === "constant" ? node.key.value : undefined;
      return walk(node.target, starts, typeof key === "string" ? [key, ...members] : []);
    }
    case "filter":
    case "test":
      if (!accepting.test(node.name)) walk(node.input, starts);
      return;
    case "unary":
      return walk(node.operand, starts);
    case "braced":
      return walk(node.inner, starts);
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
