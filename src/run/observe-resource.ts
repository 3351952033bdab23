import { type Change, unknown } from "../task/change.ts";
import type { Plan, Queries } from "../task/define-task.ts";
import type { Query } from "../task/query.ts";
import type { ResourceRun } from "./run-resource.ts";

type Args = Readonly<Record<string, unknown>>;

/** What a module asked about its host, and the answers. */
export interface Observation {
  readonly queries: Queries;
  readonly state: Readonly<Record<string, unknown>>;
  readonly answers: ReadonlyMap<string, unknown>;
  /** Every query that was asked, in all rounds. */
  readonly asked: readonly Query<unknown>[];
  /** A query whose answer check mode cannot predict. */
  readonly unknown: Query<unknown> | undefined;
}

/** Asking again with what is known ends after so many rounds: more is a module that asks something new for ever. */
const maxRounds = 8;

/** Asks until the module asks nothing new. */
export async function observe(run: ResourceRun, args: Args, prepared: unknown): Promise<Observation> {
  const rounds = new Rounds(run, args, prepared);
  for (let missing = rounds.next(); missing.length > 0; missing = rounds.next()) {
    const read = await run.host.read(missing);
    for (const query of missing) {
      const answer = read.get(query.id);
      const value = run.predictions ? run.predictions.correct(query, answer) : answer;
      if (value === unknown) return rounds.observation(query);
      rounds.take(query, value);
    }
  }
  return rounds.observation(undefined);
}

/** The same from what is known without asking the host; undefined where that is not all. Not for check mode. */
export function observeKnown(run: ResourceRun, args: Args, prepared: unknown): Observation | undefined {
  const rounds = new Rounds(run, args, prepared);
  for (let missing = rounds.next(); missing.length > 0; missing = rounds.next()) {
    for (const query of missing) {
      const answer = run.host.known(query);
      if (!answer) return undefined;
      rounds.take(query, answer.value);
    }
  }
  return rounds.observation(undefined);
}

/** What a module asks, round by round. */
class Rounds {
  readonly #run: ResourceRun;
  readonly #args: Args;
  readonly #prepared: unknown;
  readonly #answers = new Map<string, unknown>();
  readonly #asked: Query<unknown>[] = [];
  #queries: Queries = {};
  #count = 0;

  constructor(run: ResourceRun, args: Args, prepared: unknown) {
    this.#run = run;
    this.#args = args;
    this.#prepared = prepared;
  }

  /** What is asked for the first time now that the answers so far are known. */
  next(): readonly Query<unknown>[] {
    const { module, wantsDiff } = this.#run;
    if (this.#count++ === maxRounds)
      throw new Error(`module \`${module.name}\` asks for more state after ${maxRounds} rounds`);
    const known = <T>(query: Query<T>): T | undefined => this.#answers.get(query.id) as T | undefined;
    this.#queries = module.observe(this.#args, known, this.#prepared, { wantsDiff });
    const missing = Object.values(this.#queries).filter(
      (query) => query !== undefined && !this.#answers.has(query.id),
    ) as readonly Query<unknown>[];
    this.#asked.push(...missing);
    return missing;
  }

  take(query: Query<unknown>, answer: unknown): void {
    this.#answers.set(query.id, answer);
  }

  observation(open: Query<unknown> | undefined): Observation {
    const state = open ? {} : stateOf(this.#queries, this.#answers);
    return { queries: this.#queries, state, answers: this.#answers, asked: this.#asked, unknown: open };
  }
}

/** Answers by the names that the module gave its queries. */
export function stateOf(queries: Queries, answers: ReadonlyMap<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(queries).map(([name, query]) => [name, query === undefined ? undefined : answers.get(query.id)]),
  );
}

export function toPlan(planned: readonly Change[] | Plan): Plan {
  return "changes" in planned ? planned : { changes: planned };
}
