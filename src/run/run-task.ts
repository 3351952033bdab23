import type { ExpandedTask, Frame } from "../project/expanded.ts";
import { Omit } from "../template/values.ts";
import type { VarScope } from "../vars/scope.ts";
import { type FalseCondition, falseWhen } from "./conditions.ts";
import type { ResultFields, TaskStatus } from "./events.ts";
import { flag } from "./keywords.ts";
import { itemLabel, itemLayer, type LoopControl, loopControl, loopItems } from "./loop-items.ts";
import { failureOf, type ItemOutcome } from "./run-item.ts";

/** What a whole task came to on one host. */
export interface TaskOutcome extends ItemOutcome {
  readonly isIgnored: boolean;
  readonly isLoop: boolean;
  /** Every item of a loop, or the one outcome. */
  readonly items: readonly TurnOutcome[];
}

/** One turn of a loop. */
export interface TurnOutcome extends ItemOutcome {
  readonly isIgnored: boolean;
  readonly item?: unknown;
  readonly label?: unknown;
  readonly scope: VarScope;
}

export interface TaskRun {
  readonly task: ExpandedTask;
  readonly scope: VarScope;
  /** Runs one turn; its scope has the item. `later` gives the scopes of the turns that are still to come. */
  readonly turn: (scope: VarScope, later: () => readonly VarScope[]) => Promise<ItemOutcome>;
  /** Told of each turn of a loop when it is over, before the next begins: facts it set are seen by the next. */
  readonly onTurn: (turn: TurnOutcome) => void;
  readonly sleep: (ms: number) => Promise<void>;
  readonly signal: AbortSignal;
}

/** Runs a task on one host: its loop, turn by turn. Never throws but for an interruption. */
export async function runTask(run: TaskRun): Promise<TaskOutcome> {
  const { task, scope } = run;
  const { loop } = task.task;
  if (!loop) {
    const outcome = await guard(run, () => run.turn(scope, () => []));
    const isIgnored = ignores(run, scope, outcome.status);
    const turn = { ...outcome, isIgnored, scope };
    return { ...turn, isLoop: false, items: [turn] };
  }
  let items: readonly unknown[];
  let control: LoopControl;
  try {
    control = loopControl(scope, task.frame);
    items = loopItems(scope, loop).filter((item) => item !== Omit);
  } catch (error) {
    // Ansible skips a loop whose list cannot be made when a `when` that does not need the item is false.
    const skipped = skippedAnyway(scope, task.frame);
    const outcome = skipped ?? failureOf(error);
    const turn = { ...outcome, isIgnored: ignores(run, scope, outcome.status), scope };
    return { ...turn, isLoop: false, items: [turn] };
  }
  const turns: TurnOutcome[] = [];
  for (let index = 0; index < items.length; index++) {
    if (index > 0 && control.pauseMs > 0) await run.sleep(control.pauseMs);
    const turn = await runTurn(run, items, index, control);
    turns.push(turn);
    run.onTurn(turn);
    if (turn.status === "unreachable" || breaks(run, turn)) break;
  }
  return summarize(turns);
}

async function runTurn(
  run: TaskRun,
  items: readonly unknown[],
  index: number,
  control: LoopControl,
): Promise<TurnOutcome> {
  const scope = run.scope.with(itemLayer(items, index, control));
  const later = (): readonly VarScope[] =>
    turnsDepend(run.task.frame.raw, control)
      ? []
      : items.slice(index + 1).map((_, offset) => run.scope.with(itemLayer(items, index + 1 + offset, control)));
  const outcome = await guard(run, () => run.turn(scope, later));
  let label: unknown = items[index];
  try {
    label = itemLabel(scope, run.task.frame, items[index]);
  } catch {
    // A label that cannot be made is no failure of the task: the item itself is shown.
  }
  const result = {
    ...outcome.result,
    [control.loopVar]: items[index],
    ansible_loop_var: control.loopVar,
    ...(control.indexVar !== undefined && { [control.indexVar]: index, ansible_index_var: control.indexVar }),
  };
  return { ...outcome, result, item: items[index], label, scope, isIgnored: ignores(run, scope, outcome.status) };
}

/** Whether what becomes of a turn decides when the next one comes, and whether it does. */
function turnsDepend(raw: Readonly<Record<string, unknown>>, { pauseMs }: LoopControl): boolean {
  const control = raw["loop_control"] as Readonly<Record<string, unknown>> | undefined;
  return (
    pauseMs > 0 ||
    control?.["break_when"] !== undefined ||
    ["until", "retries", "timeout"].some((key) => Object.hasOwn(raw, key))
  );
}

/** The result of a loop: `results` of its turns and what they come to together. */
function summarize(turns: readonly TurnOutcome[]): TaskOutcome {
  const has = (status: TaskStatus): boolean => turns.some((turn) => turn.status === status);
  const isFailed = turns.some((turn) => turn.status === "failed" && !turn.isIgnored);
  const isAllSkipped = turns.every(({ status }) => status === "skipped");
  const status: TaskStatus = has("unreachable")
    ? "unreachable"
    : has("failed")
      ? "failed"
      : isAllSkipped
        ? "skipped"
        : has("changed")
          ? "changed"
          : has("unknown")
            ? "unknown"
            : "ok";
  const msg = {
    unreachable: "One or more items are unreachable",
    failed: "One or more items failed",
    skipped: "All items skipped",
    changed: "All items completed",
    ok: "All items completed",
    unknown: "unknown until applied",
  }[status];
  const result: ResultFields = {
    results: turns.map((turn) => withFailed(turn)),
    changed: turns.some((turn) => turn.result["changed"] === true),
    skipped: status === "skipped",
    ...(turns.length === 0 ? { skipped_reason: "No items in the list" } : { msg }),
    ...(status === "failed" && { failed: true }),
    ...(status === "unreachable" && { unreachable: true }),
  };
  const isIgnored = status === "failed" && !isFailed;
  return { status, result, isIgnored, isLoop: true, items: turns };
}

/** A result as it is registered: what was not skipped says whether it failed; notes for reports and the run itself are left out. */
export function withFailed({ status, result }: ItemOutcome): ResultFields {
  const own = Object.entries(result).filter(([name]) => !name.startsWith("_ansible_"));
  return { ...Object.fromEntries(own), ...(status !== "skipped" && { failed: status === "failed" }) };
}

async function guard(run: TaskRun, action: () => Promise<ItemOutcome>): Promise<ItemOutcome> {
  try {
    return await action();
  } catch (error) {
    if (run.signal.aborted) throw error;
    return failureOf(error);
  }
}

function ignores(run: TaskRun, scope: VarScope, status: TaskStatus): boolean {
  if (status !== "failed" && status !== "unreachable") return false;
  const name = status === "failed" ? "ignore_errors" : "ignore_unreachable";
  try {
    return flag(scope, run.task.frame, name) === true;
  } catch {
    return false;
  }
}

/** For a loop whose list cannot be made: skipped when a `when` that does not need the item is false. */
export function skippedAnyway(scope: VarScope, frame: Frame): ItemOutcome | undefined {
  let because: FalseCondition | undefined;
  try {
    because = falseWhen(scope, frame);
  } catch {
    return undefined;
  }
  if (!because) return undefined;
  const result = {
    changed: false,
    skipped: true,
    skip_reason: "Conditional result was False",
    false_condition: because.condition,
  };
  return { status: "skipped", result, skippedBecause: because.because };
}

function breaks(run: TaskRun, turn: TurnOutcome): boolean {
  const control = run.task.frame.raw["loop_control"];
  if (typeof control !== "object" || control === null || !Object.hasOwn(control, "break_when")) return false;
  const raw = (control as Record<string, unknown>)["break_when"];
  const { register } = run.task.frame.raw;
  const values = typeof register === "string" ? { [register]: turn.result } : {};
  const scope = turn.scope.with({ name: "register", values, trusted: false });
  const conditions = Array.isArray(raw) ? raw : [raw];
  return conditions.every(
    (_, index) => (Array.isArray(raw) ? scope.condition(raw, index) : scope.condition(control, "break_when")).value,
  );
}
