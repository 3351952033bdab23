import { Float } from "../lib/float.ts";
import { compare } from "./compare.ts";
import { DateTime } from "./datetime.ts";
import { printFloat } from "./python-float.ts";
import { templateError } from "./template-error.ts";
import { Undefined } from "./undefined.ts";
import { describeValue, dictEntries, isDict, isInteger, Omit, TemplateObject } from "./values.ts";
import { YamlEmitter, type YamlNode, type YamlScalarStyle } from "./yaml-emitter.ts";
import { resolvesTo } from "./yaml-resolve.ts";

export interface YamlStyle {
  /** False: block style. True: flow style. Undefined: flow for the innermost collections, as PyYAML's `None`. */
  readonly flow?: boolean | undefined;
  readonly indent?: number | undefined;
  readonly width?: number | undefined;
  readonly sortKeys?: boolean;
  readonly explicitStart?: boolean;
  readonly explicitEnd?: boolean;
  readonly style?: YamlScalarStyle | undefined;
}

const MAX_DEPTH = 200;

/** YAML text as PyYAML writes it, which is what `to_yaml` and `to_nice_yaml` give. Values that repeat are written out. */
export function dumpYaml(value: unknown, style: YamlStyle = {}): string {
  const node = represent(value, style, 0);
  return new YamlEmitter(style.indent, style.width).document(
    node,
    style.explicitStart ?? false,
    style.explicitEnd ?? false,
  );
}

function represent(value: unknown, style: YamlStyle, depth: number): YamlNode {
  if (depth > MAX_DEPTH) throw templateError("the value is nested too deeply for YAML, or contains itself");
  if (value instanceof Undefined) throw value.toError();
  if (Array.isArray(value)) {
    const items = value.map((item) => represent(item, style, depth + 1));
    return { kind: "sequence", items, flow: style.flow ?? items.every(isPlainScalar) };
  }
  if (isDict(value)) {
    const entries = dictEntries(value);
    if (style.sortKeys ?? true) sortKeys(entries);
    const pairs = entries.map(
      ([key, item]) => [represent(key, style, depth + 1), represent(item, style, depth + 1)] as const,
    );
    return {
      kind: "mapping",
      pairs,
      flow: style.flow ?? pairs.every(([key, item]) => isPlainScalar(key) && isPlainScalar(item)),
    };
  }
  if (value instanceof TemplateObject && value.iterate) return represent([...value.iterate()], style, depth);
  return scalar(value, style);
}

/** PyYAML leaves the order alone when keys of different types cannot be compared. */
function sortKeys(entries: [unknown, unknown][]): void {
  const before = [...entries];
  try {
    entries.sort((a, b) => compare(a[0], b[0]));
  } catch {
    entries.splice(0, entries.length, ...before);
  }
}

function isPlainScalar(node: YamlNode): boolean {
  return node.kind === "scalar" && node.style === undefined;
}

function scalar(value: unknown, { style }: YamlStyle): YamlNode {
  const [tag, text] = scalarText(value);
  const implicit = resolvesTo(text) === tag;
  return { kind: "scalar", text, tag, plain: implicit, quoted: tag === "str", style };
}

function scalarText(value: unknown): readonly [tag: string, text: string] {
  if (typeof value === "string") return ["str", value];
  if (value === null || value === undefined) return ["null", "null"];
  if (typeof value === "boolean") return ["bool", String(value)];
  if (isInteger(value)) return ["int", BigInt(value).toString()];
  if (typeof value === "number" || value instanceof Float) return ["float", floatText(value)];
  if (value instanceof DateTime) return ["timestamp", value.iso(" ")];
  if (value === Omit) throw templateError("`omit` cannot be written as YAML");
  throw templateError(`${describeValue(value)} cannot be written as YAML`);
}

function floatText(value: number | Float): string {
  const text = printFloat(value);
  if (text === "nan") return ".nan";
  if (text.endsWith("inf")) return text.replace("inf", ".inf");
  return text.includes(".") ? text : text.replace("e", ".0e");
}
