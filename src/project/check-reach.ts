import type { Frame } from "./expanded.ts";

/** Whether a task under this frame may be left out or may fail without harm: then what it needs is not certain to be needed. */
export function isGuarded(frame: Frame | undefined): boolean {
  for (let at = frame; at; at = at.parent) if (hasCondition(at) || forgives(at)) return true;
  return false;
}

/** Whether the frame has a condition of its own. */
export function hasCondition({ raw }: Frame): boolean {
  const { when } = raw;
  return when !== undefined && when !== null && when !== true && !(Array.isArray(when) && when.length === 0);
}

/** Whether a failure does not end the run: nobody minds it, or the person mends it in the task debugger. */
export function forgives({ raw }: Frame): boolean {
  const { ignore_errors: ignored, debugger: wanted, strategy } = raw;
  if (strategy === "debug" || (typeof wanted === "string" && wanted !== "never")) return true;
  return ignored !== undefined && ignored !== null && ignored !== false;
}
