import { dirname } from "node:path";
import { TsrunError } from "../lib/errors.ts";
import { evaluateArgs, roleEntry } from "../project/expand.ts";
import type { Expanded, ExpandedTask } from "../project/expanded.ts";
import { isDict } from "../template/values.ts";
import type { VarsLayer } from "../vars/layer.ts";
import { finalize, type VarScope } from "../vars/scope.ts";
import { parseBoolean } from "../task/args.ts";
import { type Executed, executeTask } from "./execute-task.ts";
import type { HostRun } from "./host-run.ts";
import { censoredItem, isHidden } from "./no-log.ts";
import type { ListContext, PlayRun } from "./play-run.ts";
import { recordResult } from "./record-result.ts";
import { failureOf } from "./run-item.ts";
import type { TurnOutcome } from "./run-task.ts";
import { shortModuleName } from "../playbook/keywords.ts";
import { toText } from "../template/python-repr.ts";

/** One thing to include, for the hosts that include the same. */
interface Inclusion {
  readonly label: string;
  readonly item: string | undefined;
  readonly hosts: HostRun[];
  readonly expand: () => readonly Expanded[];
}

/** `include_tasks` and `include_role`: what is included may differ from host to host and from item to item. */
export async function runInclude(
  run: PlayRun,
  task: ExpandedTask,
  hosts: readonly HostRun[],
  list: ListContext,
): Promise<void> {
  const { context } = run;
  const label = run.labelOf(task, hosts[0]);
  const module = await context.project.module(task);
  context.emit({ type: "task_start", play: run.id, task: label, hosts: hosts.map((host) => host.name) });
  const inclusions = new Map<string, Inclusion>();
  const results = new Map<HostRun, Executed>();
  // What cannot be included fails the task where it was asked for; as with Ansible, `ignore_errors` does not help.
  const fail = (host: HostRun, error: unknown): void => {
    const done = results.get(host) as Executed;
    recordResult(run, task, label, host, { ...done, ...failureOf(error), isIgnored: false, isLoop: false }, list);
  };
  for (const host of hosts) {
    const done = await executeTask({
      context,
      task,
      host,
      play: run.variables,
      module,
      receivers: [host],
      taskName: label.name,
    });
    const isFailure = done.status === "failed" && !done.isIgnored;
    if (isFailure || done.status === "skipped" || done.status === "unknown")
      recordResult(run, task, label, host, done, list);
    if (isFailure) continue;
    results.set(host, done);
    try {
      for (const turn of done.items) {
        if (turn.status !== "ok") continue;
        const inclusion = inclusionOf(run, task, turn);
        const known = inclusions.get(inclusion.key);
        if (known) known.hosts.push(host);
        else inclusions.set(inclusion.key, { ...inclusion, hosts: [host] });
      }
    } catch (error) {
      fail(host, error);
    }
  }
  const lists: { readonly nodes: readonly Expanded[]; readonly hosts: readonly HostRun[] }[] = [];
  for (const { label: file, item, hosts: asking, expand } of inclusions.values()) {
    const including = asking.filter((host) => host.isActive);
    if (including.length === 0) continue;
    try {
      lists.push({ nodes: expand(), hosts: including });
    } catch (error) {
      for (const host of including) fail(host, error);
      continue;
    }
    // Ansible counts the files that are included, not the task, and no roles.
    if (shortModuleName(task.task.module.name) === "include_tasks") for (const host of including) host.count("ok");
    context.emit({
      type: "included",
      file,
      hosts: including.map((host) => host.name),
      ...(item !== undefined && { item }),
    });
  }
  context.emit({ type: "task_end", task: task.id });
  for (const { nodes, hosts: including } of lists) await run.runList(nodes, including, list);
}

function inclusionOf(
  run: PlayRun,
  task: ExpandedTask,
  { scope, item, label }: TurnOutcome,
): Omit<Inclusion, "hosts"> & { readonly key: string } {
  const { context, play } = run;
  const { expander } = context.project;
  const { module } = task.task;
  const args = finalize(evaluateArgs(scope, module.args)) as Record<string, unknown>;
  const apply = isDict(args["apply"]) ? (module.args["apply"] as Record<string, unknown>) : {};
  const params = includeParams(task, scope, item);
  const shownItem = item === undefined ? undefined : isHidden(scope, task) ? censoredItem : toText(label);
  if (shortModuleName(module.name) === "include_role") {
    const name = toText(args["name"] ?? args["role"] ?? "");
    if (name === "") throw new TsrunError({ code: "E_MISSING_ARG", message: "missing argument `name`", at: module.at });
    const entry = roleEntry(args);
    return {
      key: JSON.stringify([name, entry, item]),
      label: name,
      item: shownItem,
      expand: () => {
        const included = expander.includedRole(name, entry, task, play, params, apply, module.at);
        run.handlers.add(included.handlers, run.batch);
        if (parseBoolean(args["public"]) === true) run.exposeRole(included.role);
        return included.tasks;
      },
    };
  }
  const written = module.freeForm
    ? finalize(scope.evaluateMember(module.freeForm.container, module.freeForm.key))
    : args["file"];
  const path = expander.taskFile(toText(written), task.frame, dirname(play.path), module.at);
  return {
    key: JSON.stringify([path, item]),
    label: path,
    item: shownItem,
    expand: () => expander.includedTasks(path, task, play, params, apply, module.at),
  };
}

/** Variables that the included tasks get: the include's `vars`, and the loop's item. */
function includeParams(task: ExpandedTask, scope: VarScope, item: unknown): readonly VarsLayer[] {
  const layers: VarsLayer[] = [];
  if (item !== undefined) {
    const control = (task.frame.raw["loop_control"] ?? {}) as Readonly<Record<string, unknown>>;
    const loopVar = typeof control["loop_var"] === "string" ? control["loop_var"] : "item";
    const indexVar = control["index_var"];
    const values: Record<string, unknown> = { [loopVar]: item, ansible_loop_var: loopVar };
    if (typeof indexVar === "string") values[indexVar] = scope.get(indexVar);
    layers.push({ name: "loop of include", values, trusted: false });
  }
  if (task.frame.vars) layers.push({ ...task.frame.vars, name: "vars of include" });
  return layers;
}
