import type { RunEvent } from "../run/events.ts";
import type { Paint } from "./colors.ts";
import { tableText } from "./table.ts";

type ProfileEvent = Extract<RunEvent, { type: "profile" }>;

/** `--profile`: where the time of a run went, as tables. Numbers are right-aligned, the dearest come first, what is nothing stays empty. */
export class ProfileTables {
  readonly #names = new Map<string, string>();
  readonly #byTask = new Map<string, Sum>();
  readonly #byHost = new Map<string, Sum>();
  readonly #misses = new Map<string, number>();

  onEvent(event: RunEvent): void {
    if (event.type === "task_start") {
      const { id, role, name } = event.task;
      this.#names.set(id, role === undefined ? name : `${role} : ${name}`);
    } else if (event.type === "profile") {
      add(this.#byTask, this.#names.get(event.task) ?? event.task, event);
      add(this.#byHost, event.host, event);
      for (const [reason, count] of Object.entries(event.misses))
        this.#misses.set(reason, (this.#misses.get(reason) ?? 0) + count);
    }
  }

  /** All tables; empty when nothing ran. */
  text(paint: Paint): string {
    if (this.#byTask.size === 0) return "";
    const tasks = dearest(this.#byTask, 20);
    const left = this.#byTask.size - tasks.length;
    const reasons = [...this.#misses].toSorted((a, b) => b[1] - a[1]).slice(0, 12);
    const tables = [
      sumTable("TASK, all hosts together", tasks),
      ...(left > 0 ? [paint.dim(`and ${left} more tasks\n`)] : []),
      sumTable("HOST", dearest(this.#byHost, 10)),
      ...(reasons.length > 0
        ? [
            tableText(
              ["ANSWERS THAT HAD TO BE ASKED FOR", ""],
              reasons.map(([reason, count]) => [reason, String(count)]),
            ),
          ]
        : []),
    ];
    return `${tables.join("\n")}\n`;
  }
}

interface Sum {
  count: number;
  readonly times: number[];
  roundTrips: number;
  bytes: number;
  hits: number;
  asked: number;
}

const timesOf = (event: ProfileEvent): readonly number[] => [
  event.connectMs,
  event.evaluateMs,
  event.observeMs,
  event.applyMs,
  event.verifyMs,
  event.waitMs,
];
const headings = [
  "TOTAL",
  "connect",
  "evaluate",
  "observe",
  "apply",
  "verify",
  "wait",
  "trips",
  "KB",
  "known",
  "asked",
];
const widths = headings.map((heading) => Math.max(7, heading.length));

function add(sums: Map<string, Sum>, name: string, event: ProfileEvent): void {
  const sum = sums.get(name) ?? { count: 0, times: [], roundTrips: 0, bytes: 0, hits: 0, asked: 0 };
  sums.set(name, sum);
  sum.count += 1;
  timesOf(event).forEach((ms, index) => (sum.times[index] = (sum.times[index] ?? 0) + ms));
  sum.roundTrips += event.roundTrips;
  sum.bytes += event.sentBytes + event.receivedBytes;
  sum.hits += event.hits;
  sum.asked += Object.values(event.misses).reduce((all, count) => all + count, 0);
}

function dearest(sums: ReadonlyMap<string, Sum>, limit: number): readonly (readonly [string, Sum])[] {
  return [...sums].toSorted((a, b) => total(b[1]) - total(a[1])).slice(0, limit);
}

function total({ times }: Sum): number {
  return times.reduce((all, ms) => all + ms, 0);
}

function sumTable(title: string, sums: readonly (readonly [string, Sum])[]): string {
  const row = (cells: readonly string[]): string[] => cells.map((cell, index) => cell.padStart(widths[index] ?? 0));
  return tableText(
    [title, ...row(headings)],
    sums.map(([name, sum]) => [
      name,
      ...row([
        seconds(total(sum)),
        ...sum.times.map(seconds),
        number(sum.roundTrips),
        number(Math.round(sum.bytes / 1024)),
        number(sum.hits),
        number(sum.asked),
      ]),
    ]),
  );
}

function seconds(ms: number): string {
  return ms < 1 ? "" : `${(ms / 1000).toFixed(ms < 10 ? 3 : 2)} s`;
}

function number(count: number): string {
  return count === 0 ? "" : String(count);
}
