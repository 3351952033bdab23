import type { Query } from "../task/query.ts";

interface Answer {
  readonly value: unknown;
  readonly epoch: number;
  readonly atMs: number;
}

/** Counts the writes of a machine. Connections that reach the same machine under several names share one. */
export class Epoch {
  #value = 0;

  get value(): number {
    return this.#value;
  }

  raise(): void {
    this.#value += 1;
  }
}

/**
 * What is known of a machine. An answer counts only at the epoch at which it was asked, for the same user, while it is fresh. The epoch
 * is raised before any byte that may write is sent, so a write, even one that fails or is interrupted, forgets everything.
 */
export class StateCache {
  #epoch = new Epoch();
  readonly #answers = new Map<string, Answer>();
  /** What was known before the last write: only for {@link whyMissing}. */
  #forgotten: ReadonlySet<string> = new Set();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  get epoch(): number {
    return this.#epoch.value;
  }

  /** Writes through another name of the same machine count from now on. Answers are not shared: two machines may claim one identity. */
  share(epoch: Epoch): void {
    if (epoch === this.#epoch) return;
    this.#epoch = epoch;
    this.#answers.clear();
  }

  /** Forgets all answers. */
  raise(): void {
    this.#epoch.raise();
    if (this.#answers.size > 0) this.#forgotten = new Set(this.#answers.keys());
    this.#answers.clear();
  }

  /** The answer to a query as `user` sees it, when it may still be used. */
  get(user: string, query: Query<unknown>): { readonly value: unknown } | undefined {
    const answer = this.#answers.get(keyOf(user, query));
    if (!answer || answer.epoch !== this.#epoch.value) return undefined;
    return this.#now() - answer.atMs <= query.kind.freshMs ? answer : undefined;
  }

  /** Why {@link get} has no answer, where something was known once. */
  whyMissing(user: string, query: Query<unknown>): "a task wrote since" | "too old" | undefined {
    const key = keyOf(user, query);
    const answer = this.#answers.get(key);
    if (answer?.epoch === this.#epoch.value) return "too old";
    return answer || this.#forgotten.has(key) ? "a task wrote since" : undefined;
  }

  /** Keeps an answer that was asked at `epoch`; one that a write has overtaken is dropped. */
  put(user: string, query: Query<unknown>, value: unknown, epoch: number): void {
    if (epoch === this.#epoch.value) this.#answers.set(keyOf(user, query), { value, epoch, atMs: this.#now() });
  }
}

function keyOf(user: string, query: Query<unknown>): string {
  return `${user}\0${query.id}`;
}
