import type { NamedArguments } from "../callable.ts";
import type { Frame } from "../frame.ts";
import { formatSpec } from "../python-format.ts";
import { repr, toText } from "../python-repr.ts";
import { templateError } from "../template-error.ts";
import { Undefined } from "../undefined.ts";
import { TemplateObject } from "../values.ts";
import type { Method } from "./method.ts";

/** A date formats itself: `"{:%Y-%m-%d}".format(now())`. */
export interface Formattable {
  format(spec: string): string;
}

/** Python's `"{} {0} {name!r:>10}".format(...)`. */
export const formatMethod: Method = (self: string, args, named, frame) =>
  format(self, { args, named, frame, next: 0 }, 0);

interface Arguments {
  readonly args: readonly unknown[];
  readonly named: NamedArguments;
  readonly frame: Frame;
  /** Index that the next `{}` takes. */
  next: number;
}

function format(text: string, given: Arguments, depth: number): string {
  if (depth > 2) throw templateError("format specifiers are nested too deeply");
  let out = "";
  for (let at = 0; at < text.length; ) {
    const c = text[at] as string;
    if ((c === "{" || c === "}") && text[at + 1] === c) {
      out += c;
      at += 2;
    } else if (c === "}") throw templateError("single `}` in the format string");
    else if (c === "{") {
      const end = fieldEnd(text, at);
      out += field(text.slice(at + 1, end), given, depth);
      at = end + 1;
    } else {
      const next = text.slice(at).search(/[{}]/);
      const end = next === -1 ? text.length : at + next;
      out += text.slice(at, end);
      at = end;
    }
  }
  return out;
}

function fieldEnd(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    if (text[at] === "{") depth++;
    else if (text[at] === "}" && --depth === 0) return at;
  }
  throw templateError("`{` is never closed in the format string");
}

function field(text: string, given: Arguments, depth: number): string {
  const match = /^(?<path>[^!:]*)(?:!(?<conversion>[rsa]))?(?::(?<spec>[\s\S]*))?$/.exec(text);
  if (!match?.groups) throw templateError(`invalid field \`{${text}}\` in the format string`);
  const { path = "", conversion, spec = "" } = match.groups;
  let value = read(path, given);
  if (conversion === "r" || conversion === "a") value = repr(value);
  if (conversion === "s") value = toText(value);
  const fullSpec = format(spec, given, depth + 1);
  if (value instanceof TemplateObject && "format" in value) return (value as unknown as Formattable).format(fullSpec);
  return formatSpec(value, fullSpec);
}

function read(path: string, given: Arguments): unknown {
  const head = /^[^.[]*/.exec(path)?.[0] ?? "";
  const { args, named, frame } = given;
  let value: unknown;
  if (head === "" || /^\d+$/.test(head)) {
    const index = head === "" ? given.next++ : Number(head);
    if (index >= args.length) throw templateError(`the format string needs ${index + 1} arguments, got ${args.length}`);
    value = args[index];
  } else {
    if (!named.has(head)) throw templateError(`the format string needs the argument \`${head}\``);
    value = named.get(head);
  }
  for (const part of path.slice(head.length).matchAll(/\.([^.[]+)|\[([^\]]*)\]/g)) {
    const [, attribute, key] = part;
    value =
      attribute !== undefined
        ? frame.attribute(value, attribute)
        : frame.item(value, /^\d+$/.test(key as string) ? Number(key) : key);
  }
  if (value instanceof Undefined) throw value.toError();
  return value;
}
