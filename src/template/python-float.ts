import { Float } from "../lib/float.ts";

/** Python's `repr` of a float: the shortest digits that read back, with an exponent below 1e-4 and from 1e16 on. */
export function printFloat(value: number | Float): string {
  const number = value instanceof Float ? value.value : value;
  if (Number.isNaN(number)) return "nan";
  if (!Number.isFinite(number)) return number > 0 ? "inf" : "-inf";
  if (Object.is(number, -0)) return "-0.0";
  const magnitude = Math.abs(number);
  if (magnitude !== 0 && (magnitude < 1e-4 || magnitude >= 1e16)) return pythonExponent(number.toExponential());
  const text = String(number);
  return text.includes(".") ? text : `${text}.0`;
}

/** `1e+5` of JavaScript to `1e+05` of C. */
export function pythonExponent(text: string): string {
  return text.replace(/e([+-])(\d)$/, "e$10$2");
}

/** A number with exactly `digits` decimals, correctly rounded (half to even) from its exact binary value. */
export function fixed(value: number, digits: number): string {
  if (!Number.isFinite(value)) return printFloat(value);
  const negative = value < 0 || Object.is(value, -0);
  const [mantissa, exponent] = decompose(Math.abs(value));
  const scaled = mantissa * 10n ** BigInt(digits);
  const rounded = exponent >= 0 ? scaled << BigInt(exponent) : roundShift(scaled, BigInt(-exponent));
  const text = rounded.toString().padStart(digits + 1, "0");
  const whole = text.slice(0, text.length - digits);
  const fraction = digits > 0 ? `.${text.slice(text.length - digits)}` : "";
  return `${negative ? "-" : ""}${whole}${fraction}`;
}

/** Python's `round(value, digits)`. */
export function roundTo(value: number, digits: number): number {
  if (!Number.isFinite(value) || digits > 300) return value;
  if (digits >= 0) return Number(fixed(value, digits));
  const unit = 10 ** -digits;
  const quotient = value / unit;
  const floor = Math.floor(quotient);
  const rest = quotient - floor;
  const up = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0);
  return (up ? floor + 1 : floor) * unit;
}

function roundShift(value: bigint, bits: bigint): bigint {
  const floor = value >> bits;
  const rest = value - (floor << bits);
  const half = 1n << (bits - 1n);
  return rest > half || (rest === half && floor % 2n === 1n) ? floor + 1n : floor;
}

/** Mantissa and power of two of a positive number. */
function decompose(value: number): [mantissa: bigint, exponent: number] {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const raw = bits.getBigUint64(0);
  const biased = Number((raw >> 52n) & 0x7ffn);
  const fraction = raw & 0xfffffffffffffn;
  return biased === 0 ? [fraction, -1074] : [fraction | 0x10000000000000n, biased - 1075];
}
