import { toFloat } from "../lib/float.ts";
import type { SourceFile } from "../lib/source.ts";
import type { AssignTarget, BinaryOperator, CallArguments, CompareOperator, ExpressionNode, Span } from "./ast.ts";
import { Expression } from "./expression.ts";
import { tokenizeExpression } from "./lexer.ts";
import { ansibleDelimiters, Located, type Syntax } from "./syntax.ts";
import { MAX_CHAIN, TokenStream } from "./token-stream.ts";

/**
 * Parses a bare expression, as in `when:` or `until:`. `range` limits it to a part of the text.
 * Throws `E_TEMPLATE_SYNTAX` with the exact range.
 */
export function parseExpression(source: SourceFile, range?: Partial<Span>, syntax: Syntax = {}): Expression {
  const located = new Located(source, syntax);
  const options = { ...ansibleDelimiters, literalBackslashes: syntax.literalBackslashes ?? false };
  const [from, to] = [range?.start ?? 0, range?.end ?? located.text.length];
  const stream = new TokenStream(located, tokenizeExpression(located, from, to, options));
  if (stream.is("end")) throw stream.error("expected an expression, got nothing", { start: from, end: to });
  const node = parseConditional(stream);
  if (!stream.is("end"))
    throw stream.unexpected(
      "the end of the expression",
      stream.isOperator("=") ? "compare with `==`" : operatorHint(stream),
    );
  return new Expression(node, located);
}

/** What was meant where an expression should end. */
export function operatorHint(stream: TokenStream): string | undefined {
  if (stream.isWord("not") && stream.next.text !== "in") return "a test needs `is`: write `is not`";
  if (stream.isOperator("|")) return "write `or`";
  return stream.current.kind === "string" || stream.current.kind === "name"
    ? "an operator is missing before it"
    : undefined;
}

/** `a, b` is a tuple; a single expression is itself. */
export function parseTuple(
  stream: TokenStream,
  options: { readonly conditional?: boolean; readonly stop?: readonly string[]; readonly parenthesised?: boolean } = {},
): ExpressionNode {
  const start = stream.current.start;
  const items: ExpressionNode[] = [];
  let isTuple = false;
  while (!isTupleEnd(stream, options.stop)) {
    items.push(options.conditional === false ? parseOr(stream) : parseConditional(stream));
    if (!stream.skipOperator(",")) break;
    isTuple = true;
  }
  if (!isTuple) {
    const only = items[0];
    if (only) return only;
    if (!options.parenthesised) throw stream.unexpected("an expression");
  }
  return { kind: "tuple", items, start, end: stream.previousEnd };
}

function isTupleEnd(stream: TokenStream, stop: readonly string[] = []): boolean {
  const { kind } = stream.current;
  if (kind === "variable-end" || kind === "block-end" || kind === "end") return true;
  return stream.isOperator(")") || stream.isWord(...stop);
}

/** One expression: `a if b else c` and everything that binds tighter. */
export function parseConditional(stream: TokenStream): ExpressionNode {
  return stream.nested(() => {
    let node = parseOr(stream);
    while (stream.skipWord("if")) {
      const test = parseOr(stream);
      const otherwise = stream.skipWord("else") ? parseConditional(stream) : undefined;
      node = { kind: "conditional", test, value: node, otherwise, start: node.start, end: stream.previousEnd };
    }
    return node;
  });
}

export function parseOr(stream: TokenStream): ExpressionNode {
  return parseChain(stream, "or", parseAnd, () => stream.skipWord("or"));
}

function parseAnd(stream: TokenStream): ExpressionNode {
  return parseChain(stream, "and", parseNot, () => stream.skipWord("and"));
}

function parseConcat(stream: TokenStream): ExpressionNode {
  return parseChain(stream, "concat", parseProduct, () => stream.skipOperator("~"));
}

function parseChain(
  stream: TokenStream,
  kind: "and" | "or" | "concat",
  operand: (stream: TokenStream) => ExpressionNode,
  skip: () => boolean,
): ExpressionNode {
  const first = operand(stream);
  if (!skip()) return first;
  const operands = [first, operand(stream)];
  while (skip()) operands.push(operand(stream));
  return { kind, operands, start: first.start, end: stream.previousEnd };
}

function parseNot(stream: TokenStream): ExpressionNode {
  if (!stream.isWord("not")) return parseCompare(stream);
  const { start } = stream.advance();
  const operand = stream.nested(() => parseNot(stream));
  return { kind: "unary", operator: "not", operand, start, end: operand.end };
}

const COMPARISONS: readonly string[] = ["==", "!=", "<", "<=", ">", ">="];

function parseCompare(stream: TokenStream): ExpressionNode {
  const first = parseSum(stream);
  const rest: [CompareOperator, ExpressionNode][] = [];
  for (;;) {
    if (stream.is("operator") && COMPARISONS.includes(stream.current.text)) {
      rest.push([stream.advance().text as CompareOperator, parseSum(stream)]);
    } else if (stream.skipWord("in")) {
      rest.push(["in", parseSum(stream)]);
    } else if (stream.isWord("not") && stream.next.kind === "name" && stream.next.text === "in") {
      stream.advance();
      stream.advance();
      rest.push(["not in", parseSum(stream)]);
    } else break;
  }
  if (rest.length === 0) return first;
  return { kind: "compare", first, rest, start: first.start, end: stream.previousEnd };
}

function parseSum(stream: TokenStream): ExpressionNode {
  return parseBinary(stream, ["+", "-"], parseConcat);
}

function parseProduct(stream: TokenStream): ExpressionNode {
  return parseBinary(stream, ["*", "/", "//", "%"], parsePower);
}

function parsePower(stream: TokenStream): ExpressionNode {
  // Jinja2's `**` is left-associative, unlike Python's.
  return parseBinary(stream, ["**"], (tokens) => parseUnary(tokens, true));
}

function parseBinary(
  stream: TokenStream,
  operators: readonly string[],
  operand: (stream: TokenStream) => ExpressionNode,
): ExpressionNode {
  let left = operand(stream);
  let links = 0;
  while (stream.is("operator") && operators.includes(stream.current.text)) {
    if (++links > MAX_CHAIN) throw stream.error(`more than ${MAX_CHAIN} operators in one expression`, stream.current);
    const operator = stream.advance().text as BinaryOperator;
    const right = operand(stream);
    left = { kind: "binary", operator, left, right, start: left.start, end: right.end };
  }
  return left;
}

function parseUnary(stream: TokenStream, withFilter: boolean): ExpressionNode {
  let node: ExpressionNode;
  if (stream.isOperator("-") || stream.isOperator("+")) {
    const sign = stream.advance();
    const operand = stream.nested(() => parseUnary(stream, false));
    node = { kind: "unary", operator: sign.text as "-" | "+", operand, start: sign.start, end: operand.end };
  } else {
    node = parsePrimary(stream);
  }
  node = parsePostfix(stream, node);
  return withFilter ? parseFilters(stream, node) : node;
}

const CONSTANTS: ReadonlyMap<string, boolean | null> = new Map([
  ["true", true],
  ["True", true],
  ["false", false],
  ["False", false],
  ["none", null],
  ["None", null],
]);

/** Names, literals, brackets: what needs no operator. */
export function parsePrimary(stream: TokenStream): ExpressionNode {
  const token = stream.current;
  const { start, end } = token;
  if (token.kind === "name") {
    stream.advance();
    const constant = CONSTANTS.get(token.text);
    return constant === undefined
      ? { kind: "name", name: token.text, start, end }
      : { kind: "constant", value: constant, start, end };
  }
  if (token.kind === "string") {
    let value = "";
    while (stream.is("string")) value += stream.advance().text;
    return { kind: "constant", value, start, end: stream.previousEnd };
  }
  if (token.kind === "integer" || token.kind === "float") {
    stream.advance();
    const value = token.kind === "integer" ? integer(token.text) : toFloat(Number(token.text.replaceAll("_", "")));
    return { kind: "constant", value, start, end };
  }
  if (stream.isOperator("(")) return parseParenthesised(stream);
  if (stream.isOperator("[")) return parseList(stream);
  if (stream.isOperator("{")) return parseDict(stream);
  throw stream.unexpected("an expression");
}

function integer(text: string): number | bigint {
  const big = BigInt(text.replaceAll("_", "").toLowerCase());
  const small = Number(big);
  return Number.isSafeInteger(small) ? small : big;
}

function parseParenthesised(stream: TokenStream): ExpressionNode {
  const { start } = stream.advance();
  const node = stream.nested(() => parseTuple(stream, { parenthesised: true }));
  const { end } = stream.expectOperator(")");
  return { ...node, start, end };
}

function parseList(stream: TokenStream): ExpressionNode {
  const { start } = stream.advance();
  const items: ExpressionNode[] = [];
  while (!stream.isOperator("]")) {
    items.push(parseConditional(stream));
    if (!stream.skipOperator(",")) break;
  }
  const { end } = stream.expectOperator("]");
  return { kind: "list", items, start, end };
}

function parseDict(stream: TokenStream): ExpressionNode {
  const { start } = stream.advance();
  const pairs: [ExpressionNode, ExpressionNode][] = [];
  while (!stream.isOperator("}")) {
    const key = parseConditional(stream);
    if (!stream.isOperator(":")) {
      if (stream.located.text[start - 1] === "{") {
        const hint = "it is an expression already: write the variable without braces";
        throw stream.error("unexpected `{{` in an expression", { start: start - 1, end: start + 1 }, hint);
      }
      throw stream.unexpected("`:` after the key");
    }
    stream.advance();
    pairs.push([key, parseConditional(stream)]);
    if (!stream.skipOperator(",")) break;
  }
  const { end } = stream.expectOperator("}");
  return { kind: "dict", pairs, start, end };
}

/** `.name`, `[key]` and `(args)` after an expression. */
export function parsePostfix(stream: TokenStream, node: ExpressionNode): ExpressionNode {
  let result = node;
  for (let links = 0; ; links++) {
    if (links > MAX_CHAIN) throw stream.error("this expression is too long", stream.current);
    if (stream.isOperator(".")) result = parseDot(stream, result);
    else if (stream.isOperator("[")) result = parseBracket(stream, result);
    else if (stream.isOperator("(")) result = parseCall(stream, result);
    else return result;
  }
}

function parseDot(stream: TokenStream, target: ExpressionNode): ExpressionNode {
  stream.advance();
  const token = stream.current;
  const span = { start: target.start, end: token.end };
  if (token.kind === "name") {
    stream.advance();
    return { kind: "attribute", target, name: token.text, ...span };
  }
  if (token.kind === "integer") {
    stream.advance();
    const key: ExpressionNode = { kind: "constant", value: integer(token.text), start: token.start, end: token.end };
    return { kind: "item", target, key, ...span };
  }
  throw stream.unexpected("a name or a number after `.`");
}

function parseBracket(stream: TokenStream, target: ExpressionNode): ExpressionNode {
  const open = stream.advance();
  const keys: ExpressionNode[] = [];
  let isTuple = false;
  while (!stream.isOperator("]")) {
    keys.push(parseSubscript(stream));
    if (!stream.skipOperator(",")) break;
    isTuple = true;
  }
  const { end } = stream.expectOperator("]");
  const only = keys[0];
  if (!only) throw stream.error("expected a key between `[` and `]`", { start: open.start, end });
  const key: ExpressionNode = isTuple ? { kind: "tuple", items: keys, start: only.start, end } : only;
  return { kind: "item", target, key, start: target.start, end };
}

function parseSubscript(stream: TokenStream): ExpressionNode {
  const start = stream.current.start;
  const part = (): ExpressionNode | undefined =>
    stream.isOperator(":") || stream.isOperator("]") || stream.isOperator(",") ? undefined : parseConditional(stream);
  const from = part();
  if (from && !stream.isOperator(":")) return from;
  if (!stream.skipOperator(":")) throw stream.unexpected("a key");
  const to = part();
  const step = stream.skipOperator(":") ? part() : undefined;
  return { kind: "slice", from, to, step, start, end: stream.previousEnd };
}

function parseCall(stream: TokenStream, callee: ExpressionNode): ExpressionNode {
  const args = parseArguments(stream);
  return { kind: "call", callee, ...args, start: callee.start, end: stream.previousEnd };
}

function parseArguments(stream: TokenStream): CallArguments {
  stream.expectOperator("(");
  const positional: ExpressionNode[] = [];
  const named: [string, ExpressionNode][] = [];
  let spread: ExpressionNode | undefined;
  let spreadNamed: ExpressionNode | undefined;
  while (!stream.isOperator(")")) {
    const at = stream.current;
    if (stream.skipOperator("**")) spreadNamed = parseConditional(stream);
    else if (stream.skipOperator("*")) spread = parseConditional(stream);
    else if (stream.is("name") && stream.next.kind === "operator" && stream.next.text === "=") {
      const name = stream.advance().text;
      stream.advance();
      if (named.some(([known]) => known === name)) throw stream.error(`argument \`${name}\` is given twice`, at);
      named.push([name, parseConditional(stream)]);
    } else {
      if (named.length > 0 || spread || spreadNamed) {
        throw stream.error("a positional argument cannot follow a named one", at);
      }
      positional.push(parseConditional(stream));
    }
    if (!stream.skipOperator(",")) break;
  }
  stream.expectOperator(")");
  return { positional, named, spread, spreadNamed };
}

function parseFilters(stream: TokenStream, input: ExpressionNode): ExpressionNode {
  let node = input;
  for (let links = 0; ; links++) {
    if (links > MAX_CHAIN) throw stream.error("this expression is too long", stream.current);
    if (stream.isOperator("|")) node = parseFilterChain(stream, node);
    else if (stream.isWord("is")) node = parseTest(stream, node);
    else if (stream.isOperator("(")) node = parseCall(stream, node);
    else return node;
  }
}

/** `| name(args) | …`; with `bare`, the first filter stands without its `|`, as in `{% filter upper %}`. */
export function parseFilterChain(stream: TokenStream, input: ExpressionNode, bare = false): ExpressionNode {
  let node = input;
  for (let first = bare; first || stream.isOperator("|"); first = false) {
    if (!first) stream.advance();
    const { name, nameSpan } = parsePluginName(stream, "a filter name");
    const args = stream.isOperator("(") ? parseArguments(stream) : { positional: [], named: [] };
    node = { kind: "filter", name, nameSpan, input: node, ...args, start: node.start, end: stream.previousEnd };
  }
  return node;
}

function parsePluginName(stream: TokenStream, what: string): { name: string; nameSpan: Span } {
  if (stream.isOperator("|")) throw stream.unexpected(what, "write `or`");
  const { start, text } = stream.expect("name", what);
  let name = text;
  while (stream.skipOperator(".")) name += `.${stream.expect("name", what).text}`;
  return { name, nameSpan: { start, end: stream.previousEnd } };
}

function parseTest(stream: TokenStream, input: ExpressionNode): ExpressionNode {
  stream.advance();
  const negated = stream.skipWord("not");
  const { name, nameSpan } = parsePluginName(stream, "a test name");
  let args: CallArguments = { positional: [], named: [] };
  if (stream.isOperator("(")) args = parseArguments(stream);
  else if (startsTestArgument(stream)) {
    if (stream.isWord("is")) throw stream.error("tests cannot be chained: join them with `and`", stream.current);
    args = {
      positional: [
        parsePostfix(
          stream,
          stream.nested(() => parsePrimary(stream)),
        ),
      ],
      named: [],
    };
  }
  const end = stream.previousEnd;
  const test: ExpressionNode = { kind: "test", name, nameSpan, input, ...args, start: input.start, end };
  return negated ? { kind: "unary", operator: "not", operand: test, start: input.start, end } : test;
}

function startsTestArgument(stream: TokenStream): boolean {
  const { kind, text } = stream.current;
  if (kind === "name") return !["else", "or", "and", "if"].includes(text);
  return kind === "string" || kind === "integer" || kind === "float" || (kind === "operator" && /^[[{]$/.test(text));
}

/** `x`, `x, y`, `(a, b)` or `namespace.attribute` on the left of an assignment. */
export function parseTarget(
  stream: TokenStream,
  options: { readonly stop?: readonly string[]; readonly namespace?: boolean } = {},
): AssignTarget {
  const { start } = stream.current;
  if (options.namespace && stream.is("name") && stream.next.kind === "operator" && stream.next.text === ".") {
    const name = stream.advance().text;
    stream.advance();
    const attribute = stream.expect("name", "a name after `.`").text;
    return { kind: "namespace", name, attribute, start, end: stream.previousEnd };
  }
  const items: AssignTarget[] = [];
  let isTuple = false;
  do {
    if (isTupleEnd(stream, options.stop) || stream.isOperator("=")) break;
    items.push(parseSingleTarget(stream));
    if (!stream.isOperator(",")) break;
    isTuple = true;
  } while (stream.skipOperator(","));
  const only = items[0];
  if (!only) throw stream.unexpected("a variable name");
  return isTuple ? { kind: "tuple", items, start, end: stream.previousEnd } : only;
}

function parseSingleTarget(stream: TokenStream): AssignTarget {
  const { start } = stream.current;
  if (stream.skipOperator("(")) {
    const inner = stream.nested(() => parseTarget(stream));
    const { end } = stream.expectOperator(")");
    return { ...inner, start, end };
  }
  const { text, end } = stream.expect("name", "a variable name");
  if (/^(?:true|false|none)$/i.test(text)) throw stream.error(`cannot assign to \`${text}\``, { start, end });
  return { kind: "name", name: text, start, end };
}
