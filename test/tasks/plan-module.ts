import { checkArguments } from "../../src/task/args.ts";
import type { Change } from "../../src/task/change.ts";
import type { Controller } from "../../src/task/controller.ts";
import type { CommandOutput, Observed, Plan, Queries, ResourceDefinition } from "../../src/task/define-task.ts";
import type { Query } from "../../src/task/query.ts";

/** What a fixture says about the host: answers by query, and what it gives beside them. */
export interface Fixture {
  /** Pairs of a query and its answer. A query that is not listed answers undefined. */
  readonly host?: readonly (readonly [Query<unknown>, unknown])[];
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
}

/** Runs a resource module without a host: raw arguments and observed state in, changes out. */
export async function planModule(
  module: ResourceDefinition,
  raw: Readonly<Record<string, unknown>>,
  fixture: Fixture = {},
): Promise<Planned> {
  const { args, problems } = checkArguments(module.args, raw);
  if (problems.length > 0) throw new Error(problems.map((problem) => problem.message).join("; "));
  const controller = (fixture.controller ?? {}) as Controller;
  const prepared = await module.prepare?.(args, controller);
  const answers = new Map((fixture.host ?? []).map(([query, answer]) => [query.id, answer]));
  const wantsDiff = fixture.wantsDiff ?? false;
  const observed = observe(module, args, prepared, answers, wantsDiff);
  const isCheck = fixture.isCheck ?? false;
  const planned = module.plan(args, observed, { prepared, isCheck, applied: fixture.applied ?? [] });
  const plan: Plan = "changes" in planned ? planned : { changes: planned };
  const after = new Map(answers);
  for (const change of plan.changes) after.set(change.query.id, predict(change, after.get(change.query.id)));
  const result =
    module.result?.(args, {
      before: observed,
      after: observe(module, args, prepared, after, wantsDiff),
      changes: plan.changes,
      outputs: fixture.outputs ?? [],
      backups: new Map(),
      prepared,
      isCheck,
    }) ?? {};
  const scripts = plan.changes.flatMap((change) =>
    change.steps.map((step) =>
      step.type === "write" ? `write ${step.file.path}` : step.command.script.text.trim().replace(/ +/g, " "),
    ),
  );
  return { changes: plan.changes, plan, scripts, observed, result };
}

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
    const queries = Object.entries(module.observe(args, known, prepared, { wantsDiff })).filter(
      ([, query]) => query !== undefined,
    );
    const fresh = queries.filter(([, query]) => !asked.has((query as Query<unknown>).id));
    for (const [, query] of fresh) asked.add((query as Query<unknown>).id);
    if (fresh.length === 0)
      return Object.fromEntries(queries.map(([name, query]) => [name, answers.get((query as Query<unknown>).id)]));
  }
}

function predict(change: Change, before: unknown): unknown {
  if (change.action === "remove") return undefined;
  if (typeof change.after !== "object" || change.after === null) return change.after;
  return change.action === "change" ? { ...(before as object), ...change.after } : change.after;
}
