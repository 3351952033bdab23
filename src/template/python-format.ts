import type { Float } from "../lib/float.ts";
import { fixed, printFloat, pythonExponent } from "./python-float.ts";
import { repr, toText } from "./python-repr.ts";
import { templateError } from "./template-error.ts";
import {
  characters,
  describeValue,
  dictGet,
  isDict,
  isFloat,
  isInteger,
  isNumber,
  Tuple,
  textLength,
  toNumber,
} from "./values.ts";

const PERCENT =
  /%(?:\((?<key>[^)]*)\))?(?<flags>[-+ #0]*)(?<width>\*|\d+)?(?:\.(?<precision>\*|\d*))?[hlL]?(?<type>[\s\S])?/g;
const MAX_WIDTH = 1_000_000;

/** Python's `text % values`: printf formats, by position or by key of a dict. */
export function formatPercent(format: string, values: unknown): string {
  const list = values instanceof Tuple ? [...values] : [values];
  let used = 0;
  let byKey = false;
  const take = (): unknown => {
    if (used >= list.length) throw templateError("not enough arguments for the format string");
    return list[used++];
  };
  const text = format.replace(PERCENT, (whole, ...rest) => {
    const { key, flags, width, precision, type } = rest.at(-1) as Record<string, string | undefined>;
    if (type === undefined) throw templateError(`incomplete format \`${whole}\``);
    if (type === "%") return "%";
    if (key !== undefined && !isDict(values)) throw templateError("this format needs a dict");
    if (key !== undefined) byKey = true;
    const size = width === "*" ? Number(take()) : Number(width ?? 0);
    const digits = precision === "*" ? Number(take()) : precision === undefined ? undefined : Number(precision || 0);
    checkSize(size, digits);
    const value = key === undefined ? take() : lookup(values as Record<string, unknown>, key);
    return pad(percentField(type, value, flags ?? "", digits), size, flags ?? "", "dioxXeEfFgGu".includes(type));
  });
  const unused = !byKey && used < list.length;
  if (unused && (values instanceof Tuple || (!isDict(values) && !Array.isArray(values)))) {
    throw templateError("not all arguments were used by the format string");
  }
  return text;
}

function lookup(values: Record<string, unknown>, key: string): unknown {
  const value = dictGet(values, key);
  if (value === undefined) throw templateError(`the format needs the key \`${key}\``);
  return value;
}

function percentField(type: string, value: unknown, flags: string, digits: number | undefined): string {
  switch (type) {
    case "s":
      return clip(toText(value), digits);
    case "r":
    case "a":
      return clip(repr(value), digits);
    case "c":
      return isInteger(value) ? String.fromCodePoint(Number(value)) : toText(value);
    case "d":
    case "i":
    case "u":
      return signed(formatInteger(value, 10, digits), flags);
    case "x":
    case "X":
    case "o": {
      const text = signed(formatInteger(value, type === "o" ? 8 : 16, digits), flags);
      const prefixed = flags.includes("#") ? text.replace(/^([-+ ]?)/, `$10${type.toLowerCase()}`) : text;
      return type === "X" ? prefixed.toUpperCase() : prefixed;
    }
    case "e":
    case "E":
    case "f":
    case "F":
    case "g":
    case "G":
      return signed(formatFloat(number(value), type, digits ?? 6, flags.includes("#")), flags);
    default:
      throw templateError(`unknown format character \`%${type}\``);
  }
}

function formatInteger(value: unknown, radix: number, digits: number | undefined): string {
  if (!isNumber(value) || (radix !== 10 && isFloat(value))) {
    throw templateError(`this format needs a number, got ${describeValue(value)}`, "convert text with `| int`");
  }
  const whole = isFloat(value) ? BigInt(Math.trunc(toNumber(value))) : BigInt(value as number | bigint | boolean);
  const text = (whole < 0n ? -whole : whole).toString(radix).padStart(digits ?? 0, "0");
  return whole < 0n ? `-${text}` : text;
}

/** One of e, f, g (or capitals) with `digits` as precision. */
export function formatFloat(value: number, type: string, digits: number, keepZeros = false): string {
  const lower = type.toLowerCase();
  let text: string;
  if (!Number.isFinite(value)) text = printFloat(value);
  else if (lower === "f") text = fixed(value, digits);
  else if (lower === "e") text = pythonExponent(value.toExponential(Math.min(digits, 100)));
  else text = general(value, digits || 1, keepZeros);
  return type === lower ? text : text.toUpperCase();
}

function general(value: number, precision: number, keepZeros: boolean): string {
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const scientific = value.toExponential(Math.min(precision - 1, 100));
  const exponent = Number(scientific.slice(scientific.indexOf("e") + 1));
  const trim = (text: string): string => (keepZeros || !text.includes(".") ? text : text.replace(/\.?0+$/, ""));
  if (exponent >= -4 && exponent < precision) return trim(fixed(value, precision - 1 - exponent));
  const [mantissa, power] = scientific.split("e") as [string, string];
  return pythonExponent(`${trim(mantissa)}e${power}`);
}

function signed(text: string, flags: string): string {
  if (text.startsWith("-")) return text;
  return flags.includes("+") ? `+${text}` : flags.includes(" ") ? ` ${text}` : text;
}

function pad(text: string, width: number, flags: string, isNumeric: boolean): string {
  const missing = width - textLength(text);
  if (missing <= 0) return text;
  if (flags.includes("-")) return text + " ".repeat(missing);
  if (flags.includes("0") && isNumeric) {
    const head = /^[-+ ]?(?:0[xXo])?/.exec(text)?.[0] ?? "";
    return head + "0".repeat(missing) + text.slice(head.length);
  }
  return " ".repeat(missing) + text;
}

function number(value: unknown): number {
  if (!isNumber(value))
    throw templateError(`this format needs a number, got ${describeValue(value)}`, "convert text with `| float`");
  return toNumber(value);
}

function clip(text: string, digits: number | undefined): string {
  return digits === undefined ? text : characters(text).slice(0, digits).join("");
}

function checkSize(width: number, digits: number | undefined): void {
  if (Math.abs(width) > MAX_WIDTH || (digits ?? 0) > MAX_WIDTH) throw templateError("this format's width is too large");
}

const SPEC =
  /^(?:(?<fill>[\s\S])?(?<align>[<>=^]))?(?<sign>[-+ ])?(?<alternate>#)?(?<zero>0)?(?<width>\d+)?(?<group>[,_])?(?:\.(?<precision>\d+))?(?<type>[bcdeEfFgGnosxX%])?$/u;

/** Python's `format(value, spec)`: the part after the colon in `"{:>8.2f}".format(x)`. */
export function formatSpec(value: unknown, spec: string): string {
  if (spec === "") return toText(value);
  const groups = SPEC.exec(spec)?.groups;
  if (!groups) throw templateError(`invalid format specifier \`${spec}\``);
  const { fill, align, sign, alternate, zero, width, group, precision, type } = groups;
  const digits = precision === undefined ? undefined : Number(precision);
  checkSize(Number(width ?? 0), digits);
  const isText = typeof value === "string" || !isNumber(value);
  let body = isText ? clip(toText(value), digits) : numberBody(value, type, digits, alternate !== undefined);
  if (isText && type !== undefined && type !== "s")
    throw templateError(`format \`${type}\` needs a number, got ${describeValue(value)}`);
  if (group) body = body.replace(/^(-?\d+)/, (whole) => whole.replace(/\B(?=(\d{3})+$)/g, group));
  if (!isText) body = signed(body, sign === "-" ? "" : (sign ?? ""));
  const missing = Number(width ?? 0) - textLength(body);
  if (missing <= 0) return body;
  const filler = fill ?? (zero ? "0" : " ");
  const place = align ?? (zero && !isText ? "=" : isText ? "<" : ">");
  if (place === "<") return body + filler.repeat(missing);
  if (place === ">") return filler.repeat(missing) + body;
  if (place === "^") return filler.repeat(missing >> 1) + body + filler.repeat(missing - (missing >> 1));
  const head = /^[-+ ]?(?:0[xXob])?/.exec(body)?.[0] ?? "";
  return head + filler.repeat(missing) + body.slice(head.length);
}

function numberBody(
  value: number | bigint | Float | boolean,
  type: string | undefined,
  digits: number | undefined,
  alternate: boolean,
): string {
  if (type === "%") return `${fixed(toNumber(value) * 100, digits ?? 6)}%`;
  if (type !== undefined && "eEfFgG".includes(type)) return formatFloat(toNumber(value), type, digits ?? 6, alternate);
  if (isFloat(value))
    return type === undefined && digits !== undefined ? formatFloat(toNumber(value), "g", digits) : printFloat(value);
  if (type === undefined && typeof value === "boolean") return toText(value);
  const radix = type === "x" || type === "X" ? 16 : type === "o" ? 8 : type === "b" ? 2 : 10;
  if (type === "c") return String.fromCodePoint(Number(value));
  const text = formatInteger(value, radix, undefined);
  const prefixed = alternate && radix !== 10 ? text.replace(/^(-?)/, `$10${type?.toLowerCase() ?? ""}`) : text;
  return type === "X" ? prefixed.toUpperCase() : prefixed;
}
