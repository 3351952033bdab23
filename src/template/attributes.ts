import { TsrunError } from "../lib/errors.ts";
import { Float } from "../lib/float.ts";
import { didYouMean } from "../lib/suggest.ts";
import type { Span } from "./ast.ts";
import { findMethod } from "./methods/index.ts";
import { reprText } from "./python-repr.ts";
import type { Located } from "./syntax.ts";
import { templateError } from "./template-error.ts";
import { Undefined } from "./undefined.ts";
import {
  characters,
  describeValue,
  dictGet,
  hasSurrogates,
  isDict,
  isHashable,
  isInteger,
  TemplateObject,
  Tuple,
  typeName,
} from "./values.ts";

/** Where an attribute was asked for, for the error message should it not exist. */
export interface AccessSite {
  readonly located: Located;
  readonly span: Span;
  /** Text of the expression left of the dot or bracket. */
  readonly target: string;
}

/** `value.name`: a method first, then a key, as Jinja2 does. Missing: an {@link Undefined} that knows its path. */
export function getAttribute(value: unknown, name: string, site?: AccessSite): unknown {
  if (isDict(value)) {
    const method = findMethod(value, name);
    if (method !== undefined) return method;
    const found = readKey(value, name);
    return found === undefined ? missing(value, name, site) : found;
  }
  if (value instanceof Undefined) return value;
  if (value instanceof TemplateObject) return value.attribute(name) ?? missing(value, name, site);
  return findMethod(value, name) ?? missing(value, name, site);
}

/** `value[key]`: a key or an index first, then a method. */
export function getItem(value: unknown, key: unknown, site?: AccessSite): unknown {
  if (value instanceof Undefined) return value;
  if (key instanceof Undefined) throw key.toError();
  if (isDict(value)) {
    if (!isHashable(key)) throw templateError(`${describeValue(key)} cannot be the key of a dict`);
    const found = readKey(value, key);
    if (found !== undefined) return found;
    if (typeof key === "string") return findMethod(value, key) ?? missing(value, key, site);
    return missing(value, key, site);
  }
  if (Array.isArray(value) || typeof value === "string") return getIndexed(value, key, site);
  if (value instanceof TemplateObject && typeof key === "string")
    return value.attribute(key) ?? missing(value, key, site);
  if (value instanceof TemplateObject && value.iterate) return getIndexed(value.iterate(), key, site);
  return missing(value, key, site);
}

function getIndexed(value: readonly unknown[] | string, key: unknown, site: AccessSite | undefined): unknown {
  if (typeof key === "string") return findMethod(value, key) ?? missing(value, key, site);
  if (!isInteger(key) && typeof key !== "boolean") return missing(value, key, site);
  const items = typeof value === "string" && hasSurrogates(value) ? characters(value) : value;
  const index = Number(key);
  const found = items[index < 0 ? items.length + index : index];
  return found === undefined ? missing(value, key, site) : found;
}

/** A lazy property that ends in an undefined variable is undefined itself. */
function readKey(dict: Record<string, unknown>, key: unknown): unknown {
  try {
    return dictGet(dict, key);
  } catch (error) {
    if (error instanceof TsrunError && error.code === "E_UNDEFINED") return Undefined.fromError(error);
    throw error;
  }
}

function missing(value: unknown, key: unknown, site: AccessSite | undefined): Undefined {
  const member = typeof key === "string" ? `\`${key}\`` : `\`${String(key instanceof Float ? key.value : key)}\``;
  if (!site) return new Undefined({ message: `${describeValue(value)} has no member ${member}` });
  const { target } = site;
  const path =
    typeof key === "string" && /^[\p{ID_Start}_][\p{ID_Continue}]*$/u.test(key)
      ? `${target}.${key}`
      : `${target}[${keyLiteral(key)}]`;
  const hint = (): string => {
    if (Array.isArray(value) && typeof key !== "string") return `\`${target}\` has ${value.length} item(s)`;
    const near =
      isDict(value) && typeof key === "string" ? didYouMean(key, Object.keys(value).slice(0, 2000)) : undefined;
    if (typeof value === "string" && /^\s*(\{[^]*\}|\[[^]*\])\s*$/.test(value))
      return `\`${target}\` is text that looks like a list or mapping: write it as YAML, or as one expression in \`{{ }}\``;
    const what = isDict(value) ? "" : ` and is ${/^[aeiou]/i.test(typeName(value)) ? "an" : "a"} ${typeName(value)}`;
    return `\`${target}\` exists${what}; it has no member ${member}${near ? `, ${near}` : ""}`;
  };
  return new Undefined({ path, hint, located: site.located, span: site.span });
}

function keyLiteral(key: unknown): string {
  return typeof key === "string" ? reprText(key) : String(key instanceof Float ? key.value : key);
}

/** `value[from:to:step]` with Python's rules for negative and missing parts. */
export function slice(value: unknown, from: unknown, to: unknown, step: unknown): unknown {
  if (value instanceof Undefined) throw value.toError();
  if (typeof value !== "string" && !Array.isArray(value))
    throw templateError(`${describeValue(value)} cannot be sliced`);
  const items = typeof value === "string" ? characters(value) : value;
  const stride = part(step) ?? 1;
  if (stride === 0) throw templateError("the step of a slice cannot be zero");
  const size = items.length;
  const clampTo = (index: number, low: number, high: number): number =>
    Math.min(Math.max(index < 0 ? index + size : index, low), high);
  const [low, high] = stride > 0 ? [0, size] : [-1, size - 1];
  const start = part(from) === undefined ? (stride > 0 ? low : high) : clampTo(part(from) as number, low, high);
  const stop = part(to) === undefined ? (stride > 0 ? high : low) : clampTo(part(to) as number, low, high);
  const out: unknown[] = value instanceof Tuple ? new Tuple() : [];
  for (let at = start; stride > 0 ? at < stop : at > stop; at += stride) out.push(items[at]);
  return typeof value === "string" ? out.join("") : out;
}

function part(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (value instanceof Undefined) throw value.toError();
  if (!isInteger(value) && typeof value !== "boolean")
    throw templateError(`the parts of a slice are integers, got ${describeValue(value)}`);
  return Number(value);
}
