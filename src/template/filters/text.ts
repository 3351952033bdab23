import { framePlugin, type NamedArguments, namedToDict, plugin } from "../callable.ts";
import { capitalize, center, replace, split, splitLines, strip } from "../methods/string.ts";
import { formatPercent } from "../python-format.ts";
import { toText } from "../python-repr.ts";
import { templateError } from "../template-error.ts";
import { isTruthy } from "../truth.ts";
import { characters, describeValue, isInteger, Tuple, textLength } from "../values.ts";
import type { PluginTable } from "./table.ts";
import { wordWrap } from "./word-wrap.ts";

/** Filters that turn text into text. */
export const textFilters: PluginTable = {
  upper: plugin("", (value: unknown) => toText(value).toUpperCase()),
  lower: plugin("", (value: unknown) => toText(value).toLowerCase()),
  capitalize: plugin("", (value: unknown) => capitalize(toText(value))),
  title: plugin("", (value: unknown) => titleWords(toText(value))),
  trim: plugin("chars?", (value: unknown, chars?: string) => strip(toText(value), chars, "both")),
  string: plugin("", (value: unknown) => toText(value)),
  safe: plugin("", (value: unknown) => toText(value)),
  center: plugin("width?", (value: unknown, width = 80) => center(toText(value), width)),
  indent: plugin("width?, first?, blank?", indent),
  replace: plugin("old, new, count?", (value: unknown, old: unknown, by: unknown, count?: number | null) =>
    replace(toText(value), toText(old), toText(by), count ?? -1),
  ),
  format: plugin("*values, **named", format),
  truncate: plugin("length?, killwords?, end?, leeway?", truncate),
  wordcount: plugin("", (value: unknown) => toText(value).match(/[\p{L}\p{N}_]+/gu)?.length ?? 0),
  wordwrap: framePlugin(
    "width?, break_long_words?, wrapstring?, break_on_hyphens?",
    (_frame, value: unknown, width = 79, breakLong: unknown = true, wrap?: string, hyphens: unknown = true) =>
      wordWrap(toText(value), width, isTruthy(breakLong), wrap ?? "\n", isTruthy(hyphens)),
  ),
  comment: plugin("style?, **options", comment),
  quote: plugin("", (value: unknown) => shellQuote(value === null ? "" : toText(value))),
  split: plugin("sep?, maxsplit?", (value: unknown, separator?: unknown, limit?: number) =>
    split(toText(value), separator, limit),
  ),
  splitlines: plugin("", (value: unknown) => splitLines(toText(value))),
  regex_escape: plugin("re_type?", (value: unknown, type: unknown = "python") => regexEscape(toText(value), type)),
};

/** Jinja2's `title`: a capital after blanks, dashes and opening brackets, the rest small. */
function titleWords(text: string): string {
  return text
    .split(/([-\s({[<]+)/)
    .map((word) => (characters(word)[0] ?? "").toUpperCase() + characters(word).slice(1).join("").toLowerCase())
    .join("");
}

function indent(value: unknown, width: unknown = 4, first: unknown = false, blank: unknown = false): string {
  if (typeof width !== "string" && !isInteger(width))
    throw templateError(`the width is a number or a string, got ${describeValue(width)}`);
  const prefix = typeof width === "string" ? width : " ".repeat(Math.max(0, Number(width)));
  if (typeof value !== "string") throw templateError(`\`indent\` needs text, got ${describeValue(value)}`);
  const lines = splitLines(`${value}\n`);
  const body = lines
    .map((line, index) => (index === 0 || (line === "" && !isTruthy(blank)) ? line : prefix + line))
    .join("\n");
  return isTruthy(first) ? prefix + body : body;
}

function format(value: unknown, values: readonly unknown[], named: NamedArguments): string {
  if (values.length > 0 && named.size > 0)
    throw templateError("`format` takes positional or named arguments, not both");
  return formatPercent(toText(value), named.size > 0 ? namedToDict(named) : Tuple.of2(...values));
}

function truncate(
  value: unknown,
  length = 255,
  killWords: unknown = false,
  end = "...",
  leeway: number | null = 5,
): string {
  const text = toText(value);
  const keep = length - textLength(end);
  if (keep < 0) throw templateError(`\`truncate\` needs a length of at least ${textLength(end)}`);
  if (textLength(text) <= length + (leeway ?? 5)) return text;
  const head = characters(text).slice(0, keep).join("");
  if (isTruthy(killWords)) return head + end;
  const blank = head.lastIndexOf(" ");
  return (blank === -1 ? head : head.slice(0, blank)) + end;
}

interface CommentStyle {
  readonly decoration: string;
  readonly beginning?: string;
  readonly end?: string;
}

const COMMENT_STYLES: Readonly<Record<string, CommentStyle>> = {
  plain: { decoration: "# " },
  erlang: { decoration: "% " },
  c: { decoration: "// " },
  cblock: { beginning: "/*", decoration: " * ", end: " */" },
  xml: { beginning: "<!--", decoration: " - ", end: "-->" },
};

/** Puts text into a comment of some language, line by line. */
function comment(value: unknown, style: unknown = "plain", options: NamedArguments = new Map()): string {
  const base = typeof style === "string" && Object.hasOwn(COMMENT_STYLES, style) ? COMMENT_STYLES[style] : undefined;
  if (!base)
    throw templateError(
      `unknown comment style ${describeValue(style)}`,
      `it is one of ${Object.keys(COMMENT_STYLES).join(", ")}`,
    );
  const option = (name: string, fallback: string): string => (options.has(name) ? toText(options.get(name)) : fallback);
  const count = (name: string): number => (options.has(name) ? Number(options.get(name)) : 1);
  const newline = option("newline", "\n");
  const decoration = option("decoration", base.decoration);
  const beginning = option("beginning", base.beginning ?? "");
  const prefix = option("prefix", decoration.trimEnd());
  const postfix = option("postfix", decoration.trimEnd());
  const end = option("end", base.end ?? "");
  const head = prefix === "" ? "" : (prefix === newline ? newline : prefix + newline).repeat(count("prefix_count"));
  const body = (decoration + toText(value).replaceAll(newline, () => newline + decoration)).replaceAll(
    decoration + newline,
    () => decoration.trimEnd() + newline,
  );
  const tail = (newline + postfix).repeat(count("postfix_count"));
  return `${beginning && beginning + newline}${head}${body}${tail}${end && newline + end}`;
}

/** Quotes for a POSIX shell, as Python's `shlex.quote`. */
export function shellQuote(text: string): string {
  if (text === "") return "''";
  return /[^\w@%+=:,./-]/.test(text) ? `'${text.replaceAll("'", `'"'"'`)}'` : text;
}

function regexEscape(text: string, type: unknown): string {
  if (type === "python")
    return text.replace(/[\t\n\v\f\r !"#$%&'()*+,./:;<=>?@[\\\]^`{|}~-]/g, (c) =>
      /[!"%',/:;<=>@`]/.test(c) ? c : `\\${c}`,
    );
  if (type === "posix_basic") return text.replace(/[\].[^$*\\]/g, "\\$&");
  throw templateError(`unknown kind of regular expression ${describeValue(type)}`, "it is `python` or `posix_basic`");
}
