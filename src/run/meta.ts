import type { ExpandedTask } from "../project/expanded.ts";
import { falseWhen } from "./conditions.ts";
import type { HostRun } from "./host-run.ts";
import { type ListContext, type PlayRun } from "./play-run.ts";
import { toText } from "../template/python-repr.ts";

/** Carries out a `meta` task: it acts on the run, not on hosts. Like Ansible's, most show nothing. */
export async function runMeta(
  run: PlayRun,
  task: ExpandedTask,
  hosts: readonly HostRun[],
  list: ListContext,
): Promise<void> {
  const { context } = run;
  const { module } = task.task;
  const action = toText(module.freeForm?.text ?? module.args["action"] ?? "").trim();
  const affected = hosts.filter(
    (host) => !falseWhen(context.variables.scope(host, task.frame, run.variables), task.frame),
  );
  if (affected.length === 0) return;
  switch (action) {
    case "flush_handlers":
      return await run.flushHandlers(affected);
    case "end_play":
      run.isPlayEnded = true;
      return run.end();
    case "end_batch":
      return run.end();
    case "end_host":
      for (const host of affected) host.status = "ended";
      return;
    case "end_role":
      for (const host of affected) run.roles.end(host, task.frame);
      return;
    case "clear_host_errors":
      for (const host of run.batch) host.clearErrors();
      return;
    case "clear_facts":
      for (const host of affected) host.clearFacts();
      return;
    case "refresh_inventory":
      return context.project.refreshInventory();
    case "reset_connection":
      for (const host of affected) await context.resetConnection(host, task.frame, run.variables);
      return;
    default:
      void list;
  }
}
