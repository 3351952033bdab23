import { formatLocation } from "../lib/source.ts";
import type { ModuleDefinition } from "../modules/registry.ts";
import { searchPath } from "../project/expand.ts";
import type { ExpandedTask } from "../project/expanded.ts";
import type { ActionDefinition, HostAccess } from "../task/define-action.ts";
import { toText } from "../template/python-repr.ts";
import { isDict } from "../template/values.ts";
import type { VarScope } from "../vars/scope.ts";
import { becomeOf, connectionOf, passwordsOf } from "./connection.ts";
import type { FailureDetail, ResultFields } from "./events.ts";
import type { HostRun } from "./host-run.ts";
import { expandHome, needsHome } from "./host-home.ts";
import { evaluateArguments } from "./invoke.ts";
import { backgroundOf, timeLimitOf } from "./time-limit.ts";
import { environmentOf, flag, text } from "./keywords.ts";
import type { LookAhead } from "./look-ahead.ts";
import { censored, censoredItem, isHidden, secretsIn, shown, shownError } from "./no-log.ts";
import type { ModuleOutcome } from "./outcome.ts";
import { runAction } from "./run-action.ts";
import type { RunContext } from "./run-context.ts";
import { runItem } from "./run-item.ts";
import { runResource } from "./run-resource.ts";
import { runTask, type TaskOutcome, type TurnOutcome, withFailed } from "./run-task.ts";
import { type Machine, TaskHost } from "./task-host.ts";
import { data, type PlayVariables } from "./variables.ts";

export interface TaskExecution {
  readonly context: RunContext;
  readonly task: ExpandedTask;
  readonly host: HostRun;
  readonly play: PlayVariables;
  readonly module: ModuleDefinition;
  /** Hosts that get what the task registers and the facts it returns: all of the batch for `run_once`. */
  readonly receivers: readonly HostRun[];
  readonly taskName: string;
  /** Reads ahead for the host; not for delegated tasks. */
  readonly ahead?: LookAhead | undefined;
}

/** Outcome of a task on a host, with what reports need besides it. */
export interface Executed extends TaskOutcome {
  readonly delegatedTo: string | undefined;
  readonly isCensored: boolean;
  readonly durationMs: number;
}

/** Runs a task on one host and takes its facts and registered result into the hosts' variables. Throws only when interrupted. */
export async function executeTask(execution: TaskExecution): Promise<Executed> {
  const { context, task, host, play, receivers } = execution;
  const startedAt = performance.now();
  let delegatedTo: string | undefined;
  const scope = context.variables.scope(host, task.frame, play);
  let isCensored = isHidden(scope, task);
  // `no_log` may depend on the item: one hidden item hides the result of the loop.
  let hasTurns = false;
  let isAnyCensored = false;
  const signal = context.signal;
  const outcome = await runTask({
    task,
    scope,
    signal,
    sleep: (ms) => context.sleep(ms),
    onTurn: (turn) => {
      takeEffects(execution, turn);
      emitTurn(execution, turn, isCensored, delegatedTo);
    },
    turn: async (turnScope) => {
      isCensored = isHidden(turnScope, task);
      isAnyCensored ||= isCensored;
      hasTurns = true;
      const done = await runItem({
        task,
        scope: turnScope,
        signal,
        sleep: (ms) => context.sleep(ms),
        onRetry: (attempt, left, result) =>
          context.emit({
            type: "retry",
            task: task.id,
            host: host.name,
            attempt,
            left,
            result: isCensored ? { censored } : result,
          }),
        invoke: async (invokeScope) => {
          flag(invokeScope, task.frame, "no_log");
          delegatedTo = text(invokeScope, task.frame, "delegate_to");
          const invoked = await invoke(execution, delegationScope(execution, invokeScope, delegatedTo), delegatedTo);
          if (!isCensored) warn(execution, invoked.warnings ?? []);
          return invoked;
        },
      });
      if (isCensored) for (const secret of secretsIn(done.result)) context.hooks.onSecret(secret);
      return done;
    },
  });
  if (hasTurns) isCensored = isAnyCensored;
  if (!outcome.isLoop) for (const turn of outcome.items) takeEffects(execution, turn);
  const { register } = task.frame.raw;
  if (typeof register === "string") {
    const result = registered(outcome);
    for (const receiver of receivers) receiver.setVariable(register, result);
  }
  return {
    ...outcome,
    skippedBecause: isCensored ? undefined : outcome.skippedBecause,
    error: shownError(outcome.error, isCensored),
    delegatedTo,
    isCensored,
    durationMs: Math.round(performance.now() - startedAt),
  };
}

/** `ansible_delegated_vars`: the variables of the host that does the work. */
function delegationScope({ context }: TaskExecution, scope: VarScope, delegatedTo: string | undefined): VarScope {
  if (delegatedTo === undefined) return scope;
  const vars = { [delegatedTo]: context.variables.hostvarsOf(context.host(delegatedTo)) };
  return scope.with(data("delegation", { ansible_delegated_vars: vars }));
}

/** What a module found worth saying, once a host. */
function warn({ context, task, host }: TaskExecution, warnings: readonly string[]): void {
  for (const message of warnings)
    context.emit({ type: "warning", message: `${host.name}: ${message}`, at: formatLocation(task.task.at) });
}

async function invoke(
  execution: TaskExecution,
  scope: VarScope,
  delegatedTo: string | undefined,
): Promise<ModuleOutcome> {
  const { context, task, host, module, play } = execution;
  const { frame } = task;
  const { args, secrets } = evaluateArguments(module, task.task.module, frame, scope);
  for (const secret of secrets) context.hooks.onSecret(secret);
  const isCheck = flag(scope, frame, "check_mode") ?? context.settings.isCheck;
  const wantsDiff = flag(scope, frame, "diff") ?? context.settings.wantsDiff;
  if (isCheck && module.type === "action" && module.inCheckMode === "skip") {
    return {
      status: "skipped",
      fields: { changed: false, skipped: true, msg: "remote module does not support check mode" },
    };
  }
  if (module.name === "async_status") return await context.jobs.status(args);
  const limit = timeLimitOf(scope, frame, module.name);
  const signal = limit ? AbortSignal.any([context.signal, limit.signal]) : context.signal;
  const sleep = (ms: number): Promise<void> => context.sleep(ms, signal);
  const target = delegatedTo === undefined ? host : context.host(delegatedTo);
  const connectionScope = delegatedTo === undefined ? scope : scope.with(...context.variables.connectionLayers(target));
  const connection = connectionOf(connectionScope, frame, target.name, context.project.options.connection);
  const become = becomeOf(connectionScope, frame, context.project.options.become);
  for (const password of passwordsOf(connection, become)) context.hooks.onSecret(password);
  const machine = (): Machine => context.machines.get(connection, become);
  const ahead = delegatedTo === undefined ? execution.ahead : undefined;
  const environment = environmentOf(scope, frame);
  const wantsTrace = context.settings.verbosity >= 3 && flag(scope, frame, "no_log") !== true;
  const trace = wantsTrace
    ? (level: 3 | 4, line: string): void => context.emit({ type: "trace", level, host: target.name, text: line })
    : undefined;
  if (needsHome(module, args)) expandHome(module, args, (await (await machine().shell()).ready).home);
  const taskHost = new TaskHost({ machine: machine(), environment, signal, sleep, ahead, trace });
  const controller = context.project.controller(searchPath(frame, context.project.directoryOf(play.play)), scope);
  try {
    if (module.type === "resource") {
      const outcome = await runResource({
        module,
        args,
        controller,
        host: taskHost,
        predictions: isCheck ? context.predictions(target.name) : undefined,
        taskName: execution.taskName,
        wantsDiff,
      });
      return withoutDiff(outcome, wantsDiff);
    }
    const run = (on: HostAccess): Promise<ModuleOutcome> =>
      runAction({
        module: module as ActionDefinition,
        args,
        controller,
        host: on,
        scope,
        context,
        isCheck,
        wantsDiff,
        signal,
        sleep,
      });
    const background = isCheck ? undefined : backgroundOf(scope, frame);
    if (background !== undefined) return await context.jobs.start(taskHost, background, run);
    const outcome = intoInventory(execution, await run(taskHost));
    return { ...outcome, fields: { ...outcome.fields, ...limit?.fields } };
  } catch (error) {
    if (limit?.signal.aborted && !context.signal.aborted) return { status: "ok", fields: limit.failure };
    throw error;
  }
}

function withoutDiff(outcome: ModuleOutcome, wantsDiff: boolean): ModuleOutcome {
  if (wantsDiff) return outcome;
  const { diff: _, ...rest } = outcome;
  return rest;
}

/** Facts and set variables: what a result does besides being registered. */
function takeEffects({ context, task, module, receivers }: TaskExecution, turn: TurnOutcome): void {
  const { result } = turn;
  if (turn.status !== "ok" && turn.status !== "changed") return;
  const facts = result["ansible_facts"];
  if (isDict(facts)) {
    const delegated =
      flag(turn.scope, task.frame, "delegate_facts") === true ? text(turn.scope, task.frame, "delegate_to") : undefined;
    const targets = delegated === undefined ? receivers : [context.host(delegated)];
    for (const target of targets) {
      if (module.name === "set_fact")
        for (const [name, value] of Object.entries(facts)) target.setVariable(name, value);
      if (module.name === "include_vars") target.includeVars({ name: "include_vars", values: facts, trusted: true });
      else if (module.name !== "set_fact" || result["_ansible_facts_cacheable"] === true) target.addFacts(facts);
    }
  }
}

/** Carries out `add_host` and `group_by`: they change the inventory of the run, and what they changed is known only then. */
function intoInventory({ context, module, receivers }: TaskExecution, outcome: ModuleOutcome): ModuleOutcome {
  const { add_host: added, add_group: group, parent_groups: parents = [] } = outcome.fields;
  let changed: boolean;
  if (module.name === "add_host" && isDict(added)) {
    const { host_name: name, groups = [], host_vars: vars = {} } = added;
    changed = context.project.addHost(toText(name), groups as string[], vars as Record<string, unknown>);
  } else if (module.name === "group_by" && typeof group === "string") {
    const isNew = receivers.map(({ name }) => context.project.addToGroup(name, group, parents as string[]));
    changed = isNew.includes(true);
  } else return outcome;
  return { ...outcome, status: changed ? "changed" : "ok", fields: { ...outcome.fields, changed } };
}

function registered(outcome: TaskOutcome): ResultFields {
  return outcome.isLoop ? outcome.result : withFailed(outcome);
}

function emitTurn(
  { context, task, host }: TaskExecution,
  turn: TurnOutcome,
  isCensored: boolean,
  delegatedTo: string | undefined,
): void {
  context.emit({
    type: "item_result",
    task: task.id,
    host: host.name,
    ...(delegatedTo !== undefined && { delegatedTo }),
    status: turn.status,
    isIgnored: turn.isIgnored,
    item: isCensored ? censoredItem : toText(turn.label),
    result: shown(turn.result, isCensored),
    ...(turn.diff && !isCensored && { diff: turn.diff }),
    ...(turn.skippedBecause !== undefined && !isCensored && { skippedBecause: turn.skippedBecause }),
    ...(turn.error && { error: shownError(turn.error, isCensored) as FailureDetail }),
  });
}
