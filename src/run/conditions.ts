import { type Frame, framesWith } from "../project/expanded.ts";
import type { VarScope } from "../vars/scope.ts";
import { toText } from "../template/python-repr.ts";

/** A conditional that was not true. */
export interface FalseCondition {
  /** As written. */
  readonly condition: string;
  /** The part that was false and the values it saw: "`ansible_os_family == 'RedHat'` (ansible_os_family is 'Debian')". */
  readonly because: string;
}

/**
 * First condition of `when` that is false, of everything the task stands in (outermost first), else undefined.
 *
 * Throws a located error for conditions that cannot be evaluated.
 */
export function falseWhen(scope: VarScope, frame: Frame): FalseCondition | undefined {
  for (const at of framesWith(frame, "when")) {
    const found = firstFalse(scope, at.raw, "when");
    if (found) return found;
  }
  return undefined;
}

/** First false condition of a keyword that holds one condition or a list that must all hold (`until`, `failed_when`, …). */
export function firstFalse(scope: VarScope, container: object, key: string): FalseCondition | undefined {
  const value = (container as Record<string, unknown>)[key];
  if (!Array.isArray(value)) return checkOne(scope, container, key);
  for (let index = 0; index < value.length; index++) {
    const found = checkOne(scope, value, index);
    if (found) return found;
  }
  return undefined;
}

function checkOne(scope: VarScope, container: object, key: string | number): FalseCondition | undefined {
  const raw = (container as Record<string | number, unknown>)[key];
  if (raw === true || raw === null || raw === "") return undefined;
  if (raw === false) return { condition: "False", because: "`False`" };
  const result = scope.condition(container, key);
  return result.value ? undefined : { condition: toText(raw), because: result.because ?? `\`${toText(raw)}\`` };
}
