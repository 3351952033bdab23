import { formatLocation } from "../lib/source.ts";
import type { ModuleDefinition } from "../modules/registry.ts";
import type { ExpandedTask } from "../project/expanded.ts";
import { toText } from "../template/python-repr.ts";
import { isDict } from "../template/values.ts";
import type { VarScope } from "../vars/scope.ts";
import { CombinedItems } from "./combined-items.ts";
import type { FailureDetail, ResultFields } from "./events.ts";
import type { HostRun } from "./host-run.ts";
import { invokeModule } from "./invoke.ts";
import { flag, text } from "./keywords.ts";
import type { LookAhead } from "./look-ahead.ts";
import { censored, censoredItem, isHidden, secretsIn, shown, shownError } from "./no-log.ts";
import type { RunContext } from "./run-context.ts";
import { unknownUntilApplied } from "./outcome.ts";
import { type ItemOutcome, runItem } from "./run-item.ts";
import { runTask, type TaskOutcome, type TurnOutcome, withFailed } from "./run-task.ts";
import type { TaskProfile } from "./task-profile.ts";
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
  /** Measures it, where that is asked for. */
  readonly profile?: TaskProfile | undefined;
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
  const { profile } = execution;
  const sleep = (ms: number): Promise<void> =>
    profile ? profile.time("wait", () => context.sleep(ms)) : context.sleep(ms);
  const combined = combinedItems(execution);
  const ran = await runTask({
    task,
    scope,
    signal,
    sleep,
    onTurn: (turn) => {
      takeEffects(execution, turn);
      emitTurn(execution, turn, isCensored, delegatedTo);
    },
    turn: async (turnScope, later) => {
      isCensored = isHidden(turnScope, task);
      delegatedTo = undefined;
      isAnyCensored ||= isCensored;
      hasTurns = true;
      const done = await runItem({
        task,
        scope: turnScope,
        signal,
        sleep,
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
          execution.ahead?.reachTurn(task, later);
          delegatedTo = text(invokeScope, task.frame, "delegate_to");
          if (host.doubt !== undefined) return unknownUntilApplied(`whether it is notified depends on "${host.doubt}"`);
          const invoked = await invokeModule(
            execution,
            delegationScope(execution, invokeScope, delegatedTo),
            delegatedTo,
            combined?.before(turnScope, later),
          );
          if (!isCensored) warn(execution, invoked.warnings ?? []);
          return invoked;
        },
      });
      if (isCensored) for (const secret of secretsIn(done.result)) context.hooks.onSecret(secret);
      return host.doubts.weigh(task, missingUser(execution, done));
    },
  });
  // A loop whose list cannot be made has no turn.
  const weighed = (done: TurnOutcome): TurnOutcome => ({ ...done, ...host.doubts.weigh(task, done) });
  const outcome = hasTurns ? ran : { ...ran, ...host.doubts.weigh(task, ran), items: ran.items.map(weighed) };
  if (context.settings.isCheck) {
    const isLeftOut = context.predictions(host.name).leftOut === execution.taskName;
    host.doubts.settle(task, execution.taskName, outcome.status === "unknown" || isLeftOut);
  }
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

/** Under `--check`, becoming an account that an earlier task would make. */
function missingUser({ context, host }: TaskExecution, done: ItemOutcome): ItemOutcome {
  if (!context.settings.isCheck || done.error?.code !== "E_BECOME") return done;
  const [, name] = /^become (\S+) by .*no such user/.exec(String(done.result["msg"])) ?? [];
  const cause = name === undefined ? undefined : context.predictions(host.name).bringerOfUser(name);
  if (cause === undefined) return done;
  const { status, fields } = unknownUntilApplied(`depends on "${cause}"`);
  return { status, result: { changed: false, ...fields } };
}

/** For a loop whose items one operation or one message may serve. */
function combinedItems({ context, task, module, play }: TaskExecution): CombinedItems | undefined {
  const { loop } = task.task;
  if (module.type !== "resource" || !loop || !(module.combine || module.mayShareMessage)) return undefined;
  return new CombinedItems(context, task, module, context.project.directoryOf(play.play));
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
