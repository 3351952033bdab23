import type { RunEvent } from "../run/events.ts";
import { escapeInJson } from "./escape-controls.ts";
import { lineReport } from "./line-report.ts";
import type { Report, ReportOptions } from "./report.ts";

/**
 * `--output json`: each event on a line of its own, described in docs/events.md. Always valid JSON in valid UTF-8,
 * whatever bytes came from a host; nothing but events goes to stdout.
 */
export function createJsonReport({ stdout, stderr }: Pick<ReportOptions, "stdout" | "stderr">): Report {
  return {
    ...lineReport(stderr),
    onEvent(event) {
      stdout.write(`${eventLine(event)}\n`);
    },
  };
}

export function eventLine(event: RunEvent): string {
  return escapeInJson(JSON.stringify(event));
}
