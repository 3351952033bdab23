import { callable } from "../callable.ts";
import { isFloat, isInteger, toNumber } from "../values.ts";

/** The few attributes of numbers that templates use. */
export function numberAttribute(value: unknown, name: string): unknown {
  if (isFloat(value)) {
    const number = toNumber(value);
    if (name === "is_integer") return callable(name, "", () => Number.isInteger(number));
    if (name === "real") return value;
  } else if (isInteger(value)) {
    if (name === "bit_length")
      return callable(name, "", () => (value === 0 ? 0 : BigInt(value).toString(2).replace("-", "").length));
    if (name === "real" || name === "numerator") return value;
    if (name === "denominator") return 1;
  }
  return undefined;
}
