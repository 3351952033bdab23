import { toText } from "../python-repr.ts";
import { templateError } from "../template-error.ts";
import {
  characters,
  type Dict,
  describeValue,
  dictEntries,
  hasSurrogates,
  isDict,
  isInteger,
  iterate,
  Tuple,
  textLength,
} from "../values.ts";
import { formatMethod } from "./format.ts";
import { type Method, type MethodTable, method } from "./method.ts";

const upper = (text: string): string => text.toUpperCase();
const lower = (text: string): string => text.toLowerCase();

/** Methods of Python's `str`. */
export const stringMethods: MethodTable = new Map<string, Method>([
  ["upper", method("", upper)],
  ["lower", method("", lower)],
  ["casefold", method("", (text: string) => text.toLowerCase().replaceAll("ß", "ss"))],
  ["capitalize", method("", capitalize)],
  ["title", method("", title)],
  [
    "swapcase",
    method("", (text: string) => text.replace(/\p{Lu}|\p{Ll}/gu, (c) => (/\p{Lu}/u.test(c) ? lower(c) : upper(c)))),
  ],
  ["strip", method("chars?", (text: string, chars?: string) => strip(text, chars, "both"))],
  ["lstrip", method("chars?", (text: string, chars?: string) => strip(text, chars, "start"))],
  ["rstrip", method("chars?", (text: string, chars?: string) => strip(text, chars, "end"))],
  [
    "split",
    method("sep?, maxsplit?", (text: string, separator?: unknown, limit?: number) => split(text, separator, limit)),
  ],
  [
    "rsplit",
    method("sep?, maxsplit?", (text: string, separator?: unknown, limit?: number) => rsplit(text, separator, limit)),
  ],
  ["splitlines", method("keepends?", splitLines)],
  ["partition", method("sep", partition)],
  ["rpartition", method("sep", rpartition)],
  ["join", method("items", join)],
  ["replace", method("old, new, count?", replace)],
  [
    "startswith",
    method("prefix, start?, end?", (text: string, prefix: unknown, start?: number, end?: number) =>
      affix(prefix, (p) => cut(text, start, end).startsWith(p)),
    ),
  ],
  [
    "endswith",
    method("suffix, start?, end?", (text: string, suffix: unknown, start?: number, end?: number) =>
      affix(suffix, (s) => cut(text, start, end).endsWith(s)),
    ),
  ],
  [
    "removeprefix",
    method("prefix", (text: string, prefix: string) => (text.startsWith(prefix) ? text.slice(prefix.length) : text)),
  ],
  [
    "removesuffix",
    method("suffix", (text: string, suffix: string) =>
      suffix !== "" && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text,
    ),
  ],
  ["find", method("sub, start?, end?", find)],
  ["rfind", method("sub, start?, end?", rfind)],
  [
    "index",
    method("sub, start?, end?", (text: string, sub: string, start?: number, end?: number) =>
      found(find(text, sub, start, end), sub),
    ),
  ],
  [
    "rindex",
    method("sub, start?, end?", (text: string, sub: string, start?: number, end?: number) =>
      found(rfind(text, sub, start, end), sub),
    ),
  ],
  ["count", method("sub, start?, end?", count)],
  ["format", formatMethod],
  [
    "format_map",
    (self: never, args, _named, frame) =>
      formatMethod(self, [], new Map(dictEntries(args[0] as Dict) as [string, unknown][]), frame),
  ],
  ["center", method("width, fill?", (text: string, width: number, fill = " ") => center(text, width, fill))],
  [
    "ljust",
    method("width, fill?", (text: string, width: number, fill = " ") => text + fill.repeat(missing(text, width))),
  ],
  [
    "rjust",
    method("width, fill?", (text: string, width: number, fill = " ") => fill.repeat(missing(text, width)) + text),
  ],
  [
    "zfill",
    method("width", (text: string, width: number) =>
      text.replace(/^[+-]?/, (sign) => sign + "0".repeat(missing(text, width))),
    ),
  ],
  ["expandtabs", method("tabsize?", expandTabs)],
  ["isdigit", method("", (text: string) => /^[\p{Nd}\u00b2\u00b3\u00b9\u2070-\u2079\u2080-\u2089]+$/u.test(text))],
  ["isdecimal", method("", (text: string) => /^\p{Nd}+$/u.test(text))],
  ["isnumeric", method("", (text: string) => /^\p{N}+$/u.test(text))],
  ["isalpha", method("", (text: string) => /^\p{L}+$/u.test(text))],
  ["isalnum", method("", (text: string) => /^[\p{L}\p{N}]+$/u.test(text))],
  ["isspace", method("", (text: string) => /^\s+$/.test(text))],
  ["isascii", method("", (text: string) => /^\p{ASCII}*$/u.test(text))],
  ["islower", method("", (text: string) => /\p{Ll}/u.test(text) && !/\p{Lu}/u.test(text))],
  ["isupper", method("", (text: string) => /\p{Lu}/u.test(text) && !/\p{Ll}/u.test(text))],
  ["istitle", method("", (text: string) => /\p{L}/u.test(text) && title(text) === text)],
  ["isidentifier", method("", (text: string) => /^[\p{ID_Start}_][\p{ID_Continue}]*$/u.test(text))],
  ["isprintable", method("", (text: string) => !/[\p{C}\p{Zl}\p{Zp}]/u.test(text))],
  ["translate", method("table", translate)],
  // Text stays text here: nothing in templates needs Python's bytes but the filters that take text as well.
  ["encode", method("encoding?, errors?", (text: string) => text)],
  ["decode", method("encoding?, errors?", (text: string) => text)],
]);

export function capitalize(text: string): string {
  const [first = "", ...rest] = characters(text);
  return upper(first) + lower(rest.join(""));
}

/** Python's `title()`: every run of letters starts with a capital, whatever stands before it. */
export function title(text: string): string {
  return text.replace(/\p{L}+/gu, capitalize);
}

export function strip(text: string, chars: string | null | undefined, side: "both" | "start" | "end"): string {
  if (chars === undefined || chars === null) {
    if (side === "both") return text.trim();
    return side === "start" ? text.trimStart() : text.trimEnd();
  }
  const set = new Set(characters(chars));
  const all = characters(text);
  let [start, end] = [0, all.length];
  if (side !== "end") while (start < end && set.has(all[start] as string)) start++;
  if (side !== "start") while (end > start && set.has(all[end - 1] as string)) end--;
  return all.slice(start, end).join("");
}

export function split(text: string, separator: unknown, limit: number = -1): string[] {
  if (separator === undefined || separator === null) {
    const words = text.trimStart();
    if (limit < 0) return words === "" ? [] : words.trimEnd().split(/\s+/);
    const out: string[] = [];
    let rest = words;
    while (rest !== "" && out.length < limit) {
      const [word] = /^\S+/.exec(rest) as unknown as [string];
      out.push(word);
      rest = rest.slice(word.length).trimStart();
    }
    return rest === "" ? out : [...out, rest];
  }
  const parts = text.split(requireSeparator(separator));
  if (limit < 0 || parts.length <= limit + 1) return parts;
  return [...parts.slice(0, limit), parts.slice(limit).join(separator as string)];
}

function rsplit(text: string, separator: unknown, limit: number = -1): string[] {
  if (limit < 0) return split(text, separator);
  if (separator === undefined || separator === null) {
    const out: string[] = [];
    let rest = text.trimEnd();
    while (rest !== "" && out.length < limit) {
      const [word] = /\S+$/.exec(rest) as unknown as [string];
      out.unshift(word);
      rest = rest.slice(0, rest.length - word.length).trimEnd();
    }
    return rest === "" ? out : [rest, ...out];
  }
  const parts = text.split(requireSeparator(separator));
  if (parts.length <= limit + 1) return parts;
  const head = parts.length - limit;
  return [parts.slice(0, head).join(separator as string), ...parts.slice(head)];
}

function requireSeparator(separator: unknown): string {
  if (typeof separator !== "string") throw templateError(`the separator is a string, got ${describeValue(separator)}`);
  if (separator === "") throw templateError("the separator cannot be empty");
  return separator;
}

/** Python also breaks lines at the separators of files, groups and records. */
const SEPARATORS = String.fromCharCode(0x1c, 0x1d, 0x1e);
const BREAK = `\\r\\n|[\\n\\r\\v\\f${SEPARATORS}\\x85\\u2028\\u2029]`;
const LINE = new RegExp(`[^\\n\\r\\v\\f${SEPARATORS}\\x85\\u2028\\u2029]*(?:${BREAK})|.+$`, "gs");
const FINAL_BREAK = new RegExp(`(?:${BREAK})$`);

/** Lines without their breaks, all of Python's kinds; no empty one after a final break. */
export function splitLines(text: string, keepEnds: unknown = false): string[] {
  const lines = text.match(LINE) ?? [];
  return keepEnds === true ? lines : lines.map((line) => line.replace(FINAL_BREAK, ""));
}

function partition(text: string, separator: string): Tuple {
  const at = text.indexOf(requireSeparator(separator));
  if (at === -1) return Tuple.of2(text, "", "");
  return Tuple.of2(text.slice(0, at), separator, text.slice(at + separator.length));
}

function rpartition(text: string, separator: string): Tuple {
  const at = text.lastIndexOf(requireSeparator(separator));
  if (at === -1) return Tuple.of2("", "", text);
  return Tuple.of2(text.slice(0, at), separator, text.slice(at + separator.length));
}

function join(text: string, items: unknown): string {
  return iterate(items)
    .map((item) => {
      if (typeof item !== "string")
        throw templateError(
          `only strings can be joined, got ${describeValue(item)}`,
          "use the filter: `list | join(',')`",
        );
      return item;
    })
    .join(text);
}

export function replace(text: string, old: string, by: string, limit: number = -1): string {
  if (typeof old !== "string" || typeof by !== "string") throw templateError("replace needs two strings");
  if (limit < 0) return old === "" ? between(text, by, Number.POSITIVE_INFINITY) : text.replaceAll(old, () => by);
  if (old === "") return between(text, by, limit);
  let out = "";
  let from = 0;
  for (let round = 0; round < limit; round++) {
    const at = text.indexOf(old, from);
    if (at === -1) break;
    out += text.slice(from, at) + by;
    from = at + old.length;
  }
  return out + text.slice(from);
}

function between(text: string, by: string, limit: number): string {
  let done = 0;
  const put = (): string => (done++ < limit ? by : "");
  return (
    characters(text)
      .map((c) => put() + c)
      .join("") + put()
  );
}

function affix(affixes: unknown, matches: (affix: string) => boolean): boolean {
  if (typeof affixes === "string") return matches(affixes);
  if (affixes instanceof Tuple) return affixes.some((one) => matches(toText(one)));
  throw templateError(`expected a string or a tuple of strings, got ${describeValue(affixes)}`);
}

/** `text[start:end]`, by code points. */
function cut(text: string, start: number = 0, end?: number): string {
  if (start === 0 && end === undefined) return text;
  return hasSurrogates(text) ? characters(text).slice(start, end).join("") : text.slice(start, end);
}

function offsetOf(text: string, start: number): number {
  const size = textLength(text);
  return start < 0 ? Math.max(0, size + start) : start;
}

function find(text: string, sub: string, start: number = 0, end?: number): number {
  const at = cut(text, start, end).indexOf(sub);
  return at === -1 ? -1 : textLength(cut(text, start, end).slice(0, at)) + offsetOf(text, start);
}

function rfind(text: string, sub: string, start: number = 0, end?: number): number {
  const at = cut(text, start, end).lastIndexOf(sub);
  return at === -1 ? -1 : textLength(cut(text, start, end).slice(0, at)) + offsetOf(text, start);
}

function found(at: number, sub: string): number {
  if (at === -1) throw templateError(`the string does not contain "${sub}"`);
  return at;
}

function count(text: string, sub: string, start: number = 0, end?: number): number {
  const part = cut(text, start, end);
  return sub === "" ? textLength(part) + 1 : part.split(sub).length - 1;
}

function missing(text: string, width: number): number {
  if (!isInteger(width) || width > 10_000_000)
    throw templateError(`the width is an integer, got ${describeValue(width)}`);
  return Math.max(0, Number(width) - textLength(text));
}

export function center(text: string, width: number, fill = " "): string {
  const total = missing(text, width);
  // CPython puts the odd blank on the left only when the width is odd too.
  const left = (total >> 1) + (total & width & 1);
  return fill.repeat(left) + text + fill.repeat(total - left);
}

function expandTabs(text: string, size: number = 8): string {
  return text
    .split(/(?<=[\n\r])/)
    .map((line) => {
      let out = "";
      for (const c of line) out += c === "\t" ? " ".repeat(size > 0 ? size - (out.length % size) : 0) : c;
      return out;
    })
    .join("");
}

function translate(text: string, table: unknown): string {
  if (!isDict(table)) throw templateError("translate needs a dict");
  return characters(text)
    .map((c) => {
      const by = table[String(c.codePointAt(0))];
      return by === undefined ? c : by === null ? "" : typeof by === "number" ? String.fromCodePoint(by) : toText(by);
    })
    .join("");
}
