import { Float, toFloat } from "../lib/float.ts";
import type { BinaryOperator } from "./ast.ts";
import { formatPercent } from "./python-format.ts";
import { templateError } from "./template-error.ts";
import { Undefined } from "./undefined.ts";
import { describeValue, isFloat, isInteger, isNumber, TemplateObject, Tuple, toNumber } from "./values.ts";

type Numeric = number | bigint | Float | boolean;

/** An object with operators of its own, such as a date. */
export interface Arithmetic {
  operate(operator: BinaryOperator, other: unknown): unknown;
}

const MAX_RESULT_ITEMS = 10_000_000;
const MAX_POWER_BITS = 1_000_000;

/** `left operator right` with Python's rules for numbers, text and lists. */
export function binary(operator: BinaryOperator, left: unknown, right: unknown): unknown {
  if (typeof left === "number" && typeof right === "number") {
    const quick = quickIntegers(operator, left, right);
    if (quick !== undefined) return quick;
  }
  if (left instanceof Undefined) throw left.toError();
  if (right instanceof Undefined) throw right.toError();
  if (operator === "%" && typeof left === "string") return formatPercent(left, right);
  if (isNumber(left) && isNumber(right)) {
    return isFloat(left) || isFloat(right) ? floats(operator, left, right) : integers(operator, left, right);
  }
  if (operator === "+") {
    if (typeof left === "string" && typeof right === "string") return left + right;
    if (Array.isArray(left) && Array.isArray(right) && left instanceof Tuple === right instanceof Tuple) {
      return left instanceof Tuple ? Tuple.of2(...left, ...right) : [...left, ...right];
    }
  }
  if (operator === "*") {
    if (isRepeatable(left) && isInteger(right)) return repeat(left, right);
    if (isRepeatable(right) && isInteger(left)) return repeat(right, left);
  }
  if (isArithmetic(left)) {
    const result = left.operate(operator, right);
    if (result !== undefined) return result;
  }
  throw unsupported(operator, left, right);
}

/** `-x`, `+x`. */
export function unary(operator: "-" | "+", value: unknown): unknown {
  if (value instanceof Undefined) throw value.toError();
  if (!isNumber(value)) throw templateError(`\`${operator}\` needs a number, got ${describeValue(value)}`);
  if (value instanceof Float) return operator === "-" ? new Float(-value.value) : value;
  if (typeof value === "bigint") return operator === "-" ? small(-value) : value;
  return operator === "-" ? 0 - Number(value) : Number(value);
}

function quickIntegers(operator: BinaryOperator, a: number, b: number): number | undefined {
  if (!Number.isInteger(a) || !Number.isInteger(b)) return undefined;
  const result = operator === "+" ? a + b : operator === "-" ? a - b : operator === "*" ? a * b : Number.NaN;
  return Number.isSafeInteger(result) ? (result === 0 ? 0 : result) : undefined;
}

function integers(operator: BinaryOperator, left: Numeric, right: Numeric): unknown {
  const [a, b] = [toBigInt(left), toBigInt(right)];
  switch (operator) {
    case "+":
      return small(a + b);
    case "-":
      return small(a - b);
    case "*":
      return small(a * b);
    case "/":
      if (b === 0n) throw divisionByZero();
      return toFloat(Number(a) / Number(b));
    case "//":
      return small(floorDivide(a, b));
    case "%":
      return small(a - floorDivide(a, b) * b);
    case "**":
      return integerPower(a, b);
  }
}

function integerPower(base: bigint, exponent: bigint): unknown {
  if (exponent < 0n) {
    if (base === 0n) throw divisionByZero();
    return toFloat(Number(base) ** Number(exponent));
  }
  const bits = base.toString(2).length * Number(exponent);
  if (bits > MAX_POWER_BITS && base * base > 1n) throw templateError(`\`${base} ** ${exponent}\` is too large`);
  return small(base ** exponent);
}

function floats(operator: BinaryOperator, left: Numeric, right: Numeric): number | Float {
  const [a, b] = [toNumber(left), toNumber(right)];
  switch (operator) {
    case "+":
      return toFloat(a + b);
    case "-":
      return toFloat(a - b);
    case "*":
      return toFloat(a * b);
    case "/":
      if (b === 0) throw divisionByZero();
      return toFloat(a / b);
    case "//":
      if (b === 0) throw divisionByZero();
      return toFloat(Math.floor(a / b));
    case "%":
      if (b === 0) throw divisionByZero();
      return toFloat(floatModulo(a, b));
    case "**":
      return toFloat(a ** b);
  }
}

function floatModulo(a: number, b: number): number {
  const rest = a % b;
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
}

function floorDivide(a: bigint, b: bigint): bigint {
  if (b === 0n) throw divisionByZero();
  const quotient = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient;
}

function divisionByZero(): Error {
  return templateError("division by zero");
}

function toBigInt(value: Numeric): bigint {
  return typeof value === "bigint" ? value : BigInt(value instanceof Float ? value.value : value);
}

/** A `number` again where it is exact. */
export function small(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function isRepeatable(value: unknown): value is string | unknown[] {
  return typeof value === "string" || Array.isArray(value);
}

function repeat(value: string | unknown[], times: number | bigint): unknown {
  const count = Math.max(0, Number(times));
  if (value.length * count > MAX_RESULT_ITEMS * (typeof value === "string" ? 20 : 1)) {
    throw templateError(`repeating ${describeValue(value)} ${count} times is too large`);
  }
  if (typeof value === "string") return value.repeat(count);
  const out: unknown[] = value instanceof Tuple ? new Tuple() : [];
  for (let round = 0; round < count; round++) for (const item of value) out.push(item);
  return out;
}

function isArithmetic(value: unknown): value is Arithmetic {
  return value instanceof TemplateObject && "operate" in value;
}

function unsupported(operator: BinaryOperator, left: unknown, right: unknown): Error {
  let hint: string | undefined;
  if (operator === "+" && (typeof left === "string" || typeof right === "string")) {
    hint = "join text with `~`, or convert with `| int` to add numbers";
  } else if (operator === "+" && (Array.isArray(left) || Array.isArray(right))) {
    hint = "only lists can be added to a list: wrap the other value in brackets";
  } else if (typeof left === "string" || typeof right === "string") {
    hint = "convert text with `| int` or `| float` first";
  }
  return templateError(`\`${operator}\` does not work on ${describeValue(left)} and ${describeValue(right)}`, hint);
}
