import type { Change, Diff } from "../task/change.ts";
import { unknown } from "../task/change.ts";
import type { Controller } from "../task/controller.ts";
import type { CommandOutput, Plan, ResourceDefinition } from "../task/define-task.ts";
import { TaskFailure } from "../task/failure.ts";
import type { Query } from "../task/query.ts";
import { applyTogether } from "./apply-together.ts";
import type { LoopItems } from "./combined-items.ts";
import type { DiffText } from "./events.ts";
import { type Observation, observe, toPlan } from "./observe-resource.ts";
import { type ModuleOutcome, unknownUntilApplied } from "./outcome.ts";
import type { Predictions } from "./predictions.ts";
import { stateDiff } from "./state-diff.ts";

/** The host as a resource module's run needs it. */
export interface ResourceHost {
  /** Answers by query id; from the cache where they may be used. */
  read(queries: readonly Query<unknown>[]): Promise<ReadonlyMap<string, unknown>>;
  /**
   * Runs the steps in order and stops at the first that fails (rc other than 0). Raises the epoch before it sends anything. `then` is read
   * right after the last step, in the same message.
   */
  apply(changes: readonly Change[], then: readonly Query<unknown>[]): Promise<ApplyOutput>;
  /** The answer that {@link read} would give without asking the host. */
  known(query: Query<unknown>): { readonly value: unknown } | undefined;
  /**
   * Runs the changes of several turns in their order, in one message, whatever becomes of each. Undefined, and nothing was sent, where they
   * do not fit in one.
   */
  applyEach(
    turns: readonly (readonly Change[])[],
    then: readonly Query<unknown>[],
  ): Promise<readonly (ApplyOutput | Error)[] | undefined>;
}

export interface ApplyOutput {
  readonly outputs: readonly CommandOutput[];
  readonly backups: ReadonlyMap<string, string>;
  readonly warnings: readonly string[];
}

export interface ResourceRun {
  readonly module: ResourceDefinition;
  readonly args: Readonly<Record<string, unknown>>;
  readonly controller: Controller;
  readonly host: ResourceHost;
  /** Set under `--check`. */
  readonly predictions: Predictions | undefined;
  /** As messages name the task. */
  readonly taskName: string;
  readonly wantsDiff: boolean;
  /** The other turns, where the module can serve several at once. */
  readonly loop?: LoopItems | undefined;
}

/** A plan whose further stages depend on earlier ones ends after so many. */
const maxStages = 4;

/** Runs a resource module: observe, plan, apply, verify. */
export async function runResource(run: ResourceRun): Promise<ModuleOutcome> {
  const { module, args, predictions } = run;
  const done = run.loop?.take(args);
  const prepared = done ? done.prepared : await module.prepare?.(args, run.controller);
  const before = done?.before ?? (await observe(run, args, prepared));
  if (before.unknown) {
    const cause = predictions?.cause(before.unknown);
    return unknownUntilApplied(`depends on ${cause === undefined ? "an earlier task" : `"${cause}"`}`);
  }
  const isCheck = predictions !== undefined;
  const planOf = (state: Readonly<Record<string, unknown>>, applied: readonly Change[]): Plan =>
    toPlan(module.plan(args, state, { prepared, applied, isCheck }));
  let plan: Plan;
  try {
    plan = done?.plan ?? planOf(before.state, []);
  } catch (error) {
    // The plan misses what a package may bring, or needs a member that an earlier prediction leaves open (the version that will be installed).
    const cause = error instanceof TaskFailure ? predictions?.possibleCause(answersOf(before)) : undefined;
    const isOpen = isCheck && error instanceof TypeError && holdsUnknown(before.state);
    if (cause === undefined && !isOpen) throw error;
    return unknownUntilApplied(`depends on ${cause === undefined ? "an earlier task" : `"${cause}"`}`);
  }
  if (predictions && plan.unknown !== undefined) {
    predictions.add(plan.changes, (query) => before.answers.get(query.id), run.taskName);
    return unknownUntilApplied(plan.unknown);
  }
  const warnings = [...(plan.warnings ?? [])];
  const changes = [...plan.changes];
  const finish = (state: Readonly<Record<string, unknown>>, output: ApplyOutput): ModuleOutcome => {
    const isChanged = changes.some((change) => !change.isQuiet);
    const context = { before: before.state, after: state, changes, prepared, isCheck };
    return {
      status: plan.skipped ? "skipped" : isChanged ? "changed" : "ok",
      fields: {
        changed: isChanged,
        ...module.result?.(args, { ...context, outputs: output.outputs, backups: output.backups }),
        ...(plan.msg !== undefined && { msg: plan.msg }),
      },
      diff: changes.flatMap((change) => diffsOf(change, before.answers.get(change.query.id))),
      warnings: [...warnings, ...output.warnings],
    };
  };
  if (changes.length === 0) return finish(before.state, nothing);
  if (predictions) {
    predictions.add(changes, (query) => before.answers.get(query.id), run.taskName);
    return finish(predicted(before, predictions), nothing);
  }
  let output = nothing;
  for (let stage = 1; ; stage++) {
    const together = stage === 1 && done ? done.output : await applyTogether(run, { prepared, before, plan, changes });
    if (together instanceof Error) throw together;
    if (together === "failed") return await runResource({ ...run, loop: undefined });
    output = joinOutputs(output, together ?? (await run.host.apply(plan.changes, before.asked)));
    const after = await observe(run, args, prepared);
    const wasPartial = plan.isPartial === true;
    const next = planOf(after.state, changes);
    const left = isEditAgain(next.changes, changes) ? [] : next.changes.filter((change) => !change.isEvent);
    if (left.length === 0 && !(wasPartial && next.changes.length > 0)) {
      // What was done is said by the plan that did it; one that knew too little says nothing.
      const msg = plan.msg ?? next.msg;
      plan = { ...plan, ...(msg !== undefined && { msg }) };
      return finish(after.state, output);
    }
    if (!wasPartial || stage >= maxStages) {
      const todo = left.map(describe).join(", ");
      throw new TaskFailure(`the change did not hold: ${todo} still to be done after the apply`, {
        ...finish(after.state, output).fields,
        stdout: output.outputs.map(({ stdout }) => stdout).join(""),
        stderr: output.outputs.map(({ stderr }) => stderr).join(""),
      });
    }
    plan = next;
    changes.push(...next.changes);
    warnings.push(...(next.warnings ?? []));
  }
}

function answersOf({ asked, answers }: Observation): readonly (readonly [Query<unknown>, unknown])[] {
  return asked.map((query) => [query, answers.get(query.id)]);
}

/**
 * An edit that alters the text that it made itself (`replace` of `a` by `aa`): the file was written and checked, so it holds, and is
 * changed again by the next run, as with Ansible. The same bytes once more are a write that somebody undid.
 */
function isEditAgain(planned: readonly Change[], applied: readonly Change[]): boolean {
  const [next, ...others] = planned.flatMap(({ steps }) => steps);
  const done = applied.flatMap(({ steps }) => steps).findLast(({ type }) => type === "write");
  if (next?.type !== "write" || done?.type !== "write" || others.length > 0) return false;
  const [{ content }, { content: before }] = [next.file, done.file];
  const isText = content instanceof Uint8Array && before instanceof Uint8Array;
  return isText && next.file.path === done.file.path && !isSame(content, before);
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

/** Whether a state has members whose values check mode cannot predict. */
function holdsUnknown(state: unknown, depth = 0): boolean {
  if (state === unknown) return true;
  if (typeof state !== "object" || state === null || depth > 4) return false;
  return Object.values(state).some((member) => holdsUnknown(member, depth + 1));
}

function joinOutputs(first: ApplyOutput, second: ApplyOutput): ApplyOutput {
  return {
    outputs: [...first.outputs, ...second.outputs],
    backups: new Map([...first.backups, ...second.backups]),
    warnings: [...first.warnings, ...second.warnings],
  };
}

const nothing: ApplyOutput = { outputs: [], backups: new Map(), warnings: [] };

function predicted(before: Observation, predictions: Predictions): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(before.queries).map(([name, query]) => {
      if (!query) return [name, undefined];
      const value = predictions.correct(query, before.answers.get(query.id));
      return [name, value === unknown ? undefined : value];
    }),
  );
}

function describe(change: Change): string {
  return `${change.action} ${change.query.kind.name} ${typeof change.query.key === "string" ? `\`${change.query.key}\`` : JSON.stringify(change.query.key)}`;
}

function diffsOf(change: Change, before: unknown): readonly DiffText[] {
  const diff = change.diff ?? stateDiff(change, before);
  const diffs: readonly Diff[] = diff === undefined ? [] : "before" in diff ? [diff] : diff;
  const name = describe(change);
  return diffs.map((diff) => ({
    before: diff.before,
    after: diff.after,
    beforeHeader: diff.beforeHeader ?? name,
    afterHeader: diff.afterHeader ?? name,
  }));
}
