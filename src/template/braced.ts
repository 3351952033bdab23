import type { ExpressionNode, Span } from "./ast.ts";
import type { Scope } from "./environment.ts";
import { Undefined } from "./undefined.ts";

/**
 * Old playbooks put braces around the operands of a condition: `when: {{ a }} == 1`. Ansible renders them first and reads the text that
 * comes out as an expression, which would run what a host said. Here the value itself is the operand; of texts, only those that are a
 * number, a truth value or the name of a variable stand for it (`when: {{ item }} is defined`).
 */
export function withoutBraces(text: string): { readonly text: string; readonly spans: readonly Span[] } | undefined {
  const spans: Span[] = [];
  let plain = "";
  let at = 0;
  for (const match of text.matchAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\{\{(.*?)\}\}/gs)) {
    if (match[1] === undefined) continue;
    spans.push({ start: match.index, end: match.index + match[0].length });
    // The same length, so that every place stays what it is.
    plain += `${text.slice(at, match.index)} (${match[1]}) `;
    at = match.index + match[0].length;
  }
  return spans.length === 0 ? undefined : { text: plain + text.slice(at), spans };
}

/** Marks the operands that stood in braces. */
export function markBraced(node: ExpressionNode, spans: readonly Span[], isTested = false): ExpressionNode {
  if (spans.some(({ start, end }) => start < node.start && node.end < end))
    return { kind: "braced", inner: node, isTested, start: node.start, end: node.end };
  const mark = (child: ExpressionNode): ExpressionNode => markBraced(child, spans);
  switch (node.kind) {
    case "list":
    case "tuple":
      return { ...node, items: node.items.map(mark) };
    case "concat":
    case "and":
    case "or":
      return { ...node, operands: node.operands.map(mark) };
    case "binary":
      return { ...node, left: mark(node.left), right: mark(node.right) };
    case "unary":
      return { ...node, operand: mark(node.operand) };
    case "compare":
      return {
        ...node,
        first: mark(node.first),
        rest: node.rest.map(([operator, operand]) => [operator, mark(operand)] as const),
      };
    case "filter":
      return { ...node, input: mark(node.input) };
    case "test":
      return { ...node, input: markBraced(node.input, spans, /^(?:un)?defined$/.test(node.name)) };
    default:
      return node;
  }
}

/** What an operand's text says when it is read as an expression, as far as that is harmless. */
export function readOperand(value: unknown, scope: Scope, isTested: boolean): unknown {
  if (typeof value !== "string") return value;
  const text = value.trim();
  if (/^-?(?:0|[1-9]\d*)$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
  if (/^(?:true|false)$/i.test(text)) return /^t/i.test(text);
  if (/^none$/i.test(text)) return null;
  if (!/^[A-Za-z_]\w*$/.test(text)) return value;
  if (scope.has(text)) return scope.get(text);
  return isTested ? new Undefined({ path: text }) : value;
}
