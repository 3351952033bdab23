import type { DiffText, HostRecap, RunEvent, TaskLabel, TaskStatus } from "../../src/run/events.ts";

type Body<T> = T extends unknown ? Omit<T, "time"> : never;

/** Fields of a result that tests rarely care about. */
export interface ResultOptions {
  readonly result?: Readonly<Record<string, unknown>>;
  readonly diff?: readonly DiffText[];
  readonly delegatedTo?: string;
  readonly isIgnored?: boolean;
  readonly isRescued?: boolean;
  readonly isLoop?: boolean;
  readonly skippedBecause?: string;
  readonly error?: { readonly code?: string; readonly at?: string; readonly frame?: string; readonly hint?: string };
}

/** Writes down a run's events with the clock under control. */
export class EventScript {
  readonly events: RunEvent[] = [];
  #nowMs = Date.parse("2026-01-01T00:00:00Z");
  #task: TaskLabel | undefined;
  #hosts: readonly string[] = [];

  add(event: Body<RunEvent>): this {
    this.events.push({ time: new Date(this.#nowMs).toISOString(), ...event } as RunEvent);
    return this;
  }

  wait(ms: number): this {
    this.#nowMs += ms;
    return this;
  }

  play(name: string, hosts: readonly string[]): this {
    this.#hosts = hosts;
    return this.add({ type: "play_start", play: name, name, hosts, at: "site.yml:1:3" });
  }

  task(name: string, options: Partial<TaskLabel> = {}): this {
    const id = `t${this.events.length}`;
    this.#task = { id, name, module: "command", at: "site.yml:5:7", isHandler: false, ...options };
    return this.add({ type: "task_start", play: "p", task: this.#task, hosts: this.#hosts });
  }

  get taskId(): string {
    return this.#task?.id ?? "";
  }

  host(host: string, status: TaskStatus, options: ResultOptions = {}): this {
    const { result = {}, isIgnored = false, isRescued = false, isLoop = false, ...rest } = options;
    const common = { task: this.taskId, host, status, isIgnored, isRescued, isLoop, durationMs: 1 };
    return this.add({ type: "host_result", ...common, result: { changed: status === "changed", ...result }, ...rest });
  }

  item(host: string, item: string, status: TaskStatus, options: ResultOptions = {}): this {
    const { result = {}, isIgnored = false, diff } = options;
    const common = { task: this.taskId, host, item, status, isIgnored };
    const changed = status === "changed";
    return this.add({ type: "item_result", ...common, result: { changed, ...result }, ...(diff && { diff }) });
  }

  end(recap: Readonly<Record<string, Partial<HostRecap>>>): this {
    const zero = { ok: 0, changed: 0, unreachable: 0, failed: 0, skipped: 0, rescued: 0, ignored: 0, unknown: 0 };
    const full = Object.fromEntries(Object.entries(recap).map(([host, counts]) => [host, { ...zero, ...counts }]));
    return this.add({ type: "run_end", recap: full, exitCode: 0, reason: "completed", durationMs: 1 });
  }
}
