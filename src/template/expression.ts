import type { ExpressionNode } from "./ast.ts";
import type { Located } from "./syntax.ts";

/** A parsed expression. Keep it: it is compiled at its first use, evaluating it again is cheap. */
export class Expression {
  readonly node: ExpressionNode;
  readonly located: Located;

  constructor(node: ExpressionNode, located: Located) {
    this.node = node;
    this.located = located;
  }
}
