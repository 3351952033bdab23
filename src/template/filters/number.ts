import { toFloat } from "../../lib/float.ts";
import { plugin } from "../callable.ts";
import { small } from "../operators.ts";
import { fixed, roundTo } from "../python-float.ts";
import { toText } from "../python-repr.ts";
import { templateError } from "../template-error.ts";
import { isTruthy } from "../truth.ts";
import { describeValue, isFloat, isInteger, isNumber, toNumber } from "../values.ts";
import type { PluginTable } from "./table.ts";

/** Filters over numbers. */
export const numberFilters: PluginTable = {
  int: plugin("default?, base?", toInteger),
  float: plugin("default?", (value: unknown, fallback: unknown = toFloat(0)) => parseFloatText(value) ?? fallback),
  abs: plugin("", absolute),
  round: plugin("precision?, method?", round),
  filesizeformat: plugin("binary?", fileSize),
  log: plugin("base?", (value: unknown, base?: unknown) =>
    logarithm(number(value), base === undefined ? Math.E : number(base)),
  ),
  pow: plugin("y", (value: unknown, power: unknown) => toFloat(number(value) ** number(power))),
  root: plugin("base?", (value: unknown, base: unknown = 2) => root(number(value), number(base))),
  human_readable: plugin("isbits?, unit?", humanReadable),
  human_to_bytes: plugin("default_unit?, isbits?", humanToBytes),
};

function number(value: unknown): number {
  if (!isNumber(value))
    throw templateError(`expected a number, got ${describeValue(value)}`, "convert text with `| int` or `| float`");
  return toNumber(value);
}

function toInteger(value: unknown, fallback: unknown = 0, base: unknown = 10): unknown {
  if (typeof value === "string") {
    const whole = parseInteger(value, Number(base));
    if (whole !== undefined) return whole;
    const float = parseFloatText(value);
    return float === undefined ? fallback : truncate(toNumber(float as number), fallback);
  }
  if (typeof value === "boolean") return Number(value);
  if (isInteger(value)) return value;
  return isFloat(value) ? truncate(toNumber(value), fallback) : fallback;
}

function truncate(value: number, fallback: unknown): unknown {
  if (!Number.isFinite(value)) return fallback;
  return small(BigInt(Math.trunc(value)));
}

/** Python's `int(text, base)`; undefined when the text is no such number. */
function parseInteger(text: string, base: number): number | bigint | undefined {
  const match = /^\s*([+-]?)(0[xob])?_?([\da-z]+(?:_[\da-z]+)*)\s*$/i.exec(text);
  if (!match || base < 0 || base === 1 || base > 36) return undefined;
  const [, sign, , body = ""] = match;
  let [, , prefix = "", digits = body] = match;
  const prefixBase = { "0x": 16, "0o": 8, "0b": 2 }[prefix.toLowerCase()];
  if (prefix !== "" && base !== 0 && base !== prefixBase) {
    digits = prefix + digits;
    prefix = "";
  }
  const radix = base === 0 ? (prefixBase ?? 10) : base;
  digits = digits.replaceAll("_", "").toLowerCase();
  if (base === 0 && prefix === "" && /^0+[1-9]/.test(digits)) return undefined;
  let total = 0n;
  if (radix === 10) {
    if (!/^\d+$/.test(digits)) return undefined;
    total = BigInt(digits);
  } else {
    for (const c of digits) {
      const digit = Number.parseInt(c, 36);
      if (digit >= radix) return undefined;
      total = total * BigInt(radix) + BigInt(digit);
    }
  }
  return small(sign === "-" ? -total : total);
}

/** Python's `float(value)`; undefined when it is no number. */
function parseFloatText(value: unknown): unknown {
  if (isNumber(value)) return toFloat(toNumber(value));
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  if (/^[+-]?(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:e[+-]?\d+)?$/i.test(text))
    return toFloat(Number(text.replaceAll("_", "")));
  const special = /^([+-]?)(?:(inf(?:inity)?)|nan)$/i.exec(text);
  if (!special) return undefined;
  return special[2] === undefined
    ? Number.NaN
    : special[1] === "-"
      ? Number.NEGATIVE_INFINITY
      : Number.POSITIVE_INFINITY;
}

function absolute(value: unknown): unknown {
  if (typeof value === "bigint") return value < 0n ? -value : value;
  if (isFloat(value)) return toFloat(Math.abs(toNumber(value)));
  return Math.abs(number(value));
}

function round(value: unknown, precision: unknown = 0, method: unknown = "common"): unknown {
  if (!isNumber(value))
    throw templateError(`\`round\` needs a number, got ${describeValue(value)}`, "convert text with `| float`");
  const digits = Number(precision);
  if (method === "common") {
    // Python rounds an integer to an integer.
    if (!isFloat(value)) return digits >= 0 ? value : roundTo(toNumber(value), digits);
    return toFloat(roundTo(toNumber(value), digits));
  }
  if (method !== "ceil" && method !== "floor")
    throw templateError("the method of `round` is `common`, `ceil` or `floor`");
  return toFloat(Math[method](toNumber(value) * 10 ** digits) / 10 ** digits);
}

function fileSize(value: unknown, binary: unknown = false): string {
  const parsed = parseFloatText(value);
  if (parsed === undefined) throw templateError(`\`filesizeformat\` needs a number, got ${describeValue(value)}`);
  const bytes = toNumber(parsed as number);
  const base = isTruthy(binary) ? 1024 : 1000;
  if (bytes === 1) return "1 Byte";
  if (bytes < base) return `${Math.trunc(bytes)} Bytes`;
  const prefixes = isTruthy(binary)
    ? ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"]
    : ["kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"];
  const at = Math.min(prefixes.length - 1, prefixes.findIndex((_, index) => bytes < base ** (index + 2)) >>> 0);
  return `${fixed((base * bytes) / base ** (at + 2), 1)} ${prefixes[at] as string}`;
}

function logarithm(value: number, base: number): unknown {
  if (value <= 0) throw templateError("`log` needs a positive number");
  return toFloat(
    base === 10 ? Math.log10(value) : base === Math.E ? Math.log(value) : Math.log(value) / Math.log(base),
  );
}

function root(value: number, base: number): unknown {
  if (value < 0) throw templateError("`root` needs a number that is not negative");
  return toFloat(base === 2 ? Math.sqrt(value) : value ** (1 / base));
}

const UNITS = ["Y", "Z", "E", "P", "T", "G", "M", "K", "B"] as const;

function unitSize(unit: string): number | undefined {
  const at = UNITS.indexOf(unit as (typeof UNITS)[number]);
  return at === -1 ? undefined : 1024 ** (UNITS.length - 1 - at);
}

function humanReadable(value: unknown, bits: unknown = false, unit?: unknown): string {
  const size = number(value);
  const base = isTruthy(bits) ? "bits" : "Bytes";
  const wanted = unit === undefined || unit === null ? undefined : toText(unit).toUpperCase();
  const letter =
    UNITS.find((one) => (wanted === undefined ? size >= (unitSize(one) as number) : wanted === one)) ?? "B";
  return `${fixed(size / (unitSize(letter) as number), 2)} ${letter === "B" ? base : letter + (base[0] as string)}`;
}

function humanToBytes(value: unknown, defaultUnit?: unknown, bits: unknown = false): unknown {
  const match = /^\s*(\d*\.?\d*)\s*([A-Za-z]+)?/.exec(toText(value));
  const amount = Number(match?.[1] === "" ? Number.NaN : match?.[1]);
  if (Number.isNaN(amount))
    throw templateError(`cannot read a size from ${describeValue(value)}`, "for example `10M` or `1.5 GB`");
  const unit = match?.[2] ?? (defaultUnit === undefined || defaultUnit === null ? undefined : toText(defaultUnit));
  if (unit === undefined) return small(BigInt(roundTo(amount, 0)));
  const letter = (unit[0] as string).toUpperCase();
  const size = unitSize(letter);
  if (size === undefined) throw templateError(`unknown unit \`${unit}\``, `it is one of ${UNITS.join(", ")}`);
  const [mark, name] = isTruthy(bits) ? ["b", "bit"] : ["B", "byte"];
  if (unit.length > 1 && !unit.toLowerCase().includes(name) && unit[1] !== mark) {
    throw templateError(`unknown unit \`${unit}\``, `write \`${letter}${mark}\` or \`${letter}\``);
  }
  return small(BigInt(roundTo(amount * size, 0)));
}
