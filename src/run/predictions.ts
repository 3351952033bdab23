import type { Change } from "../task/change.ts";
import { unknown } from "../task/change.ts";
import type { Query } from "../task/query.ts";

/** Directories into which packages put files. What lies elsewhere no package makes. */
const packagedPaths = /^\/(etc|usr|lib|lib64|bin|sbin|var|opt|run|srv)(\/|$)/;

/**
 * What check mode believes of a host: every predicted change alters the state that later tasks see. Kinds that a change may alter
 * without saying how (a package's files, units, users) are unknown where the host has none yet.
 */
export class Predictions {
  readonly #answers = new Map<string, unknown>();
  /** Kind of state → the task that may alter it. */
  readonly #mayAlter = new Map<string, string>();

  /** Takes in what a task would change. `current`: what each query answered before. */
  add(changes: readonly Change[], current: (query: Query<unknown>) => unknown, task: string): void {
    for (const change of changes) {
      if (!change.isEvent) this.#answers.set(change.query.id, predict(change, current(change.query)));
      for (const kind of change.mayAlter ?? []) this.#mayAlter.set(kind, task);
    }
  }

  /** A task whose effect cannot be told (a command) may have altered everything that is not there yet. */
  addUnknown(kinds: readonly string[], task: string): void {
    for (const kind of kinds) this.#mayAlter.set(kind, task);
  }

  /** What a query would answer at this point of the real run; `unknown` where that cannot be told. */
  correct(query: Query<unknown>, actual: unknown): unknown {
    if (this.#answers.has(query.id)) return this.#answers.get(query.id);
    if (isAbsent(actual) && this.#mayAlter.has(query.kind.name) && mayBePackaged(query)) return unknown;
    return actual;
  }

  /** The task on which an unknown query depends. */
  cause(query: Query<unknown>): string | undefined {
    return this.#mayAlter.get(query.kind.name);
  }
}

function predict(change: Change, before: unknown): unknown {
  if (change.action === "remove") return undefined;
  if (change.after === unknown) return unknown;
  const isPartial = change.action === "change" && typeof before === "object" && before !== null;
  if (!isPartial) return change.after;
  const set = Object.entries(change.after as object).filter(([, value]) => value !== undefined);
  return { ...before, ...Object.fromEntries(set) };
}

function isAbsent(answer: unknown): boolean {
  if (answer === undefined || answer === null) return true;
  return typeof answer === "object" && "exists" in answer && answer.exists === false;
}

function mayBePackaged(query: Query<unknown>): boolean {
  const { key } = query;
  const path = typeof key === "string" ? key : (key as { readonly path?: unknown } | null)?.path;
  return typeof path !== "string" || !path.startsWith("/") || packagedPaths.test(path);
}
