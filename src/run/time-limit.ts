import type { Frame } from "../project/expanded.ts";
import type { VarScope } from "../vars/scope.ts";
import type { ResultFields } from "./events.ts";
import { numeric } from "./keywords.ts";

/** How long a task may take, and its result when it took longer. */
export interface TimeLimit {
  readonly signal: AbortSignal;
  readonly failure: ResultFields;
  /** What a result in time says besides its own. */
  readonly fields: ResultFields;
}

/** `timeout:`, or the seconds of `async:` for a task that is waited for. There is no poll: the connection is kept alive anyway. */
export function timeLimitOf(scope: VarScope, frame: Frame, module: string): TimeLimit | undefined {
  const timeout = numeric(scope, frame, "timeout") ?? 0;
  const ofAsync = backgroundOf(scope, frame) === undefined ? (numeric(scope, frame, "async") ?? 0) : 0;
  if (timeout > 0 && (ofAsync <= 0 || timeout <= ofAsync)) {
    const msg = `The ${module} action failed to execute in the expected time frame (${timeout}) and was terminated`;
    const timedout = { frame: "action", period: timeout };
    return { signal: AbortSignal.timeout(timeout * 1000), failure: { failed: true, msg, timedout }, fields: {} };
  }
  if (ofAsync <= 0) return undefined;
  const msg = `async task did not complete within the requested time - ${ofAsync}s`;
  const fields = { started: 1, finished: 1 };
  return { signal: AbortSignal.timeout(ofAsync * 1000), failure: { failed: true, msg, ...fields }, fields };
}

/** Seconds that a task with `poll: 0` may run in the background; undefined for all others. */
export function backgroundOf(scope: VarScope, frame: Frame): number | undefined {
  const seconds = numeric(scope, frame, "async") ?? 0;
  return seconds > 0 && numeric(scope, frame, "poll") === 0 ? seconds : undefined;
}
