import type { StatementNode } from "./ast.ts";
import type { Delimiters, Located } from "./syntax.ts";

export type BlockNode = Extract<StatementNode, { kind: "block" }>;

/** A parsed template. Keep it: it is compiled at its first use, rendering it again is cheap. */
export class Template {
  readonly body: readonly StatementNode[];
  readonly located: Located;
  readonly delimiters: Delimiters;
  readonly blocks: ReadonlyMap<string, BlockNode>;

  constructor(
    body: readonly StatementNode[],
    located: Located,
    delimiters: Delimiters,
    blocks: ReadonlyMap<string, BlockNode>,
  ) {
    this.body = body;
    this.located = located;
    this.delimiters = delimiters;
    this.blocks = blocks;
  }
}
