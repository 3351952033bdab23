import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { Float } from "../lib/float.ts";
import { parseBoolean } from "../task/args.ts";
import type { SettingType } from "./config-settings.ts";

/** What surrounds a value: relative paths start at `base`, `$NAME` comes from `env`. */
export interface ValueContext {
  readonly base: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A value that is not what its setting takes. */
export interface BadValue {
  readonly expected: string;
}

/** The value of a setting that was written as text, in ansible.cfg or the environment. */
export function valueOfText(type: SettingType, written: string, context: ValueContext): unknown {
  const text = written.trim().replace(/^(["'])([^]*)\1$/, "$2");
  switch (type) {
    case "text":
      return text;
    case "boolean":
      return parseBoolean(text) ?? bad("true or false");
    case "integer":
      return /^-?\d{1,9}$/.test(text) ? Number(text) : bad("a whole number");
    case "list":
      return split(text, ",");
    case "path":
      return expandPath(text, context);
    case "sources":
      return sources(text, context);
    case "search path":
      return split(text, ":").map((part) => expandPath(part, context));
    default:
      return oneOf(type.choices, text);
  }
}

/** The same for a value of `tsrun.yaml`, where lists are lists. */
export function valueOfYaml(type: SettingType, value: unknown, context: ValueContext): unknown {
  if (Array.isArray(value)) {
    if (!value.every((item) => typeof item === "string")) return bad("a list of texts");
    if (type === "list") return value;
    if (type === "search path") return value.map((item) => expandPath(item, context));
    if (type === "sources") return value.flatMap((item) => sources(item, context));
    return bad(describeType(type));
  }
  // YAML reads `no` as false; a setting with such words gets them back.
  if (typeof value === "boolean" && typeof type === "object") return oneOf(type.choices, value ? "yes" : "no");
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean" || value instanceof Float) {
    return valueOfText(type, String(value), context);
  }
  return bad(describeType(type));
}

export function isBad(value: unknown): value is BadValue {
  return typeof value === "object" && value !== null && "expected" in value;
}

export function describeType(type: SettingType): string {
  if (typeof type === "object") return `one of ${type.choices.map((choice) => `\`${choice}\``).join(", ")}`;
  const words = { boolean: "true or false", integer: "a whole number", text: "text", path: "a path" };
  return type in words ? words[type as keyof typeof words] : "a list";
}

function bad(expected: string): BadValue {
  return { expected };
}

function oneOf(choices: readonly string[], text: string): unknown {
  return choices.includes(text) ? text : bad(describeType({ choices }));
}

function split(text: string, separator: string): readonly string[] {
  return text
    .split(separator)
    .map((part) => part.trim())
    .filter(Boolean);
}

/** `web1,web2,` is a list of hosts; `a.yaml,b.yaml` are two sources. */
function sources(text: string, context: ValueContext): readonly string[] {
  if (/,\s*$/.test(text)) return [text];
  return split(text, ",").map((part) => expandPath(part, context));
}

/** Ansible's `resolve_path`: `~`, `$NAME` and `{{CWD}}`; relative to the file that says it. */
function expandPath(written: string, { base, cwd, env }: ValueContext): string {
  const path = written
    .replaceAll("{{CWD}}", cwd)
    .replace(/\$(\w+|\{\w+\})/g, (whole, name: string) => env[name.replace(/[{}]/g, "")] ?? whole);
  if (path === "~" || path.startsWith("~/")) return join(env["HOME"] || homedir(), path.slice(1));
  return isAbsolute(path) ? path : resolve(base, path);
}
