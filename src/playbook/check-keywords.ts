import type { SourceRange } from "../lib/source.ts";
import { didYouMean } from "../lib/suggest.ts";
import { rangeOf, rangeOfKey, rangeOfValue } from "../yaml/positions.ts";
import { type Keywords, LOOP_CONTROL, REMOVED, type Shape } from "./keywords.ts";
import type { Mapping } from "./model.ts";
import type { Problems } from "./problems.ts";
import { describe, isMapping, isOpen, isText, isVariableName, textOf } from "./values.ts";

/** Reports a key that is no keyword at this level. `what`: "play", "task", … */
export function reportUnknownKeyword(
  problems: Problems,
  mapping: Mapping,
  key: string,
  keywords: Keywords,
  what: string,
): void {
  const replacement = Object.hasOwn(REMOVED, key) ? REMOVED[key] : undefined;
  problems.report({
    code: "E_UNKNOWN_KEYWORD",
    message: `unknown keyword \`${key}\` in ${/^`?[aeiou]/.test(what) ? "an" : "a"} ${what}`,
    at: rangeOfKey(mapping, key),
    hint: replacement ? `write \`${replacement}\`` : didYouMean(key, Object.keys(keywords)),
  });
}

/** Checks the shapes of all known keywords of a mapping. */
export function checkShapes(problems: Problems, mapping: Mapping, keywords: Keywords): void {
  for (const [key, value] of Object.entries(mapping)) {
    const shape = Object.hasOwn(keywords, key) ? keywords[key] : undefined;
    if (shape !== undefined) checkShape(problems, mapping, key, value, shape);
  }
}

/** Reports a value of another shape than expected. Empty values count as "not set". */
export function checkShape(
  problems: Problems,
  container: object,
  key: string | number,
  value: unknown,
  shape: Shape,
): void {
  if (value === null) return;
  if (shape === "vars") return checkVars(problems, container, key, value);
  if (key === "loop_control") return checkLoopControl(problems, container, value);
  if (isOpen(value) || fits(value, shape)) return;
  const closed = typeof shape === "object" ? shape : undefined;
  const at =
    shape === "mappings" || shape === "conditions" || shape === "texts"
      ? misfit(container, key, value, shape)
      : undefined;
  problems.report({
    code: "E_KEYWORD_VALUE",
    message: `\`${key}\`: expected ${expectation(shape)}, got ${describe(at?.value ?? value)}`,
    at: at?.range ?? rangeOfValue(container, key) ?? rangeOf(container),
    hint: closed && typeof value === "string" ? didYouMean(value, closed) : example(key, value),
  });
}

/** How a keyword is written whose shape people get wrong. */
function example(key: string | number, value: unknown): string | undefined {
  if (key !== "environment") return undefined;
  const pair = /^([A-Za-z_]\w*)=(\S*)$/.exec(String(Array.isArray(value) ? value[0] : value));
  return `environment: { ${pair?.[1] ?? "NAME"}: ${pair?.[2] || "value"} }`;
}

function fits(value: unknown, shape: Shape): boolean {
  if (typeof shape === "object")
    return shape.includes(String(value).replace(/^ansible\.builtin\./, "")) || isForeign(value);
  switch (shape) {
    case "any":
      return true;
    case "text":
      return isText(value) || typeof value === "boolean";
    case "boolean":
      return (
        typeof value === "boolean" ||
        value === 0 ||
        value === 1 ||
        /^(?:yes|no|true|false|on|off|y|n|t|f|1|0)$/i.test(plainText(value))
      );
    case "integer":
      return /^-?\d+$/.test(plainText(value));
    case "number":
      return /^-?\d+(?:\.\d*)?%?$/.test(plainText(value));
    case "texts":
      return Array.isArray(value) ? value.every((item) => isText(item)) : isText(value);
    case "conditions":
      return (Array.isArray(value) ? value : [value]).every((item) => isText(item) || typeof item === "boolean");
    case "mapping":
    case "vars":
      return isMapping(value);
    case "mappings":
      return Array.isArray(value) ? value.every((item) => isMapping(item) || isOpen(item)) : isMapping(value);
    case "list":
      return Array.isArray(value) || isText(value);
    case "tasks":
      return Array.isArray(value);
  }
}

/** Strategies and the like of collections are known only when they are looked for. */
function isForeign(value: unknown): boolean {
  return typeof value === "string" && value.split(".").length >= 3;
}

function plainText(value: unknown): string {
  return isText(value) ? textOf(value) : "";
}

function expectation(shape: Shape): string {
  if (typeof shape === "object") return `one of ${shape.map((choice) => `\`${choice}\``).join(", ")}`;
  switch (shape) {
    case "boolean":
      return "`true` or `false`";
    case "integer":
      return "a whole number";
    case "number":
      return "a number";
    case "texts":
      return "text or a list of texts";
    case "conditions":
      return "an expression or a list of expressions";
    case "mappings":
      return "a mapping or a list of mappings";
    case "tasks":
      return "a list of tasks";
    case "list":
      return "a list";
    case "mapping":
    case "vars":
      return "a mapping";
    case "text":
    case "any":
      return "text";
  }
}

/** The one item of a list that does not fit. */
function misfit(
  container: object,
  key: string | number,
  value: unknown,
  shape: Shape,
): { readonly value: unknown; readonly range: SourceRange | undefined } | undefined {
  if (!Array.isArray(value)) return undefined;
  const index = value.findIndex((item) => Array.isArray(item) || !(isOpen(item) || fits(item, shape)));
  if (index < 0) return undefined;
  return { value: value[index], range: rangeOfValue(value, index) ?? rangeOfValue(container, key) };
}

/** `vars:` is a mapping of names; a list of mappings was allowed until ansible-core 2.18. */
function checkVars(problems: Problems, container: object, key: string | number, value: unknown): void {
  for (const vars of Array.isArray(value) ? value : [value]) {
    if (!isMapping(vars)) {
      problems.report({
        code: "E_KEYWORD_VALUE",
        message: `\`${key}\`: expected a mapping of variables, got ${describe(vars)}`,
        at: rangeOfValue(container, key),
      });
      continue;
    }
    for (const name of Object.keys(vars)) checkVariableName(problems, name, rangeOfKey(vars, name));
  }
}

/** Reports a name that no template could use. */
export function checkVariableName(problems: Problems, name: string, at: SourceRange | undefined): void {
  if (isVariableName(name) || isOpen(name)) return;
  const better = name.replace(/\W+/g, "_").replace(/^(?=\d)/, "_");
  problems.report({
    code: "E_VARIABLE_NAME",
    message: `\`${name}\` is no variable name: expected letters, digits and underscores, not starting with a digit`,
    at,
    hint: isVariableName(better) ? `write \`${better}\`` : undefined,
  });
}

function checkLoopControl(problems: Problems, container: object, value: unknown): void {
  if (!isMapping(value)) {
    problems.report({
      code: "E_KEYWORD_VALUE",
      message: `\`loop_control\`: expected a mapping, got ${describe(value)}`,
      at: rangeOfValue(container, "loop_control"),
      hint: 'loop_control: { label: "{{ item.name }}" }',
    });
    return;
  }
  for (const key of Object.keys(value)) {
    if (!Object.hasOwn(LOOP_CONTROL, key)) reportUnknownKeyword(problems, value, key, LOOP_CONTROL, "loop_control");
  }
  checkShapes(problems, value, LOOP_CONTROL);
  for (const key of ["loop_var", "index_var"]) {
    if (typeof value[key] === "string") checkVariableName(problems, value[key], rangeOfValue(value, key));
  }
}
