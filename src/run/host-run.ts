import type { ExpandedTask } from "../project/expanded.ts";
import { type HostFacts, mergeFacts } from "../vars/facts.ts";
import type { VarsLayer } from "../vars/layer.ts";
import { Doubts } from "./doubts.ts";
import type { HostRecap, ResultFields, TaskLabel } from "./events.ts";
import type { Lasting } from "./second-look.ts";

/** Where a host stands in a play. `ended`: `meta: end_host` and the like, no failure. */
export type HostStatus = "active" | "failed" | "unreachable" | "ended";

export interface Failure {
  readonly task: TaskLabel;
  /** What a rescue sees of the task. */
  readonly facts: Readonly<Record<string, unknown>>;
  readonly result: ResultFields;
}

const noCounts: HostRecap = {
  ok: 0,
  changed: 0,
  unreachable: 0,
  failed: 0,
  skipped: 0,
  rescued: 0,
  ignored: 0,
  unknown: 0,
};

/** One host over a whole run: what was learnt about it, what was set for it, what happened to it. */
export class HostRun {
  readonly name: string;
  /** Facts of `setup` and of other modules that return `ansible_facts`. */
  facts: HostFacts = { facts: {}, variables: {} };
  /** Whether a fact cache should hear of them. */
  hasNewFacts = false;
  /** `set_fact` and `register`; data, never templates. */
  readonly set: Record<string, unknown> = {};
  /** Files of `include_vars`, the latest first. */
  included: readonly VarsLayer[] = [];
  status: HostStatus = "active";
  /** Failure of the task that ended the current block, for `rescue`. */
  failure: Failure | undefined;
  /** Keys of handlers that wait for the next flush. */
  readonly notified = new Set<string>();
  /** Under `--check`: keys of handlers that tasks of unknown outcome may notify, and the first such task. */
  readonly perhapsNotified = new Map<string, string>();
  /** Set while a handler runs of which nobody knows whether it is notified: the task on which that depends. */
  doubt: string | undefined;
  readonly doubts = new Doubts();
  /** Keys of handlers that an earlier run left behind, until the tasks begin. */
  readonly leftover = new Set<string>();
  /** Keys of handlers that failed. */
  readonly lost = new Set<string>();
  /** What tasks of the play left running, the latest for each. */
  readonly #lasting = new Map<string, Lasting>();
  /** Counts changes of variables; what was computed from an older version is stale. */
  version = 0;
  /** What variables of a connection are when nothing sets them: weaker than everything. */
  readonly fallback: VarsLayer;
  #recap = noCounts;
  #forgiven: Pick<HostRecap, "failed" | "unreachable"> = noCounts;

  constructor(name: string) {
    this.name = name;
    this.fallback = { name: "connection", trusted: false, values: { ansible_host: name, ansible_ssh_host: name } };
  }

  get recap(): HostRecap {
    return this.#recap;
  }

  /** Failures that `meta: clear_host_errors` has not forgiven. */
  get recapSinceCleared(): Pick<HostRecap, "failed" | "unreachable"> {
    const { failed, unreachable } = this.#recap;
    return { failed: failed - this.#forgiven.failed, unreachable: unreachable - this.#forgiven.unreachable };
  }

  /**
   * `meta: clear_host_errors`. As with Ansible a host that was unreachable goes on with the play's next task, one that failed with the
   * next play.
   */
  clearErrors(): void {
    if (this.status === "failed") this.status = "ended";
    if (this.status === "unreachable") this.status = "active";
    this.failure = undefined;
    this.#forgiven = this.#recap;
  }

  get isActive(): boolean {
    return this.status === "active";
  }

  count(...kinds: readonly (keyof HostRecap)[]): void {
    const recap = { ...this.#recap };
    for (const kind of kinds) recap[kind] += 1;
    this.#recap = recap;
  }

  /** Takes facts of an earlier run, which are no news to a fact cache. */
  recallFacts(kept: Readonly<Record<string, unknown>>): void {
    const { hasNewFacts } = this;
    this.addFacts(kept);
    this.hasNewFacts = hasNewFacts;
  }

  /** Notes what a task left running, to be looked at again. */
  leave(lasting: Lasting): void {
    this.#lasting.set(lasting.query.id, lasting);
  }

  takeLasting(): readonly Lasting[] {
    const all = [...this.#lasting.values()];
    this.#lasting.clear();
    return all;
  }

  addFacts(returned: Readonly<Record<string, unknown>>): void {
    mergeFacts(this.facts, returned);
    this.hasNewFacts = true;
    this.version += 1;
  }

  /** `meta: clear_facts`. */
  clearFacts(): void {
    this.facts = { facts: {}, variables: {} };
    this.hasNewFacts = true;
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

/** The variable `ansible_failed_task` of a rescue; a task without a name has an empty one. */
export function failedTask(task: ExpandedTask, label: TaskLabel): Failure["facts"] {
  const { name, args } = task.task.module;
  const isNamed = Object.hasOwn(task.frame.raw, "name");
  return { name: isNamed ? label.name : "", action: name, args, tags: task.tags };
}
