import { didYouMean } from "../lib/suggest.ts";
import type { BinaryOperator, CallArguments, CompareOperator, ExpressionNode, SliceNode } from "./ast.ts";
import { type AccessSite, getAttribute, getItem, slice } from "./attributes.ts";
import { Callable, type NamedArguments, NO_NAMED, type Plugin } from "./callable.ts";
import { compare, contains, equals } from "./compare.ts";
import { readOperand } from "./braced.ts";
import { compileEmbedded } from "./embedded.ts";
import type { Environment } from "./environment.ts";
import type { Frame } from "./frame.ts";
import { pairsOf } from "./methods/dict.ts";
import { warnOfSpelling } from "./number-and-text.ts";
import { binary, unary } from "./operators.ts";
import { joinParts } from "./parts.ts";
import { findPlugin } from "./plugin-name.ts";
import { toText } from "./python-repr.ts";
import type { Located } from "./syntax.ts";
import { locate, templateError } from "./template-error.ts";
import { isTruthy } from "./truth.ts";
import { Undefined } from "./undefined.ts";
import { describeValue, iterate, makeDict, TemplateObject, Tuple } from "./values.ts";

/** An expression turned into a function: parsing and dispatch are paid once. */
export type Evaluator = (frame: Frame) => unknown;

/** Compiles an expression to closures. Errors get the position of the innermost node that failed. */
export function compileExpression(node: ExpressionNode, located: Located): Evaluator {
  switch (node.kind) {
    case "constant": {
      const { value } = node;
      return () => value;
    }
    case "name":
      return compileName(node, located);
    case "list":
    case "tuple":
      return compileItems(node.items, node.kind === "tuple", located);
    case "dict":
      return compileDict(node, located);
    case "attribute":
      return compileAttribute(node, located);
    case "item":
      return compileItem(node, located);
    case "slice":
      throw templateError("a slice stands only inside brackets");
    case "call":
      return compileCall(node, located);
    case "filter":
    case "test":
      return compilePlugin(node, located);
    case "unary":
      return compileUnary(node, located);
    case "binary":
      return compileBinary(node, located);
    case "and":
    case "or":
      return compileLogic(node, located);
    case "concat": {
      const parts = node.operands.map((operand) => compileExpression(operand, located));
      return guarded(node, located, (frame) => parts.map((part) => toText(part(frame))).join(""));
    }
    case "compare":
      return compileCompare(node, located);
    case "conditional":
      return compileConditional(node, located);
    case "block-text":
      return (frame) => frame.blockText;
    case "braced": {
      const inner = compileExpression(node.inner, located);
      return (frame) => readOperand(inner(frame), frame.scope, node.isTested);
    }
    case "embedded":
      return compileEmbeddedTemplate(node, located);
  }
}

type Of<K extends ExpressionNode["kind"]> = Extract<ExpressionNode, { kind: K }>;

function guarded(node: ExpressionNode, located: Located, evaluate: Evaluator): Evaluator {
  return (frame) => {
    try {
      return evaluate(frame);
    } catch (error) {
      return locate(error, located, node);
    }
  };
}

function compileName(node: Of<"name">, located: Located): Evaluator {
  const { name } = node;
  return (frame) => {
    const local = frame.locals?.get(name);
    return local === undefined ? frame.resolve(name, node, located) : local;
  };
}

function compileItems(items: readonly ExpressionNode[], isTuple: boolean, located: Located): Evaluator {
  const parts = items.map((item) => compileExpression(item, located));
  if (isTuple) return (frame) => Tuple.of2(...parts.map((part) => part(frame)));
  return (frame) => parts.map((part) => part(frame));
}

function compileDict(node: Of<"dict">, located: Located): Evaluator {
  const pairs = node.pairs.map(
    ([key, value]) => [compileExpression(key, located), compileExpression(value, located)] as const,
  );
  return guarded(node, located, (frame) => makeDict(pairs.map(([key, value]) => [defined(key(frame)), value(frame)])));
}

function defined(value: unknown): unknown {
  if (value instanceof Undefined) throw value.toError();
  return value;
}

function siteOf(node: ExpressionNode, target: ExpressionNode, located: Located): AccessSite {
  return { located, span: node, target: located.text.slice(target.start, target.end) };
}

function compileAttribute(node: Of<"attribute">, located: Located): Evaluator {
  const target = compileExpression(node.target, located);
  const site = siteOf(node, node.target, located);
  const { name } = node;
  return (frame) => getAttribute(target(frame), name, site);
}

function compileItem(node: Of<"item">, located: Located): Evaluator {
  const target = compileExpression(node.target, located);
  if (node.key.kind === "slice") return compileSlice(node, node.key, target, located);
  const key = compileExpression(node.key, located);
  const site = siteOf(node, node.target, located);
  return guarded(node, located, (frame) => getItem(target(frame), key(frame), site));
}

function compileSlice(node: ExpressionNode, key: SliceNode, target: Evaluator, located: Located): Evaluator {
  const part = (expression: ExpressionNode | undefined): Evaluator =>
    expression ? compileExpression(expression, located) : () => undefined;
  const [from, to, step] = [part(key.from), part(key.to), part(key.step)];
  return guarded(node, located, (frame) => slice(target(frame), from(frame), to(frame), step(frame)));
}

interface CompiledArguments {
  readonly positional: (frame: Frame) => readonly unknown[];
  readonly named: (frame: Frame) => NamedArguments;
}

const NO_ARGUMENTS: readonly unknown[] = [];

function compileArguments(call: CallArguments, located: Located): CompiledArguments {
  const parts = call.positional.map((part) => compileExpression(part, located));
  const named = call.named.map(([name, value]) => [name, compileExpression(value, located)] as const);
  const spread = call.spread && compileExpression(call.spread, located);
  const spreadNamed = call.spreadNamed && compileExpression(call.spreadNamed, located);
  return {
    positional: (frame) => {
      if (spread) return [...parts.map((part) => part(frame)), ...iterate(spread(frame))];
      return parts.length === 0 ? NO_ARGUMENTS : parts.map((part) => part(frame));
    },
    named: (frame) => {
      if (named.length === 0 && !spreadNamed) return NO_NAMED;
      const values = new Map<string, unknown>(named.map(([name, value]) => [name, value(frame)]));
      if (spreadNamed) for (const [name, value] of pairsOf(spreadNamed(frame))) values.set(toText(name), value);
      return values;
    },
  };
}

function compileEmbeddedTemplate(node: Of<"embedded">, located: Located): Evaluator {
  const warning = {
    message: "a template inside a string inside an expression",
    at: located.range(node),
    hint: "use the variable itself; join text with `~`",
  };
  return guarded(node, located, (frame) => {
    frame.env.warn?.(warning);
    return joinParts(frame.engine.runModule(node.template, frame.scope, frame.env, frame).parts);
  });
}

const LOOKUPS = new Set(["lookup", "query", "q"]);

function compileCall(node: Of<"call">, located: Located): Evaluator {
  const { callee } = node;
  const call = callee.kind === "name" && LOOKUPS.has(callee.name) ? compileEmbedded(node, located) : node;
  const target = compileExpression(callee, located);
  const args = compileArguments(call, located);
  const text = located.text.slice(callee.start, callee.end);
  return guarded(node, located, (frame) => {
    const value = target(frame);
    if (value instanceof Undefined) throw value.toError();
    if (value instanceof Callable) {
      const [positional, named] = [args.positional(frame), args.named(frame)];
      return value.call(frame, positional, named);
    }
    if (value instanceof TemplateObject && "invoke" in value) {
      return (value as TemplateObject & Invokable).invoke(frame, args.positional(frame), args.named(frame));
    }
    throw templateError(`\`${text}\` is ${describeValue(value)}: it cannot be called`);
  });
}

/** An object that can be called as well, such as `loop` in a recursive loop. */
export interface Invokable {
  invoke(frame: Frame, args: readonly unknown[], named: NamedArguments): unknown;
}

function compilePlugin(node: Of<"filter"> | Of<"test">, located: Located): Evaluator {
  const input = compileExpression(node.input, located);
  const args = compileArguments(node, located);
  const { kind, name } = node;
  const simple = node.positional.length === 0 && node.named.length === 0 && !node.spread && !node.spreadNamed;
  // One environment serves a whole run: what was found is remembered for it.
  let knownFor: Environment | undefined;
  let known: Plugin | undefined;
  return (frame) => {
    try {
      if (frame.env !== knownFor) {
        known = findPlugin(kind === "filter" ? frame.env.filters : frame.env.tests, name);
        knownFor = frame.env;
      }
      if (!known) throw unknownPlugin(node, frame.env);
      const value = input(frame);
      if (simple) return known.run(frame, value, NO_ARGUMENTS, NO_NAMED);
      return known.run(frame, value, args.positional(frame), args.named(frame));
    } catch (error) {
      return locate(error, located, node.nameSpan);
    }
  };
}

/** The error for a filter or test that nobody has. */
export function unknownPlugin(node: Of<"filter"> | Of<"test">, env: Environment): Error {
  const names = (node.kind === "filter" ? env.filters : env.tests).keys();
  const code = node.kind === "filter" ? "E_UNKNOWN_FILTER" : "E_UNKNOWN_TEST";
  return templateError(`unknown ${node.kind} \`${node.name}\``, didYouMean(node.name, names), code);
}

function compileUnary(node: Of<"unary">, located: Located): Evaluator {
  const operand = compileExpression(node.operand, located);
  const { operator } = node;
  if (operator === "not") return guarded(node, located, (frame) => !isTruthy(operand(frame)));
  return guarded(node, located, (frame) => unary(operator, operand(frame)));
}

function compileBinary(node: Of<"binary">, located: Located): Evaluator {
  // A long chain `a + b + …` leans to the left: walked as a loop, so that it cannot exhaust the stack.
  const chain: { readonly node: Of<"binary">; readonly operator: BinaryOperator; readonly right: Evaluator }[] = [];
  let first: ExpressionNode = node;
  while (first.kind === "binary") {
    chain.unshift({ node: first, operator: first.operator, right: compileExpression(first.right, located) });
    first = first.left;
  }
  const start = compileExpression(first, located);
  return (frame) => {
    let value = start(frame);
    for (const link of chain) {
      const right = link.right(frame);
      try {
        value = binary(link.operator, value, right);
      } catch (error) {
        locate(error, located, link.node);
      }
    }
    return value;
  };
}

function compileLogic(node: Of<"and"> | Of<"or">, located: Located): Evaluator {
  const operands = node.operands.map((operand) => compileExpression(operand, located));
  const stopAt = node.kind === "or";
  return guarded(node, located, (frame) => {
    let value: unknown;
    for (const operand of operands) {
      value = operand(frame);
      if (isTruthy(value) === stopAt) return value;
    }
    return value;
  });
}

function compileCompare(node: Of<"compare">, located: Located): Evaluator {
  const first = compileExpression(node.first, located);
  const rest = node.rest.map(([operator, operand]) => [operator, compileExpression(operand, located)] as const);
  return guarded(node, located, (frame) => {
    let left = first(frame);
    for (const [operator, operand] of rest) {
      const right = operand(frame);
      if (operator === "==" || operator === "!=") warnOfSpelling(left, right, frame.env, () => located.range(node));
      if (!compareOne(operator, left, right)) return false;
      left = right;
    }
    return true;
  });
}

function compareOne(operator: CompareOperator, left: unknown, right: unknown): boolean {
  switch (operator) {
    case "==":
      return equals(left, right);
    case "!=":
      return !equals(left, right);
    case "in":
      return contains(right, left);
    case "not in":
      return !contains(right, left);
    case "<":
      return compare(left, right) < 0;
    case "<=":
      return compare(left, right) <= 0;
    case ">":
      return compare(left, right) > 0;
    case ">=":
      return compare(left, right) >= 0;
  }
}

function compileConditional(node: Of<"conditional">, located: Located): Evaluator {
  const test = compileExpression(node.test, located);
  const value = compileExpression(node.value, located);
  const otherwise = node.otherwise && compileExpression(node.otherwise, located);
  const message = "the condition of the inline `if` is false and it has no `else`";
  // The implicit `else` is Jinja2's plain undefined even where undefined is strict (jinja2/compiler.py: cond_expr_undefined).
  return guarded(node, located, (frame) => {
    if (isTruthy(test(frame))) return value(frame);
    return otherwise ? otherwise(frame) : new Undefined({ message, located, span: node, isLenient: true });
  });
}
