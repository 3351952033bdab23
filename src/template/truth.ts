import { Float } from "../lib/float.ts";
import { templateError } from "./template-error.ts";
import { Undefined } from "./undefined.ts";
import { isDict, isEmptyDict, Omit } from "./values.ts";

/** Python's truth: empty text and collections, zero, none and false are false. Undefined raises. */
export function isTruthy(value: unknown): boolean {
  if (typeof value === "boolean") return value;
  if (typeof value === "string") return value !== "";
  if (typeof value === "number") return value !== 0;
  if (typeof value === "bigint") return value !== 0n;
  if (value === null || value === undefined) return false;
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof Undefined) {
    if (value.isLenient) return false;
    throw value.toError();
  }
  if (value instanceof Float) return value.value !== 0;
  if (value === Omit) throw templateError("`omit` cannot be tested: it only works as the value of an argument");
  return isDict(value) ? !isEmptyDict(value) : true;
}
