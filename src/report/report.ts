import type { RunEvent } from "../run/events.ts";
import { createPaint } from "./colors.ts";
import type { Redactor } from "./redactor.ts";

/** Turns a run's events into something a person or a program reads. Reports only consume: they never decide anything. */
export interface Report {
  /** Takes the next event. Never throws because of what an event contains. */
  onEvent(event: RunEvent): void;
  /** A line from the program itself to the person, on stderr. */
  notice(text: string): void;
  /** Leaves the terminal to a question, until `resume`. */
  pause(): Promise<void>;
  resume(): void;
  /** Resolves when everything is written and the terminal is as it was. */
  close(): Promise<void>;
}

export type ReportKind = "plain" | "live" | "json" | "minimal";

/** A stream as reports need it; `process.stdout` is one. */
export type ReportStream = NodeJS.WriteStream | (NodeJS.WritableStream & TerminalSize);

interface TerminalSize {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

export interface ReportOptions {
  readonly stdout: ReportStream;
  readonly stderr: ReportStream;
  /** 0 to 4, the count of `-v`. */
  readonly verbosity: number;
  readonly hasColor: boolean;
  /** Every text of every event goes through it first. */
  readonly redactor: Redactor;
  /** Close with tables of where the time went; the events of `--output json` hold it already. */
  readonly wantsProfile?: boolean;
}

/** Loads the code of one kind of report and wires the redactor in front of it. */
export async function createReport(kind: ReportKind, options: ReportOptions): Promise<Report> {
  const loaded = await load(kind, options);
  const report = options.wantsProfile && kind !== "json" ? await withProfile(loaded, options) : loaded;
  const { redactor } = options;
  return { ...report, onEvent: (event) => report.onEvent(redactor.value(event)) };
}

async function withProfile(report: Report, { stdout, hasColor }: ReportOptions): Promise<Report> {
  const { ProfileTables } = await import("./profile-report.ts");
  const tables = new ProfileTables();
  return {
    ...report,
    onEvent: (event) => {
      tables.onEvent(event);
      report.onEvent(event);
    },
    close: async () => {
      await report.close();
      stdout.write(tables.text(createPaint(hasColor)));
    },
  };
}

async function load(kind: ReportKind, options: ReportOptions): Promise<Report> {
  const paint = createPaint(options.hasColor);
  switch (kind) {
    case "json":
      return (await import("./json-report.ts")).createJsonReport(options);
    case "plain":
      return (await import("./plain-report.ts")).createPlainReport({ ...options, paint });
    case "minimal":
      return (await import("./minimal-report.ts")).createMinimalReport({ ...options, paint });
    case "live":
      return (await import("./live-report.ts")).createLiveReport({ ...options, paint });
  }
}
