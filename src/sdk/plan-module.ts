import { checkArguments } from "../task/args.ts";
import type { Change } from "../task/change.ts";
import type { Controller } from "../task/controller.ts";
import type { CommandOutput, Observed, Plan, Queries, ResourceDefinition } from "../task/define-task.ts";
import type { Query } from "../task/query.ts";
import { createFakeController } from "./fake-controller.ts";

/** What a fixture says about the host: answers by query, and what it gives beside them. */
export interface Fixture {
  /** Pairs of a query and its answer. A query that is not listed answers undefined. */
  readonly host?: readonly (readonly [Query<unknown>, unknown])[];
  /** The functions of the controller that `prepare` calls. */
  readonly controller?: Partial<Controller>;
  readonly isCheck?: boolean;
  readonly wantsDiff?: boolean;
  /** What earlier stages of the task applied. */
  readonly applied?: readonly Change[];
  readonly outputs?: readonly CommandOutput[];
}

export interface Planned {
  readonly changes: readonly Change[];
  readonly plan: Plan;
  /** Scripts of all steps in order; a write shows as `write PATH`. */
  readonly scripts: readonly string[];
  readonly observed: Readonly<Record<string, unknown>>;
  /** Fields of the result, as if the apply had left exactly what `after` predicts. */
  readonly result: Readonly<Record<string, unknown>>;
  /** What a second run would change, if the first left what `after` predicts: nothing, unless the module never settles. */
  again(): readonly Change[];
}

/**
 * Runs a resource module without a host: raw arguments and observed state in, changes out. Throws what is wrong with the arguments, and
 * the TaskFailure of a plan that cannot be made.
 *
 *     const { scripts, again } = await planModule(group, { name: "web", gid: 80 }, { host: [[groupQuery("web"), undefined]] });
 *     assert.deepEqual(scripts, ["groupadd -g 80 -- web"]);
 *     assert.deepEqual(again(), []);
 */
export async function planModule(
  module: ResourceDefinition,
  raw: Readonly<Record<string, unknown>>,
  fixture: Fixture = {},
): Promise<Planned> {
  const { args, problems } = checkArguments(module.args, raw);
  if (problems.length > 0) throw new Error(problems.map((problem) => problem.message).join("; "));
  const prepared = await module.prepare?.(args, createFakeController(fixture.controller));
  const answers = new Map((fixture.host ?? []).map(([query, answer]) => [query.id, answer]));
  const wantsDiff = fixture.wantsDiff ?? false;
  const isCheck = fixture.isCheck ?? false;
  const observed = observe(module, args, prepared, answers, wantsDiff);
  const plan = toPlan(module.plan(args, observed, { prepared, isCheck, applied: fixture.applied ?? [] }));
  const after = new Map(answers);
  for (const change of plan.changes) after.set(change.query.id, predict(change, after.get(change.query.id)));
  const settled = observe(module, args, prepared, after, wantsDiff);
  const result =
    module.result?.(args, {
      before: observed,
      after: settled,
      changes: plan.changes,
      outputs: fixture.outputs ?? [],
      backups: new Map(),
      prepared,
      isCheck,
    }) ?? {};
  return {
    changes: plan.changes,
    plan,
    scripts: plan.changes.flatMap(scriptsOf),
    observed,
    result,
    again() {
      const applied = [...(fixture.applied ?? []), ...plan.changes];
      const { changes } = toPlan(module.plan(args, settled, { prepared, isCheck, applied }));
      return changes.filter(({ isEvent }) => !isEvent);
    },
  };
}

/** The scripts of a change's steps, blanks that mean nothing taken out. */
export function scriptsOf(change: Change): readonly string[] {
  return change.steps.map((step) =>
    step.type === "write" ? `write ${step.file.path}` : step.command.script.text.trim().replace(/ +/g, " "),
  );
}

function toPlan(planned: readonly Change[] | Plan): Plan {
  return "changes" in planned ? planned : { changes: planned };
}

/** Asks until nothing new is asked, as a run does. */
function observe(
  module: ResourceDefinition,
  args: Record<string, unknown>,
  prepared: unknown,
  answers: ReadonlyMap<string, unknown>,
  wantsDiff: boolean,
): Observed<Queries> {
  const asked = new Set<string>();
  for (;;) {
    const known = <T>(query: Query<T>) => (asked.has(query.id) ? (answers.get(query.id) as T) : undefined);
    const queries = Object.entries(module.observe(args, known, prepared, { wantsDiff })).flatMap(([name, query]) =>
      query === undefined ? [] : [[name, query] as const],
    );
    const fresh = queries.filter(([, query]) => !asked.has(query.id));
    for (const [, query] of fresh) asked.add(query.id);
    if (fresh.length === 0) return Object.fromEntries(queries.map(([name, query]) => [name, answers.get(query.id)]));
  }
}

function predict(change: Change, before: unknown): unknown {
  if (change.action === "remove") return undefined;
  if (typeof change.after !== "object" || change.after === null) return change.after;
  return change.action === "change" ? { ...(before as object), ...change.after } : change.after;
}
