import { framePlugin, plugin } from "../callable.ts";
import { contains } from "../compare.ts";
import { parseIp } from "../filters/ip-address.ts";
import { compile } from "../filters/regex.ts";
import type { PluginTable } from "../filters/table.ts";
import { uniqueItems } from "../filters/unique-items.ts";
import { splitUrl } from "../filters/url.ts";
import type { Frame } from "../frame.ts";
import { toText } from "../python-repr.ts";
import { templateError } from "../template-error.ts";
import { isTruthy } from "../truth.ts";
import { type Dict, describeValue, isDict, isFloat, isList, iterate, toNumber } from "../values.ts";
import { compareVersions } from "./version.ts";

/** Ansible's tests. */
export const ansibleTests: PluginTable = {
  ...aliases(
    ["failed", "failure"],
    plugin("", (value: unknown) => flag(value, "failed")),
  ),
  ...aliases(
    ["succeeded", "success", "successful"],
    plugin("", (value: unknown) => !flag(value, "failed")),
  ),
  ...aliases(
    ["changed", "change"],
    plugin("", (value: unknown) => isChanged(result(value, "changed"))),
  ),
  ...aliases(
    ["skipped", "skip"],
    plugin("", (value: unknown) => flag(value, "skipped")),
  ),
  unreachable: plugin("", (value: unknown) => flag(value, "unreachable")),
  reachable: plugin("", (value: unknown) => !flag(value, "unreachable")),
  timedout: plugin("", (value: unknown) => isTruthy(dictPart(result(value, "timedout"), "timedout") ?? false)),
  started: framePlugin("", (frame: Frame, value: unknown) => asyncFlag(frame, value, "started")),
  finished: framePlugin("", (frame: Frame, value: unknown) => asyncFlag(frame, value, "finished")),
  regex: plugin("pattern?, ignorecase?, multiline?, match_type?", regex),
  search: plugin(
    "pattern?, ignorecase?, multiline?",
    (value: unknown, pattern: unknown, ignoreCase?: unknown, multiline?: unknown) =>
      regex(value, pattern, ignoreCase, multiline, "search"),
  ),
  match: plugin(
    "pattern?, ignorecase?, multiline?",
    (value: unknown, pattern: unknown, ignoreCase?: unknown, multiline?: unknown) =>
      regex(value, pattern, ignoreCase, multiline, "match"),
  ),
  ...aliases(["version", "version_compare"], plugin("version, operator?, strict?, version_type?", compareVersions)),
  any: plugin("", (value: unknown) => iterate(value).some(isTruthy)),
  all: plugin("", (value: unknown) => iterate(value).every(isTruthy)),
  truthy: plugin("convert_bool?", truthy),
  falsy: plugin("convert_bool?", (value: unknown, convert?: unknown) => !truthy(value, convert)),
  ...aliases(
    ["subset", "issubset"],
    plugin("other", (a: unknown, b: unknown) => isSubset(a, b)),
  ),
  ...aliases(
    ["superset", "issuperset"],
    plugin("other", (a: unknown, b: unknown) => isSubset(b, a)),
  ),
  contains: plugin("value", (container: unknown, value: unknown) => contains(container, value)),
  ...aliases(
    ["nan", "isnan"],
    plugin("", (value: unknown) => isFloat(value) && Number.isNaN(toNumber(value))),
  ),
  vault_encrypted: plugin("", (value: unknown) => typeof value === "string" && value.startsWith("$ANSIBLE_VAULT;")),
  uri: plugin("schemes?", (value: unknown, schemes?: unknown) => isUri(value, schemes)),
  url: plugin("schemes?", (value: unknown, schemes?: unknown) => {
    const { netloc, scheme } = splitUrl(toText(value));
    return isUri(value, schemes) && (netloc !== "" || scheme === "file");
  }),
  urn: plugin("", (value: unknown) => isUri(value, ["urn"])),
  ip: plugin("", (value: unknown) => typeof value === "string" && parseIp(value) !== undefined),
  ip_address: plugin("", (value: unknown) => typeof value === "string" && parseIp(value)?.hasPrefix === false),
  ipv4_address: plugin("", (value: unknown) => typeof value === "string" && parseIp(value)?.version === 4),
  ipv6_address: plugin("", (value: unknown) => typeof value === "string" && parseIp(value)?.version === 6),
};

function aliases<T>(names: readonly string[], test: T): Record<string, T> {
  return Object.fromEntries(names.map((name) => [name, test]));
}

function result(value: unknown, test: string): Dict {
  if (!isDict(value))
    throw templateError(
      `test \`${test}\` needs the result of a task, got ${describeValue(value)}`,
      "use the name that `register` gave",
    );
  return value;
}

function dictPart(value: Dict, name: string): unknown {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}

function flag(value: unknown, name: string): boolean {
  return isTruthy(dictPart(result(value, name), name) ?? false);
}

/** A looped result is changed when one of its items is. */
function isChanged(value: Dict): boolean {
  const own = dictPart(value, "changed");
  if (own !== undefined) return isTruthy(own);
  const results = dictPart(value, "results");
  return isList(results) && results.some((item) => isDict(item) && isTruthy(dictPart(item, "changed") ?? false));
}

/** Jobs that `async` started count their states as 0 and 1. */
function asyncFlag(frame: Frame, value: unknown, name: string): boolean {
  const state = dictPart(result(value, name), name);
  if (state !== undefined) return state === 1 || state === true;
  frame.env.warn?.({ message: `test \`${name}\` expects the result of an \`async\` task` });
  return true;
}

function regex(
  value: unknown,
  pattern: unknown = "",
  ignoreCase: unknown = false,
  multiline: unknown = false,
  how: unknown = "search",
): boolean {
  if (typeof value !== "string")
    throw templateError(`expected text to match, got ${describeValue(value)}`, "convert it with `| string`");
  const compiled = compile(pattern, ignoreCase, multiline);
  if (how === "search") return compiled.regex.test(value);
  const sticky = new RegExp(
    how === "fullmatch" ? `(?:${compiled.regex.source})(?![\\s\\S])` : compiled.regex.source,
    `${compiled.regex.flags}y`,
  );
  return sticky.test(value);
}

function truthy(value: unknown, convert: unknown = false): boolean {
  if (isTruthy(convert) && (typeof value === "string" || typeof value === "number")) {
    const text = toText(value).toLowerCase().trim();
    if (["y", "yes", "on", "1", "true", "t", "1.0"].includes(text)) return true;
    if (["n", "no", "off", "0", "false", "f", "0.0"].includes(text)) return false;
  }
  return isTruthy(value);
}

function isSubset(inner: unknown, outer: unknown): boolean {
  const known = uniqueItems(iterate(outer));
  return iterate(inner).every((item) => known.has(item));
}

function isUri(value: unknown, schemes: unknown): boolean {
  if (typeof value !== "string") return false;
  if (schemes === undefined || schemes === null || !isTruthy(schemes)) return true;
  return contains(schemes, splitUrl(value).scheme);
}
