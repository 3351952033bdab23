import { setMaxListeners } from "node:events";
import { type FactCache, factCache } from "../project/fact-cache.ts";
import type { Project } from "../project/project.ts";
import type { ExpandedPlay, Frame } from "../project/expanded.ts";
import type { RunHooks } from "../project/options.ts";
import { usedFacts } from "../project/used-facts.ts";
import { AsyncJobs } from "./async-jobs.ts";
import { becomeOf, connectionOf } from "./connection.ts";
import { HostRun } from "./host-run.ts";
import type { EventSink, RunEvent } from "./events.ts";
import type { Machines } from "./machines.ts";
import { Predictions } from "./predictions.ts";
import type { StartAt } from "./start-at.ts";
import { Step } from "./step.ts";
import { TaskDebugger } from "./task-debugger.ts";
import { type PlayVariables, Variables } from "./variables.ts";

/** An event before it gets its time. */
export type Happening = RunEvent extends infer E ? (E extends RunEvent ? Omit<E, "time"> : never) : never;

export interface RunSettings {
  readonly isCheck: boolean;
  readonly wantsDiff: boolean;
  readonly verbosity: number;
  readonly forks: number;
  readonly tags: readonly string[];
  readonly skipTags: readonly string[];
  readonly forceHandlers: boolean;
  readonly isStep: boolean;
  /** Measure each task on each host and emit `profile` events. */
  readonly wantsProfile: boolean;
}

/** What all plays of a run share. */
export class RunContext {
  readonly project: Project;
  readonly settings: RunSettings;
  readonly hooks: RunHooks;
  readonly signal: AbortSignal;
  readonly machines: Machines;
  readonly variables: Variables;
  readonly jobs = new AsyncJobs();
  readonly startAt: StartAt;
  readonly step: Step;
  readonly debugger = new TaskDebugger();
  readonly #sink: EventSink;
  readonly #factCache: FactCache | undefined;
  readonly #hosts = new Map<string, HostRun>();
  readonly #predictions = new Map<string, Predictions>();
  readonly #plays: readonly ExpandedPlay[];
  #usedFacts: { readonly names: ReadonlySet<string> | undefined } | undefined;

  constructor(options: {
    readonly project: Project;
    readonly settings: RunSettings;
    readonly hooks: RunHooks;
    readonly signal: AbortSignal;
    readonly machines: Machines;
    readonly sink: EventSink;
    readonly startAt: StartAt;
    readonly plays: readonly ExpandedPlay[];
  }) {
    this.project = options.project;
    this.settings = options.settings;
    this.hooks = {
      ...options.hooks,
      ask: async (question) => {
        const answer = await options.hooks.ask(question);
        this.machines.forget();
        return answer;
      },
    };
    this.signal = options.signal;
    this.machines = options.machines;
    // Every script under way listens to it.
    setMaxListeners(0, options.signal);
    this.#sink = options.sink;
    this.#factCache = factCache(options.project.settings);
    if (options.project.options.flushCache) {
      for (const host of options.project.hostNames()) this.#factCache?.forget(host);
    }
    this.startAt = options.startAt;
    this.#plays = options.plays;
    this.step = new Step(options.settings.isStep, this.hooks);
    this.variables = new Variables({
      project: options.project,
      isCheck: options.settings.isCheck,
      wantsDiff: options.settings.wantsDiff,
      host: (name) => this.host(name),
    });
  }

  /** Names of the facts that the run can use; undefined when that may be any. */
  usedFacts(): ReadonlySet<string> | undefined {
    this.#usedFacts ??= { names: usedFacts(this.project, this.#plays) };
    return this.#usedFacts.names;
  }

  /** The state of a host; the same object for the whole run. */
  host(name: string): HostRun {
    let host = this.#hosts.get(name);
    if (!host) {
      host = new HostRun(name);
      const kept = this.#factCache?.load(name);
      if (kept) host.recallFacts(kept);
      this.#hosts.set(name, host);
    }
    return host;
  }

  /** Keeps for later runs what was learnt about the hosts, where the configuration asks for it. */
  keepFacts(): void {
    for (const host of this.#hosts.values()) {
      if (host.hasNewFacts) this.#factCache?.save(host.name, host.facts.variables);
      host.hasNewFacts = false;
    }
  }

  /** Hosts that took part so far. */
  hosts(): readonly HostRun[] {
    return [...this.#hosts.values()];
  }

  /** What check mode believes of a host. */
  predictions(host: string): Predictions {
    let predictions = this.#predictions.get(host);
    if (!predictions) {
      predictions = new Predictions();
      this.#predictions.set(host, predictions);
    }
    return predictions;
  }

  /** Drops the connection that a task of this frame would use. */
  async resetConnection(host: HostRun, frame: Frame, play: PlayVariables): Promise<void> {
    const scope = this.variables.scope(host, frame, play);
    const { connection, become } = this.project.options;
    await this.machines.get(connectionOf(scope, frame, host.name, connection), becomeOf(scope, frame, become)).reset();
  }

  emit(happening: Happening): void {
    this.#sink({ time: new Date().toISOString(), ...happening } as RunEvent);
  }

  /** Waits; ends early and throws when the run is interrupted. After a second and more hosts are read anew. */
  async sleep(ms: number, signal: AbortSignal = this.signal): Promise<void> {
    await this.#wait(ms, signal);
    if (ms >= 1000) this.machines.forget();
  }

  #wait(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason as Error);
      const onAbort = (): void => {
        clearTimeout(timer);
        reject(signal.reason as Error);
      };
      const timer = setTimeout(() => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      }, ms);
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }
}
