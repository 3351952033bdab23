import { type HostFacts, mergeFacts } from "../vars/facts.ts";
import type { VarsLayer } from "../vars/layer.ts";
import type { HostRecap, ResultFields, TaskLabel } from "./events.ts";

/** Where a host stands in a play. `ended`: `meta: end_host` and the like, no failure. */
export type HostStatus = "active" | "failed" | "unreachable" | "ended";

export interface Failure {
  readonly task: TaskLabel;
  /** What a rescue sees of the task. */
  readonly facts: Readonly<Record<string, unknown>>;
  readonly result: ResultFields;
}

/** One host over a whole run: what was learnt about it, what was set for it, what happened to it. */
export class HostRun {
  readonly name: string;
  /** Facts of `setup` and of other modules that return `ansible_facts`. */
  facts: HostFacts = { facts: {}, variables: {} };
  /** `set_fact` and `register`; data, never templates. */
  readonly set: Record<string, unknown> = {};
  /** Files of `include_vars`, the latest first. */
  included: readonly VarsLayer[] = [];
  status: HostStatus = "active";
  /** Failure of the task that ended the current block, for `rescue`. */
  failure: Failure | undefined;
  /** Keys of handlers that wait for the next flush. */
  readonly notified = new Set<string>();
  /** Counts changes of variables; what was computed from an older version is stale. */
  version = 0;
  #recap: HostRecap = { ok: 0, changed: 0, unreachable: 0, failed: 0, skipped: 0, rescued: 0, ignored: 0, unknown: 0 };

  constructor(name: string) {
    this.name = name;
  }

  get recap(): HostRecap {
    return this.#recap;
  }

  get isActive(): boolean {
    return this.status === "active";
  }

  count(...kinds: readonly (keyof HostRecap)[]): void {
    const recap = { ...this.#recap };
    for (const kind of kinds) recap[kind] += 1;
    this.#recap = recap;
  }

  addFacts(returned: Readonly<Record<string, unknown>>): void {
    mergeFacts(this.facts, returned);
    this.version += 1;
  }

  /** `meta: clear_facts`. */
  clearFacts(): void {
    this.facts = { facts: {}, variables: {} };
    this.version += 1;
  }

  setVariable(name: string, value: unknown): void {
    Object.defineProperty(this.set, name, { value, enumerable: true, configurable: true, writable: true });
    this.version += 1;
  }

  includeVars(layer: VarsLayer): void {
    this.included = [layer, ...this.included];
    this.version += 1;
  }
}
