import type { CallArguments, ExpressionNode } from "./ast.ts";
import { parseTemplate } from "./parse-template.ts";
import type { Located } from "./syntax.ts";
import { isConstant } from "./syntax.ts";

/**
 * Old playbooks put templates into string literals: `lookup('file', '{{ dir }}/key')`, `when: x == "{{ y }}"`. Ansible
 * renders such constants of the template's author in these two places (and warns); text that comes out of a variable is
 * never rendered.
 */
export function compileEmbedded<T extends CallArguments>(call: T, located: Located): T {
  const render = (node: ExpressionNode): ExpressionNode => renderConstants(node, located);
  return {
    ...call,
    positional: call.positional.map(render),
    named: call.named.map(([name, value]) => [name, render(value)] as const),
  };
}

/** The same expression with every string constant that holds a template replaced by that template's value. */
export function renderConstants(node: ExpressionNode, located: Located): ExpressionNode {
  switch (node.kind) {
    case "constant": {
      if (typeof node.value !== "string" || isConstant(node.value)) return node;
      const quote = node.start + 1;
      const mapOffset = (offset: number): number => located.range({ start: quote + offset, end: quote + offset }).start;
      const template = parseTemplate(located.source, { text: node.value, mapOffset, literalBackslashes: true });
      return { kind: "embedded", template, start: node.start, end: node.end };
    }
    case "list":
    case "tuple":
      return { ...node, items: node.items.map((item) => renderConstants(item, located)) };
    case "concat":
    case "and":
    case "or":
      return { ...node, operands: node.operands.map((operand) => renderConstants(operand, located)) };
    case "binary":
      return { ...node, left: renderConstants(node.left, located), right: renderConstants(node.right, located) };
    case "unary":
      return { ...node, operand: renderConstants(node.operand, located) };
    case "compare":
      return {
        ...node,
        first: renderConstants(node.first, located),
        rest: node.rest.map(([operator, operand]) => [operator, renderConstants(operand, located)] as const),
      };
    case "filter":
    case "test":
      return compileEmbedded({ ...node, input: renderConstants(node.input, located) }, located);
    case "braced":
      return { ...node, inner: renderConstants(node.inner, located) };
    case "name":
    case "dict":
    case "attribute":
    case "item":
    case "slice":
    case "call":
    case "conditional":
    case "block-text":
    case "embedded":
      return node;
  }
}
