import type { Query } from "../task/query.ts";

interface Answer {
  readonly value: unknown;
  readonly epoch: number;
  readonly atMs: number;
}

/**
 * What is known of a machine. An answer counts only at the epoch at which it was asked, for the same user, while it is fresh. The epoch
 * is raised before any byte that may write is sent, so a write, even one that fails or is interrupted, forgets everything.
 */
export class StateCache {
  #epoch = 0;
  readonly #answers = new Map<string, Answer>();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** Forgets all answers. */
  raise(): void {
    this.#epoch += 1;
    this.#answers.clear();
  }

  /** The answer to a query as `user` sees it, when it may still be used. */
  get(user: string, query: Query<unknown>): { readonly value: unknown } | undefined {
    const answer = this.#answers.get(keyOf(user, query));
    if (!answer || answer.epoch !== this.#epoch) return undefined;
    return this.#now() - answer.atMs <= query.kind.freshMs ? answer : undefined;
  }

  /** Keeps an answer that was asked at `epoch`; one that a write has overtaken is dropped. */
  put(user: string, query: Query<unknown>, value: unknown, epoch: number): void {
    if (epoch === this.#epoch) this.#answers.set(keyOf(user, query), { value, epoch, atMs: this.#now() });
  }
}

function keyOf(user: string, query: Query<unknown>): string {
  return `${user}\0${query.id}`;
}
