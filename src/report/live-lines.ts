/**
 * How the live view looks.
 *
 * - A task is a row: a mark, its name, its counts, its time. Words are Ansible's; zeroes are left out.
 * - A host gets a line of its own only while it takes longer than a second, or when it failed.
 * - Finished rows scroll away as plain text and are never touched again; everything that failed is told in full at the end.
 * - A line never wraps, the view never grows beyond the window.
 */
import { taskName } from "./banner.ts";
import type { Paint } from "./colors.ts";
import { diffText } from "./diff-text.ts";
import { clipToWidth, displayWidth, padToWidth } from "./display-width.ts";
import { escapeControls, escapeLine } from "./escape-controls.ts";
import { failureBlock, failureJson } from "./failure-text.ts";
import { type Failure, type LiveModel, type Output, resultCount, type TaskRow } from "./live-model.ts";
import { hostLabel } from "./plain-report.ts";
import { dumpJson } from "./python-json.ts";
import { resultText } from "./result-text.ts";

export interface Window {
  readonly columns: number;
  readonly rows: number;
}

export interface Marks {
  readonly ok: string;
  readonly failed: string;
  readonly skipped: string;
  /** The spinner's picture of this moment. */
  readonly busy: string;
}

const SLOW_MS = 1_000;
const MAX_HOST_LINES = 5;
const NAME_COLUMN = 44;

/** The part that moves: rows of the tasks under way, their slow hosts, a last line with totals. */
export function liveLines(model: LiveModel, nowMs: number, window: Window, marks: Marks, paint: Paint): string[] {
  const room = Math.max(1, window.rows - 2);
  const lines = [...model.rows.values()].flatMap((row) =>
    row.endedMs === undefined
      ? [rowLine(row, nowMs, window, marks, paint), ...hostLines(row, nowMs, window, paint)]
      : finishedText(row, window, marks, paint).split("\n"),
  );
  const shown =
    lines.length <= room
      ? lines
      : [paint.dim(`  … ${lines.length - room + 1} more`), ...lines.slice(lines.length - room + 1)];
  return [...shown, totalsLine(model, nowMs, window, paint)];
}

/** A finished task for good: its row, its outputs, one line for each host that failed. */
export function finishedText(row: TaskRow, window: Window, marks: Marks, paint: Paint): string {
  const lines = [rowLine(row, row.endedMs ?? row.startedMs, window, marks, paint)];
  for (const output of row.outputs.values()) lines.push(outputText(output, row, paint));
  for (const failure of row.failed.slice(0, MAX_HOST_LINES)) {
    const text = `      ${hostLabel(failure.event)}  ${firstLine(failure)}`;
    lines.push(paint.failed(clipToWidth(text, window.columns)));
  }
  const more = row.failed.length - MAX_HOST_LINES;
  if (more > 0) lines.push(paint.failed(`      … and ${more} more hosts`));
  return lines.join("\n");
}

/** Every failure in full; hosts that failed in the same way share a block. */
export function failuresText(failures: readonly Failure[], paint: Paint): string {
  const groups = new Map<string, Failure[]>();
  for (const failure of failures) {
    const key = `${failure.task.id}\0${failure.event.status}\0${failureJson(shownEvent(failure).result, 0)}`;
    groups.set(key, [...(groups.get(key) ?? []), failure]);
  }
  return [...groups.values()].map((group) => failureText(group, paint)).join("\n");
}

function failureText(group: readonly Failure[], paint: Paint): string {
  const failure = group[0] as Failure;
  const { result, error } = shownEvent(failure);
  const hosts = group.map(({ event }) => hostLabel(event)).join(", ");
  const item = failure.item ? ` (item=${escapeLine(failure.item.item)})` : "";
  const word = failure.event.status === "unreachable" ? "UNREACHABLE!" : "FAILED!";
  const painter = failure.event.status === "unreachable" ? paint.unreachable : paint.failed;
  const head = painter(`fatal: [${hosts}]: ${word}${item} => ${failureJson(result, 0)}`);
  return `${head}\n${failureBlock(failure.task, result, error, 0, paint)}`;
}

function shownEvent(failure: Failure): Pick<Failure["event"], "result" | "error"> {
  return failure.item ?? failure.event;
}

function rowLine(row: TaskRow, nowMs: number, { columns }: Window, marks: Marks, paint: Paint): string {
  const time = row.endedMs === undefined ? elapsed(nowMs - row.startedMs) : precise(row.endedMs - row.startedMs);
  const counts = row.endedMs === undefined ? `${resultCount(row)} of ${row.total}` : countsText(row);
  const tail = `  ${counts}  ${time}`;
  const nameRoom = Math.max(8, columns - 5 - displayWidth(tail));
  const title = `${row.task.isHandler ? "handler: " : ""}${escapeLine(taskName(row.task))}`;
  const name = padToWidth(clipToWidth(title, nameRoom), Math.min(NAME_COLUMN, nameRoom));
  const { mark, painter } = rowMark(row, marks, paint);
  return `  ${painter(mark)} ${row.endedMs !== undefined && isAllSkipped(row) ? paint.dim(name) : name}${paintCounts(row, tail, paint)}`;
}

function rowMark(row: TaskRow, marks: Marks, paint: Paint): { mark: string; painter: (text: string) => string } {
  if (row.failed.length > 0) return { mark: marks.failed, painter: paint.failed };
  if (row.endedMs === undefined) return { mark: marks.busy, painter: paint.hunk };
  if (isAllSkipped(row) || row.running.size > 0) return { mark: marks.skipped, painter: paint.dim };
  return { mark: marks.ok, painter: row.counts.changed > 0 ? paint.changed : paint.ok };
}

function isAllSkipped(row: TaskRow): boolean {
  if (row.running.size > 0) return false;
  return row.counts.skipped === resultCount(row);
}

function countsText(row: TaskRow): string {
  const { counts, ignored } = row;
  const parts = (["failed", "unreachable", "changed", "ok", "skipped", "unknown"] as const)
    .filter((status) => counts[status] > 0)
    .map((status) => `${counts[status]} ${status}`);
  if (ignored > 0) parts.push(`${ignored} ignored`);
  // An interrupt cut it short; a task without hosts has nobody to wait for.
  if (row.running.size > 0) parts.push(`${row.running.size} not finished`);
  return parts.join(", ") || "no hosts";
}

function paintCounts(row: TaskRow, tail: string, paint: Paint): string {
  if (row.endedMs === undefined || row.failed.length === 0)
    return row.counts.changed > 0 ? paint.changed(tail) : paint.dim(tail);
  return paint.failed(tail);
}

function hostLines(row: TaskRow, nowMs: number, { columns }: Window, paint: Paint): string[] {
  const waiting = [...row.running].filter(([, { sinceMs, note }]) => note !== undefined || nowMs - sinceMs >= SLOW_MS);
  const oldest = waiting.sort(([, a], [, b]) => a.sinceMs - b.sinceMs).slice(0, MAX_HOST_LINES);
  const lines = oldest.map(([host, { sinceMs, note }]) => {
    const text = `      ${escapeLine(host)}  ${elapsed(nowMs - sinceMs)}${note === undefined ? "" : `  ${note}`}`;
    return paint.dim(clipToWidth(text, columns - 1));
  });
  const more = waiting.length - oldest.length;
  if (more > 0) lines.push(paint.dim(`      … and ${more} more hosts`));
  for (const failure of row.failed.slice(-2)) {
    lines.push(paint.failed(clipToWidth(`      ${hostLabel(failure.event)}  ${firstLine(failure)}`, columns - 1)));
  }
  return lines;
}

function totalsLine(model: LiveModel, nowMs: number, { columns }: Window, paint: Paint): string {
  const { changed, failed, unreachable } = model.totals;
  const parts = [
    elapsed(nowMs - model.startedMs),
    count(model.hostCount, "host"),
    count(model.taskCount, "task"),
    `${changed} changed`,
  ];
  if (failed > 0) parts.push(`${failed} failed`);
  if (unreachable > 0) parts.push(`${unreachable} unreachable`);
  return paint.dim(clipToWidth(`  ${parts.join(" · ")}`, columns - 1));
}

function outputText(output: Output, row: TaskRow, paint: Paint): string {
  const hosts =
    output.hosts.length > 3 && output.hosts.length === row.total
      ? `all ${row.total} hosts`
      : output.hosts.map(escapeLine).join(", ");
  if (output.diff) return `${paint.dim(`      ${hosts}`)}\n${diffText(output.diff, paint).trimEnd()}`;
  const text = saidText(output);
  if (!text.includes("\n")) return `      ${paint.dim(hosts)}  ${text}`;
  return [paint.dim(`      ${hosts}`), ...text.split("\n").map((line) => `        ${line}`)].join("\n");
}

function saidText(output: Output): string {
  const msg = output.result?.msg;
  if (typeof msg === "string") return escapeControls(msg);
  return msg === undefined ? (resultText(output.module, output.result ?? {}, 0) ?? "") : dumpJson(msg, 2);
}

function firstLine(failure: Failure): string {
  const { msg, rc, stderr, stdout } = shownEvent(failure).result;
  // What a command said last tells more than that it failed.
  if (msg === "non-zero return code") {
    const said = lastLine(stderr) ?? lastLine(stdout);
    return `exit code ${String(rc)}${said === undefined ? "" : `: ${escapeLine(said)}`}`;
  }
  return typeof msg === "string" ? escapeLine(msg.trim().split("\n")[0] ?? "") : "failed";
}

function lastLine(text: unknown): string | undefined {
  return typeof text === "string" && text.trim() !== "" ? text.trim().split("\n").at(-1) : undefined;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** `7s`, `1:07`, `1:02:03`. */
export function elapsed(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  const pad = (value: number): string => String(value).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${pad(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${pad(minutes % 60)}:${pad(seconds % 60)}`;
}

function precise(ms: number): string {
  return ms < 60_000 ? `${(ms / 1000).toFixed(1)}s` : elapsed(ms);
}
