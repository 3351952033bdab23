import type { Change } from "../task/change.ts";
import type { Plan } from "../task/define-task.ts";
import { TaskFailure } from "../task/failure.ts";
import type { Query } from "../task/query.ts";
import type { LaterTurn } from "./combined-items.ts";
import { type Observation, observe, observeKnown, stateOf, toPlan } from "./observe-resource.ts";
import type { ApplyOutput, ResourceRun } from "./run-resource.ts";
import { TouchedState } from "./touched-state.ts";

/** What was done for a turn of a loop along with an earlier one: the state before it, and what it said. */
export interface DoneTogether {
  readonly prepared: unknown;
  readonly before: Observation;
  readonly plan: Plan;
  /** A failure is the turn's own. */
  readonly output: ApplyOutput | Error;
}

/** The turn that begins to apply. */
export interface FirstTurn {
  readonly prepared: unknown;
  readonly before: Observation;
  readonly plan: Plan;
  /** All that was applied so far, the plan's included. */
  readonly changes: readonly Change[];
}

/** So many turns travel in one message. */
const maxTurns = 64;

/**
 * Applies what this turn of a loop and later ones want at once: in one operation where the module has one, in one message where their changes touch
 * different things. Undefined when neither can be. When the operation failed, this turn begins anew and alone, so that the error is its own.
 */
export async function applyTogether(run: ResourceRun, first: FirstTurn): Promise<ApplyOutput | "failed" | undefined> {
  const { loop, module } = run;
  if (!loop || first.plan.isPartial) return undefined;
  if (module.combine) return await inOneOperation(run, first, loop.later());
  return module.mayShareMessage ? await inOneMessage(run, first, loop.later(maxTurns - 1)) : undefined;
}

async function inOneOperation(
  run: ResourceRun,
  { prepared, plan, changes: applied }: FirstTurn,
  later: readonly LaterTurn[],
): Promise<ApplyOutput | "failed" | undefined> {
  const { module, args, loop, host } = run;
  const all = later.length > 0 ? module.combine?.([args, ...later.map((turn) => turn.args)]) : undefined;
  if (!all) return undefined;
  const context = { prepared, applied: applied.filter((change) => !plan.changes.includes(change)), isCheck: false };
  try {
    const whole = await observe(run, all, prepared);
    const planned = toPlan(module.plan(all, whole.state, context));
    if (planned.isPartial || planned.changes.length === 0) return undefined;
    const known = <T>(query: Query<T>): T | undefined => whole.answers.get(query.id) as T | undefined;
    const others = later.flatMap(({ args: item }) => {
      const queries = module.observe(item, known, prepared, { wantsDiff: run.wantsDiff });
      const asked = Object.values(queries).filter((query) => query !== undefined);
      if (asked.some((query) => !whole.answers.has(query.id))) return [];
      const state = stateOf(queries, whole.answers);
      const own = toPlan(module.plan(item, state, context));
      const before: Observation = { queries, state, answers: whole.answers, asked, unknown: undefined };
      return own.isPartial || own.changes.length === 0 ? [] : [{ item, before, plan: own }];
    });
    const output = await host.apply(planned.changes, whole.asked);
    for (const { item, ...done } of others) loop?.keep(item, { ...done, prepared, output });
    return output;
  } catch (error) {
    if (!(error instanceof TaskFailure)) throw error;
    loop?.stop();
    return "failed";
  }
}

/** The order of the turns stays, and each sees what it would see alone: what one looks at, before and after its change, no other touches. */
async function inOneMessage(
  run: ResourceRun,
  first: FirstTurn,
  later: readonly LaterTurn[],
): Promise<ApplyOutput | undefined> {
  const touched = new TouchedState();
  touched.add(first.plan.changes);
  const turns: (Omit<DoneTogether, "output"> & { readonly args: LaterTurn["args"] })[] = [];
  const seen = [first.before];
  for (const turn of later) {
    const planned = await planAhead(run, turn).catch(() => undefined);
    // What comes after a turn that cannot be told may depend on it.
    if (!planned) break;
    const { before, plan } = planned;
    const own = new TouchedState();
    own.add(plan.changes);
    if (touched.concerns(before) || seen.some((other) => own.concerns(other))) break;
    seen.push(before);
    if (plan.changes.length === 0) continue;
    touched.add(plan.changes);
    turns.push(planned);
  }
  if (turns.length === 0) return undefined;
  const changes = [first.plan, ...turns.map(({ plan }) => plan)].map((plan) => plan.changes);
  const asked = new Map(seen.flatMap((before) => before.asked.map((query) => [query.id, query])));
  const outputs = await run.host.applyEach(changes, [...asked.values()]);
  if (!outputs) return undefined;
  for (const [index, { args, ...done }] of turns.entries()) {
    const output = outputs[index + 1];
    if (output) run.loop?.keep(args, { ...done, output });
  }
  const [own] = outputs;
  if (own instanceof Error) throw own;
  return own;
}

async function planAhead(run: ResourceRun, { args, controller }: LaterTurn) {
  const { module } = run;
  const prepared = await module.prepare?.(args, controller);
  const before = observeKnown(run, args, prepared);
  if (!before) return undefined;
  const plan = toPlan(module.plan(args, before.state, { prepared, applied: [], isCheck: false }));
  return plan.isPartial || plan.skipped ? undefined : { args, prepared, before, plan };
}
