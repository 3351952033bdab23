import type { DiffText, TaskStatus } from "./events.ts";

/** What a module came to on a host, before `changed_when`, `failed_when` and `ignore_errors`. */
export interface ModuleOutcome {
  readonly status: Exclude<TaskStatus, "unreachable" | "failed">;
  /** Fields of the result, with `changed`. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly diff?: readonly DiffText[];
  readonly warnings?: readonly string[];
}

/** What check mode says of a task whose outcome it cannot tell. */
export function unknownUntilApplied(why: string): ModuleOutcome {
  return { status: "unknown", fields: { changed: false, msg: `unknown until applied: ${why}` } };
}
