import type { ExpandedTask } from "../project/expanded.ts";
import type { HostRun } from "./host-run.ts";
import type { PlayRun } from "./play-run.ts";

/** Finds the handlers that an earlier run of the playbook left behind. They run where they would have run: after the tasks. */
export function resumeHandlers(run: PlayRun): void {
  const { context, play, batch, handlers } = run;
  if (context.settings.isCheck) return;
  for (const host of batch) {
    const wanted = context.project.pendingHandlers.of(play.path, host.name);
    const found = handlers.tasks.filter((task) => wanted.includes(keyOf(run, task)));
    if (found.length === 0) continue;
    for (const { id } of found) host.leftover.add(id);
    const names = found.map((task) => `\`${keyOf(run, task)}\``).join(", ");
    context.emit({
      type: "warning",
      message: `${host.name}: an earlier run failed before it ran ${names}; this run does it`,
      hint: "delete .tsrun/pending-handlers.json to forget about it",
    });
  }
}

/** Notifies hosts of what {@link resumeHandlers} found. */
export function notifyLeftover(hosts: readonly HostRun[]): void {
  for (const { leftover, notified } of hosts) {
    for (const id of leftover) notified.add(id);
    leftover.clear();
  }
}

/** Remembers the handlers that hosts were notified of and that did not run or failed. */
export function keepHandlers(run: PlayRun): void {
  const { context, play, batch, handlers } = run;
  const store = context.project.pendingHandlers;
  if (context.settings.isCheck) return;
  const keys = new Map(handlers.tasks.map((task) => [task.id, keyOf(run, task)]));
  const own = new Set(keys.values());
  for (const host of batch) {
    const left = host.status === "ended" ? [] : [...host.notified, ...host.lost, ...host.leftover];
    const names = left.map((id) => keys.get(id)).filter((key) => key !== undefined);
    // Those of other plays stay as they are.
    const others = store.of(play.path, host.name).filter((name) => !own.has(name));
    store.keep(play.path, host.name, [...new Set([...others, ...names])]);
    host.lost.clear();
    host.leftover.clear();
  }
}

/** What a handler is called from run to run: ids and lines change. */
function keyOf(run: PlayRun, task: ExpandedTask): string {
  const { role } = task.frame;
  const isNamed = Object.hasOwn(task.frame.raw, "name");
  const name = isNamed ? run.nameOf(task, run.batch[0]) : (task.task.listen[0] ?? task.task.module.name);
  return role ? `${role.name} : ${name}` : name;
}
