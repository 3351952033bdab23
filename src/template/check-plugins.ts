import { TsrunError } from "../lib/errors.ts";
import { didYouMean } from "../lib/suggest.ts";
import { childExpressions, type ExpressionNode, type StatementNode } from "./ast.ts";
import type { Environment } from "./environment.ts";
import { Expression } from "./expression.ts";
import { hasLookup, lookupNames } from "./lookup.ts";
import { findPlugin } from "./plugin-name.ts";
import type { Located } from "./syntax.ts";
import type { Template } from "./template.ts";

/** Errors for every filter and test of a template that the environment does not have; found before anything runs. */
export function checkPlugins(parsed: Expression | Template, env: Environment): readonly TsrunError[] {
  const errors: TsrunError[] = [];
  const check = (node: ExpressionNode): void => {
    if (node.kind === "embedded") errors.push(...checkPlugins(node.template, env));
    if (node.kind === "filter" || node.kind === "test") {
      const error = unknown(node, env, parsed.located);
      if (error) errors.push(error);
    }
    if (node.kind === "call") {
      const error = unknownLookup(node, env, parsed.located);
      if (error) errors.push(error);
    }
    childExpressions(node).forEach(check);
  };
  if (parsed instanceof Expression) check(parsed.node);
  else for (const node of parsed.body) walk(node, check);
  return errors;
}

function unknown(
  node: Extract<ExpressionNode, { kind: "filter" | "test" }>,
  env: Environment,
  located: Located,
): TsrunError | undefined {
  const known = node.kind === "filter" ? env.filters : env.tests;
  if (findPlugin<unknown>(known, node.name)) return undefined;
  return new TsrunError({
    code: node.kind === "filter" ? "E_UNKNOWN_FILTER" : "E_UNKNOWN_TEST",
    message: `unknown ${node.kind} \`${node.name}\``,
    at: located.range(node.nameSpan),
    hint: didYouMean(node.name, known.keys()),
  });
}

/** `lookup('name', …)` with a constant name. */
function unknownLookup(
  { callee, positional }: Extract<ExpressionNode, { kind: "call" }>,
  env: Environment,
  located: Located,
): TsrunError | undefined {
  const [first] = positional;
  if (callee.kind !== "name" || !/^(?:lookup|query|q)$/.test(callee.name) || first?.kind !== "constant")
    return undefined;
  if (typeof first.value !== "string" || hasLookup(env, first.value)) return undefined;
  return new TsrunError({
    code: "E_UNKNOWN_LOOKUP",
    message: `unknown lookup \`${first.value}\``,
    at: located.range(first),
    hint: didYouMean(first.value, lookupNames(env)),
  });
}

function walk(node: StatementNode, check: (node: ExpressionNode) => void): void {
  const bodies: (readonly StatementNode[])[] = [];
  switch (node.kind) {
    case "text":
    case "break":
    case "continue":
      return;
    case "output":
    case "do":
    case "set":
      check(node.value);
      break;
    case "if":
      for (const branch of node.branches) {
        check(branch.test);
        bodies.push(branch.body);
      }
      bodies.push(node.otherwise);
      break;
    case "for":
      check(node.iterable);
      if (node.filter) check(node.filter);
      bodies.push(node.body, node.otherwise);
      break;
    case "set-block":
      if (node.filter) check(node.filter);
      bodies.push(node.body);
      break;
    case "filter-block":
      check(node.filter);
      bodies.push(node.body);
      break;
    case "with":
      for (const [, value] of node.bindings) check(value);
      bodies.push(node.body);
      break;
    case "macro":
      for (const { fallback } of node.parameters) if (fallback) check(fallback);
      bodies.push(node.body);
      break;
    case "call-block":
      check(node.call);
      walk(node.caller, check);
      break;
    case "block":
    case "scope":
      bodies.push(node.body);
      break;
    case "extends":
    case "include":
    case "import":
    case "from":
      check(node.template);
  }
  for (const body of bodies) for (const inner of body) walk(inner, check);
}
