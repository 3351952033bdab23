/** Syntax tree of templates. Offsets count in the template's own text; {@link Located} maps them to the file. */
import type { Template } from "./template.ts";

export interface Span {
  readonly start: number;
  readonly end: number;
}

export type UnaryOperator = "-" | "+" | "not";
export type BinaryOperator = "+" | "-" | "*" | "/" | "//" | "%" | "**";
export type CompareOperator = "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "not in";

export interface CallArguments {
  readonly positional: readonly ExpressionNode[];
  readonly named: readonly (readonly [name: string, value: ExpressionNode])[];
  readonly spread?: ExpressionNode | undefined;
  readonly spreadNamed?: ExpressionNode | undefined;
}

export type ExpressionNode = Span &
  (
    | { readonly kind: "constant"; readonly value: unknown }
    | { readonly kind: "name"; readonly name: string }
    | { readonly kind: "list"; readonly items: readonly ExpressionNode[] }
    | { readonly kind: "tuple"; readonly items: readonly ExpressionNode[] }
    | { readonly kind: "dict"; readonly pairs: readonly (readonly [key: ExpressionNode, value: ExpressionNode])[] }
    | { readonly kind: "attribute"; readonly target: ExpressionNode; readonly name: string }
    | { readonly kind: "item"; readonly target: ExpressionNode; readonly key: ExpressionNode }
    | SliceNode
    | ({ readonly kind: "call"; readonly callee: ExpressionNode } & CallArguments)
    | ({
        readonly kind: "filter";
        readonly name: string;
        readonly nameSpan: Span;
        readonly input: ExpressionNode;
      } & CallArguments)
    | ({
        readonly kind: "test";
        readonly name: string;
        readonly nameSpan: Span;
        readonly input: ExpressionNode;
      } & CallArguments)
    | { readonly kind: "unary"; readonly operator: UnaryOperator; readonly operand: ExpressionNode }
    | {
        readonly kind: "binary";
        readonly operator: BinaryOperator;
        readonly left: ExpressionNode;
        readonly right: ExpressionNode;
      }
    | { readonly kind: "and"; readonly operands: readonly ExpressionNode[] }
    | { readonly kind: "or"; readonly operands: readonly ExpressionNode[] }
    | { readonly kind: "concat"; readonly operands: readonly ExpressionNode[] }
    | {
        readonly kind: "compare";
        readonly first: ExpressionNode;
        readonly rest: readonly (readonly [operator: CompareOperator, operand: ExpressionNode])[];
      }
    | {
        readonly kind: "conditional";
        readonly test: ExpressionNode;
        readonly value: ExpressionNode;
        readonly otherwise?: ExpressionNode | undefined;
      }
    /** What a `{% filter %}` or `{% set x | filter %}` block feeds into its chain. */
    | { readonly kind: "block-text" }
    /** `{{ a }}` as an operand of a condition, or before `is defined`: see `braced.ts`. */
    | { readonly kind: "braced"; readonly inner: ExpressionNode; readonly isTested: boolean }
    /** A template inside a string constant: see `embedded.ts`. */
    | { readonly kind: "embedded"; readonly template: Template }
  );

export interface SliceNode {
  readonly kind: "slice";
  readonly start: number;
  readonly end: number;
  readonly from?: ExpressionNode | undefined;
  readonly to?: ExpressionNode | undefined;
  readonly step?: ExpressionNode | undefined;
}

export type AssignTarget = Span &
  (
    | { readonly kind: "name"; readonly name: string }
    | { readonly kind: "tuple"; readonly items: readonly AssignTarget[] }
    | { readonly kind: "namespace"; readonly name: string; readonly attribute: string }
  );

export interface MacroParameter {
  readonly name: string;
  readonly fallback?: ExpressionNode | undefined;
}

export type StatementNode = Span &
  (
    | { readonly kind: "text"; readonly text: string }
    | { readonly kind: "output"; readonly value: ExpressionNode }
    | {
        readonly kind: "if";
        readonly branches: readonly { readonly test: ExpressionNode; readonly body: readonly StatementNode[] }[];
        readonly otherwise: readonly StatementNode[];
      }
    | {
        readonly kind: "for";
        readonly target: AssignTarget;
        readonly iterable: ExpressionNode;
        readonly filter?: ExpressionNode | undefined;
        readonly recursive: boolean;
        readonly body: readonly StatementNode[];
        readonly otherwise: readonly StatementNode[];
      }
    | { readonly kind: "set"; readonly target: AssignTarget; readonly value: ExpressionNode }
    | {
        readonly kind: "set-block";
        readonly target: AssignTarget;
        readonly filter?: ExpressionNode | undefined;
        readonly body: readonly StatementNode[];
      }
    | {
        readonly kind: "with";
        readonly bindings: readonly (readonly [AssignTarget, ExpressionNode])[];
        readonly body: readonly StatementNode[];
      }
    | { readonly kind: "scope"; readonly body: readonly StatementNode[] }
    | { readonly kind: "filter-block"; readonly filter: ExpressionNode; readonly body: readonly StatementNode[] }
    | MacroNode
    | {
        readonly kind: "call-block";
        readonly call: ExpressionNode;
        readonly caller: MacroNode;
      }
    | {
        readonly kind: "block";
        readonly name: string;
        readonly scoped: boolean;
        readonly required: boolean;
        readonly body: readonly StatementNode[];
      }
    | { readonly kind: "extends"; readonly template: ExpressionNode }
    | {
        readonly kind: "include";
        readonly template: ExpressionNode;
        readonly ignoreMissing: boolean;
        readonly withContext: boolean;
      }
    | {
        readonly kind: "import";
        readonly template: ExpressionNode;
        readonly name: string;
        readonly withContext: boolean;
      }
    | {
        readonly kind: "from";
        readonly template: ExpressionNode;
        readonly names: readonly (readonly [name: string, alias: string])[];
        readonly withContext: boolean;
      }
    | { readonly kind: "do"; readonly value: ExpressionNode }
    | { readonly kind: "break" }
    | { readonly kind: "continue" }
  );

export interface MacroNode {
  readonly kind: "macro";
  readonly start: number;
  readonly end: number;
  readonly name: string;
  readonly parameters: readonly MacroParameter[];
  readonly body: readonly StatementNode[];
}

/** Every expression directly inside an expression. */
export function childExpressions(node: ExpressionNode): readonly ExpressionNode[] {
  switch (node.kind) {
    case "constant":
    case "name":
    case "block-text":
    case "embedded":
      return [];
    case "list":
    case "tuple":
      return node.items;
    case "dict":
      return node.pairs.flat();
    case "attribute":
      return [node.target];
    case "item":
      return [node.target, node.key];
    case "slice":
      return [node.from, node.to, node.step].filter((part) => part !== undefined);
    case "call":
      return [node.callee, ...argumentExpressions(node)];
    case "filter":
    case "test":
      return [node.input, ...argumentExpressions(node)];
    case "unary":
      return [node.operand];
    case "braced":
      return [node.inner];
    case "binary":
      return [node.left, node.right];
    case "and":
    case "or":
    case "concat":
      return node.operands;
    case "compare":
      return [node.first, ...node.rest.map(([, operand]) => operand)];
    case "conditional":
      return node.otherwise ? [node.test, node.value, node.otherwise] : [node.test, node.value];
  }
}

function argumentExpressions(call: CallArguments): readonly ExpressionNode[] {
  const all = [...call.positional, ...call.named.map(([, value]) => value)];
  if (call.spread) all.push(call.spread);
  if (call.spreadNamed) all.push(call.spreadNamed);
  return all;
}
