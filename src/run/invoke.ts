import { searchPath } from "../project/expand.ts";
import { frameWith } from "../project/expanded.ts";
import type { ActionDefinition, HostAccess } from "../task/define-action.ts";
import { user } from "../state/user.ts";
import { toText } from "../template/python-repr.ts";
import { isDict } from "../template/values.ts";
import type { VarScope } from "../vars/scope.ts";
import { becomeOf, connectionOf, passwordsOf } from "./connection.ts";
import type { TaskExecution } from "./execute-task.ts";
import type { LoopItems } from "./combined-items.ts";
import { accountsAt, expandAccount, expandHome, needsHome } from "./host-home.ts";
import { environmentOf, flag } from "./keywords.ts";
import { evaluateArguments } from "./module-arguments.ts";
import { type ModuleOutcome, unknownUntilApplied } from "./outcome.ts";
import { runAction } from "./run-action.ts";
import { runResource } from "./run-resource.ts";
import { type Machine, TaskHost } from "./task-host.ts";
import { backgroundOf, timeLimitOf } from "./time-limit.ts";

/** Evaluates a module's arguments and runs it, on the host or where the task is delegated to. Throws what stopped it. */
export async function invokeModule(
  execution: TaskExecution,
  scope: VarScope,
  delegatedTo: string | undefined,
  loop: LoopItems | undefined,
): Promise<ModuleOutcome> {
  const { context, task, host, module, play } = execution;
  const { frame } = task;
  const { args, secrets } = evaluateArguments(module, task.task.module, frame, scope);
  for (const secret of secrets) context.hooks.onSecret(secret);
  const isCheck = flag(scope, frame, "check_mode") ?? context.settings.isCheck;
  const wantsDiff = flag(scope, frame, "diff") ?? context.settings.wantsDiff;
  if (isCheck && module.type === "action" && module.inCheckMode === "skip") {
    if (module.runsOn === "host") context.predictions(delegatedTo ?? host.name).leaveOut(execution.taskName);
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
  const taskHost = new TaskHost({
    machine: machine(),
    environment,
    signal,
    sleep,
    ahead,
    trace,
    profile: execution.profile,
    notAhead: () => execution.ahead?.reasonOf(task),
  });
  for (const account of accountsAt(module, args)) {
    const found = await taskHost.cached(user(account));
    const known = isCheck ? context.predictions(target.name).correct(user(account), found) : found;
    // As a shell does it, `~` and a name that nobody has stay as they are.
    if (isDict(known) && typeof known["home"] === "string") expandAccount(module, args, account, known["home"]);
  }
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
        loop,
      });
      const lasting = outcome.status === "changed" && !isCheck ? module.lasting?.(args) : undefined;
      if (lasting && flag(scope, frame, "ignore_errors") !== true)
        host.leave({ task, host: taskHost, query: lasting, sinceMs: performance.now() });
      return withoutDiff(outcome, wantsDiff);
    }
    const run = (on: HostAccess): Promise<ModuleOutcome> =>
      runAction({
        module: module as ActionDefinition,
        args,
        written: task.task.module.args,
        controller,
        host: on,
        scope,
        context,
        delegatedTo,
        isCheck,
        wantsDiff,
        signal,
        sleep,
      });
    const background = isCheck ? undefined : backgroundOf(scope, frame);
    if (background !== undefined) return await context.jobs.start(taskHost, background, run);
    const outcome = intoInventory(execution, await run(taskHost));
    const isLeftOut =
      isCheck && module.runsOn === "host" && (outcome.status === "skipped" || outcome.status === "changed");
    if (isLeftOut) context.predictions(target.name).leaveOut(execution.taskName);
    // `check_mode: false`: it was run, on a host that lacks what a real run would have installed.
    const missing = context.settings.isCheck && !isCheck ? missingProgram(outcome) : undefined;
    if (missing !== undefined) {
      // A task that may fail looks whether the program is there: then only a package of such a name is thought of.
      const mayFail = frameWith(frame, "failed_when") ?? frameWith(frame, "ignore_errors");
      const cause = context.predictions(target.name).bringerOfProgram(mayFail && missing);
      if (cause !== undefined) return unknownUntilApplied(`depends on "${cause}"`);
    }
    return { ...outcome, fields: { ...outcome.fields, ...limit?.fields } };
  } catch (error) {
    if (limit?.signal.aborted && !context.signal.aborted) return { status: "ok", fields: limit.failure };
    throw error;
  }
}

/** The program that was not there, as `command` tells it and as a shell does; empty where only that is told. */
function missingProgram({ fields: { rc, msg, stderr } }: ModuleOutcome): string | undefined {
  if (rc === 127) return /(\S+): (?:command )?not found/.exec(String(stderr))?.[1] ?? "";
  return rc === 2 ? /^\[Errno 2\][^']*'([^']*)'/.exec(String(msg))?.[1] : undefined;
}

function withoutDiff(outcome: ModuleOutcome, wantsDiff: boolean): ModuleOutcome {
  if (wantsDiff) return outcome;
  const { diff: _, ...rest } = outcome;
  return rest;
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
