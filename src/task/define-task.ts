import type { z } from "zod";
import type { Change } from "./change.ts";
import type { Controller } from "./controller.ts";
import type { Query } from "./query.ts";

/** Answers so far: undefined for a query that was not asked yet. */
export type Known = <T>(query: Query<T>) => T | undefined;

export type Queries = Readonly<Record<string, Query<unknown> | undefined>>;

/** What the queries of `observe` answered, by the same names. */
export type Observed<Q extends Queries> = {
  readonly [Name in keyof Q]: Q[Name] extends Query<infer T>
    ? T
    : Q[Name] extends Query<infer T> | undefined
      ? T | undefined
      : undefined;
};

export interface ObserveContext {
  /** True under `--diff`: contents that only a diff needs may be read then. */
  readonly wantsDiff: boolean;
}

export interface PlanContext<Prepared> {
  /** What `prepare` returned. */
  readonly prepared: Prepared;
  /** Changes that this task already applied: empty for the first plan. Tells an event that was done from one that is due. */
  readonly applied: readonly Change[];
  /** True under `--check`: `plan` rarely needs to know. */
  readonly isCheck: boolean;
}

/** What `plan` may return when changes alone do not say all. */
export interface Plan {
  readonly changes: readonly Change[];
  readonly warnings?: readonly string[];
  /** True when the module has nothing to do by its own rules (`creates`). */
  readonly skipped?: boolean;
  readonly msg?: string;
  /**
   * What else is to do can only be told once these changes are applied (which version is newest: after the package lists were fetched).
   * The state is then observed and planned again and the rest is applied too. Never under `--check`.
   */
  readonly isPartial?: boolean;
  /** Under `--check`: why it cannot be told whether anything would change. `changes` then say what may alter. */
  readonly unknown?: string;
}

/** Output of one command of the apply. */
export interface CommandOutput {
  readonly rc: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ResultContext<Prepared, State> {
  readonly before: State;
  /** Observed again after the apply; predicted under `--check`. */
  readonly after: State;
  readonly changes: readonly Change[];
  readonly outputs: readonly CommandOutput[];
  /** Paths of backups that writes made, by written path. */
  readonly backups: ReadonlyMap<string, string>;
  readonly prepared: Prepared;
  readonly isCheck: boolean;
}

/** One example of the module's documentation; every one is executed by tests. */
export interface Example {
  readonly name: string;
  readonly yaml: string;
}

/** A module that describes what should be: state in, changes out. Idempotence, check mode, diff and verification come from the split. */
export interface ResourceModule<
  Args extends z.ZodObject = z.ZodObject,
  Q extends Queries = Queries,
  Prepared = undefined,
> {
  readonly name: string;
  /** Other names it answers to (`systemd_service`). */
  readonly aliases?: readonly string[];
  readonly summary: string;
  readonly args: Args;
  /** Name of the argument that takes free-form text, as in `command: echo hello`. */
  readonly freeForm?: string;
  /** What the result holds besides `changed`, `failed`, `msg` and `diff`: each field with a line about it. */
  readonly returns?: Readonly<Record<string, string>>;
  readonly examples?: readonly Example[];
  /** Reads what the task needs from the controller. Never touches the host; runs in check mode too. */
  prepare?(args: z.output<Args>, controller: Controller): Promise<Prepared> | Prepared;
  /** Which state to read. Called again with what is known until it asks nothing new; no I/O here. */
  observe(args: z.output<Args>, known: Known, prepared: Prepared, context: ObserveContext): Q;
  /** Pure: what is and what should be, to changes. Throws {@link TaskFailure}. */
  plan(args: z.output<Args>, state: Observed<Q>, context: PlanContext<Prepared>): readonly Change[] | Plan;
  /**
   * The arguments that do at once what several items of a loop ask for, where one operation can (a package manager's transaction);
   * undefined where they do not mix. Each item is planned, verified and reported by itself all the same.
   */
  combine?(items: readonly z.output<Args>[]): z.output<Args> | undefined;
  /**
   * Items of a loop may be sent in one message, each in its turn, where they touch different things: the changes of a plan name all state that another
   * item could look at, as their `query`, in `mayAlter`, or as files that are written.
   */
  readonly mayShareMessage?: boolean;
  /** Fields of the result besides `changed`, `diff` and `msg`, named as in Ansible. */
  result?(args: z.output<Args>, context: ResultContext<Prepared, Observed<Q>>): Readonly<Record<string, unknown>>;
  /**
   * What the task leaves running when it changed something (a daemon): asked once more at the end of the play. An answer is why it runs no
   * more, and the host fails; undefined is well.
   */
  lasting?(args: z.output<Args>): Query<string | undefined> | undefined;
}

export interface ResourceDefinition extends ResourceModule<z.ZodObject, Queries, unknown> {
  readonly type: "resource";
}

/**
 * Defines a resource module; the default export of a file in `tasks/`.
 *
 * The types of `args`, of what `observe` asks and of what `prepare` returns flow into `plan` and `result`.
 */
export function defineTask<Args extends z.ZodObject, Q extends Queries, Prepared = undefined>(
  module: ResourceModule<Args, Q, Prepared>,
): ResourceDefinition {
  return { type: "resource", ...module } as unknown as ResourceDefinition;
}
