import type { DiffText, ResultFields, RunEvent, TaskLabel, TaskStatus } from "../run/events.ts";
import { isQuiet } from "./plain-report.ts";
import { shortModuleName } from "./result-text.ts";

/** What the live view knows: a row for each task of the play, counts instead of hosts. Pure; time comes with the events. */
export interface LiveModel {
  play: string;
  hostCount: number;
  startedMs: number;
  taskCount: number;
  readonly totals: Record<TaskStatus, number>;
  /** Tasks that are shown, by id, in order; a finished one leaves with {@link takeFinished}. */
  readonly rows: Map<string, TaskRow>;
  /** Every failure that nothing handled, for the end of the run. */
  readonly failures: Failure[];
  /** The last failed item of a host's loop, until the host's own result takes it over. */
  readonly failedItems: Map<string, ItemResult>;
}

export interface TaskRow {
  readonly task: TaskLabel;
  readonly total: number;
  readonly startedMs: number;
  endedMs?: number;
  readonly counts: Record<TaskStatus, number>;
  ignored: number;
  /** Hosts at work: since when, and what is special about it. */
  readonly running: Map<string, { readonly sinceMs: number; note?: string }>;
  readonly failed: Failure[];
  /** What `debug` said and what `--diff` shows, with the hosts that agree on it. */
  readonly outputs: Map<string, Output>;
}

export interface Output {
  readonly hosts: string[];
  readonly module: string;
  readonly result?: ResultFields;
  readonly diff?: DiffText;
}

export type HostResult = Extract<RunEvent, { type: "host_result" }>;
export type ItemResult = Extract<RunEvent, { type: "item_result" }>;

export interface Failure {
  readonly task: TaskLabel;
  readonly event: HostResult;
  /** Of a loop: an item that failed. */
  readonly item?: ItemResult;
}

export function createLiveModel(): LiveModel {
  return {
    play: "",
    hostCount: 0,
    startedMs: 0,
    taskCount: 0,
    totals: zeroes(),
    rows: new Map(),
    failures: [],
    failedItems: new Map(),
  };
}

/** Tasks whose last host has answered, taken out of the model so that they can be written for good. */
export function takeFinished(model: LiveModel): TaskRow[] {
  const finished = [...model.rows.values()].filter((row) => row.endedMs !== undefined);
  for (const row of finished) model.rows.delete(row.task.id);
  return finished;
}

/** Nothing more will come, also for tasks that an interrupt cut short. */
export function endRows(model: LiveModel, time: string): void {
  for (const row of model.rows.values()) row.endedMs ??= Date.parse(time);
}

/** Hosts that have answered. */
export function resultCount(row: TaskRow): number {
  return Object.values(row.counts).reduce((sum, count) => sum + count, row.ignored);
}

export function hasOpenRows(model: LiveModel): boolean {
  for (const row of model.rows.values()) if (row.endedMs === undefined) return true;
  return false;
}

/** Whether rows wait to be written for good. */
export function hasFinishedRows(model: LiveModel): boolean {
  for (const row of model.rows.values()) if (row.endedMs !== undefined) return true;
  return false;
}

export function applyEvent(model: LiveModel, event: RunEvent): void {
  const nowMs = Date.parse(event.time);
  model.startedMs ||= nowMs;
  switch (event.type) {
    case "play_start":
      model.play = event.name;
      model.hostCount = event.hosts.length;
      return;
    case "task_start":
      if (isQuiet(event.task, "ok") || model.rows.has(event.task.id)) return;
      model.taskCount++;
      model.rows.set(event.task.id, newRow(event.task, event.hosts.length, nowMs));
      return;
    case "host_start":
      model.rows.get(event.task)?.running.set(event.host, { sinceMs: nowMs });
      return;
    case "retry": {
      const running = model.rows.get(event.task)?.running;
      const sinceMs = running?.get(event.host)?.sinceMs ?? nowMs;
      running?.set(event.host, { sinceMs, note: `not yet, ${event.left} tries left` });
      return;
    }
    case "item_result":
      return applyItem(model, event);
    case "host_result":
      return applyHost(model, event);
    case "task_end": {
      const row = model.rows.get(event.task);
      if (row) row.endedMs ??= nowMs;
      return;
    }
    case "run_start":
    case "play_skipped":
    case "included":
    case "no_hosts_left":
    case "profile":
    case "trace":
    case "play_end":
    case "warning":
    case "run_end":
      return;
  }
}

function applyItem(model: LiveModel, event: ItemResult): void {
  const row = model.rows.get(event.task);
  if (!row) return;
  collectOutputs(row, event);
  if (event.status === "failed" && !event.isIgnored) model.failedItems.set(itemKey(event), event);
}

function applyHost(model: LiveModel, event: HostResult): void {
  model.totals[event.status]++;
  const row = model.rows.get(event.task);
  if (!row) return;
  row.running.delete(event.host);
  if (event.isIgnored) row.ignored++;
  else row.counts[event.status]++;
  if (!event.isLoop) collectOutputs(row, event);
  if (resultCount(row) >= row.total) row.endedMs ??= Date.parse(event.time);
  const isBad = event.status === "failed" || event.status === "unreachable";
  if (!isBad || event.isIgnored) return;
  const item = model.failedItems.get(itemKey(event));
  model.failedItems.delete(itemKey(event));
  const failure: Failure = { task: row.task, event, ...(item && { item }) };
  row.failed.push(failure);
  if (!event.isRescued) model.failures.push(failure);
}

function itemKey(event: { readonly task: string; readonly host: string }): string {
  return `${event.task}\0${event.host}`;
}

function collectOutputs(row: TaskRow, event: HostResult | ItemResult): void {
  const { module } = row.task;
  for (const diff of event.diff ?? []) addOutput(row, `diff ${JSON.stringify(diff)}`, event.host, { module, diff });
  if (shortModuleName(module) === "debug" && event.status === "ok") {
    addOutput(row, JSON.stringify(event.result), event.host, { module, result: event.result });
  }
}

function addOutput(row: TaskRow, key: string, host: string, output: Omit<Output, "hosts">): void {
  const known = row.outputs.get(key);
  if (known) known.hosts.push(host);
  else row.outputs.set(key, { ...output, hosts: [host] });
}

function newRow(task: TaskLabel, total: number, startedMs: number): TaskRow {
  return {
    task,
    total,
    startedMs,
    counts: zeroes(),
    ignored: 0,
    running: new Map(),
    failed: [],
    outputs: new Map(),
  };
}

function zeroes(): Record<TaskStatus, number> {
  return { ok: 0, changed: 0, skipped: 0, failed: 0, unreachable: 0, unknown: 0 };
}
