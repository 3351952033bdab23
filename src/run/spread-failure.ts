import type { ExpandedTask } from "../project/expanded.ts";
import type { TaskLabel } from "./events.ts";
import { failedTask, type HostRun } from "./host-run.ts";
import { flag, numeric } from "./keywords.ts";
import type { PlayRun } from "./play-run.ts";

/** `run_once`, `any_errors_fatal` and `max_fail_percentage`: a failure of one host that fails others. */
export function spreadFailure(
  run: PlayRun,
  task: ExpandedTask,
  label: TaskLabel,
  hosts: readonly HostRun[],
  isOnce: boolean,
): void {
  const failed = hosts.filter(({ status }) => status === "failed" || status === "unreachable");
  const [first] = failed;
  if (!first) return;
  const scope = run.context.variables.scope(first, task.frame, run.variables);
  const limit = numeric(scope, run.play.frame, "max_fail_percentage");
  const allFailed = run.batch.filter(({ status }) => status === "failed" || status === "unreachable").length;
  const isOverLimit = limit !== undefined && (allFailed / run.batch.length) * 100 > limit;
  if (!isOnce && !isOverLimit && flag(scope, task.frame, "any_errors_fatal") !== true) return;
  for (const host of run.batch) {
    if (!host.isActive) continue;
    host.status = "failed";
    host.failure = first.failure ?? { task: label, facts: failedTask(task, label), result: { failed: true } };
  }
}
