import { TsrunError } from "../lib/errors.ts";
import { formatLocation } from "../lib/source.ts";
import { type ExpandedTask, frameWith } from "../project/expanded.ts";
import type { TaskLabel } from "./events.ts";
import type { Executed } from "./execute-task.ts";
import { failedTask, type HostRun } from "./host-run.ts";
import { ownList } from "./keywords.ts";
import { shown } from "./no-log.ts";
import type { ListContext, PlayRun } from "./play-run.ts";
import { failureOf } from "./run-item.ts";

/** Counts a result, tells it to the reports, notifies handlers, and marks the host. */
export function recordResult(
  run: PlayRun,
  task: ExpandedTask,
  label: TaskLabel,
  host: HostRun,
  done: Executed,
  list: ListContext,
): void {
  const { status, isIgnored } = done;
  let finished = done;
  if ((status === "changed" || status === "unknown") && !isIgnored) {
    try {
      notify(run, task, label, host, done);
    } catch (error) {
      finished = { ...done, ...failureOf(error) };
    }
  }
  const isFailure = (finished.status === "failed" || finished.status === "unreachable") && !finished.isIgnored;
  const isRescued = isFailure && finished.status === "failed" && list.isRescuable;
  const { result, error, diff, skippedBecause } = finished;
  run.context.emit({
    type: "host_result",
    task: task.id,
    host: host.name,
    ...(done.delegatedTo !== undefined && { delegatedTo: done.delegatedTo }),
    status: finished.status,
    isIgnored: finished.isIgnored,
    isRescued,
    isLoop: done.isLoop,
    result: shown(result, done.isCensored),
    ...(diff && !done.isCensored && { diff }),
    ...(skippedBecause !== undefined && { skippedBecause }),
    ...(error && { error }),
    durationMs: done.durationMs,
  });
  count(host, finished, isRescued);
  if (finished.status !== "skipped") run.roles.ran(host, task.frame);
  if (!isFailure) return;
  host.status = finished.status === "unreachable" ? "unreachable" : "failed";
  host.failure = { task: label, facts: failedTask(task, label), result: { ...result, failed: true } };
}

/** A task that could not be begun on a host. */
export function recordFailure(
  run: PlayRun,
  task: ExpandedTask,
  host: HostRun,
  error: unknown,
  list: ListContext,
): void {
  const label = run.labelOf(task, host);
  run.context.emit({ type: "task_start", play: run.id, task: label, hosts: [host.name] });
  const rest = { isLoop: false, isIgnored: false, items: [], delegatedTo: undefined, isCensored: false, durationMs: 0 };
  recordResult(run, task, label, host, { ...failureOf(error), ...rest }, list);
  run.context.emit({ type: "task_end", task: task.id });
}

function notify(run: PlayRun, task: ExpandedTask, label: TaskLabel, host: HostRun, done: Executed): void {
  const frame = frameWith(task.frame, "notify");
  if (!frame) return;
  // As in Ansible, one changed item of a loop notifies for all that were run.
  for (const { scope, status } of done.items) {
    if (status === "skipped") continue;
    for (const topic of ownList(scope, frame, "notify")) {
      if (done.status === "changed") notifyTopic(run, () => run.handlers.notify(host, String(topic), task));
      else notifyTopic(run, () => run.handlers.notifyPerhaps(host, String(topic), task, label.name));
    }
  }
}

function notifyTopic(run: PlayRun, notifies: () => void): void {
  try {
    notifies();
  } catch (error) {
    if (run.context.project.settings.error_on_missing_handler || !(error instanceof TsrunError)) throw error;
    const { message, at, hint } = error;
    run.context.emit({
      type: "warning",
      message,
      ...(at && { at: formatLocation(at) }),
      ...(hint !== undefined && { hint }),
    });
  }
}

/** Ansible's arithmetic of the recap. */
function count(host: HostRun, done: Executed, isRescued: boolean): void {
  const isChanged = done.result["changed"] === true;
  switch (done.status) {
    case "ok":
    case "changed":
      host.count("ok", ...(isChanged ? (["changed"] as const) : []));
      break;
    case "skipped":
      host.count("skipped");
      break;
    case "unknown":
      host.count("unknown");
      break;
    case "failed":
      if (done.isIgnored) host.count("ok", "ignored", ...(isChanged ? (["changed"] as const) : []));
      else host.count(isRescued ? "rescued" : "failed");
      break;
    case "unreachable":
      if (done.isIgnored) host.count("ok", "ignored");
      else host.count("unreachable");
      break;
  }
}
