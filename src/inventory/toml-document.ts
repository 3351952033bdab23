import { createRequire } from "node:module";
import type * as Toml from "smol-toml";
import { messageOf, TsrunError } from "../lib/errors.ts";
import type { SourceFile } from "../lib/source.ts";

type Mapping = Readonly<Record<string, unknown>>;

/** An inventory in TOML as the mapping that one in YAML is: `children`, which TOML writes as a list, becomes a mapping. */
export function tomlDocument(source: SourceFile): Mapping {
  const { parse, TomlError } = createRequire(import.meta.url)("smol-toml") as typeof Toml;
  try {
    const document = parse(source.text, { integersAsBigInt: "asNeeded" });
    return Object.fromEntries(Object.entries(document).map(([name, group]) => [name, asInYaml(group)]));
  } catch (thrown) {
    // The library shows the lines after its first one; positions are shown by whoever renders the error.
    const [message] = messageOf(thrown).split("\n");
    throw new TsrunError({
      code: "E_INVENTORY",
      message: (message ?? "").replace(/^Invalid TOML document: /, "no TOML: "),
      at: thrown instanceof TomlError ? rangeAt(source, thrown.line, thrown.column) : { source, start: 0, end: 0 },
    });
  }
}

function asInYaml(group: unknown): unknown {
  if (!isMapping(group)) return group;
  const { children } = group;
  const copy = plain(group) as Record<string, unknown>;
  if (Array.isArray(children)) copy["children"] = Object.fromEntries(children.map((name) => [String(name), null]));
  return copy;
}

/** Tables as ordinary objects, dates as text. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Date) return value.toISOString();
  if (!isMapping(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]));
}

function rangeAt(source: SourceFile, line: number, column: number): TsrunError["at"] {
  const before = source.text.split("\n").slice(0, line - 1);
  const start = before.reduce((sum, text) => sum + text.length + 1, 0) + column - 1;
  return { source, start, end: start + 1 };
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
