import type { Report, ReportStream } from "./report.ts";

/** What a report that only ever writes whole lines has beside its events: nothing to pause, nothing to restore. */
export function lineReport(stderr: ReportStream): Omit<Report, "onEvent"> {
  return {
    notice: (text) => void stderr.write(`${text}\n`),
    pause: () => Promise.resolve(),
    resume: () => {},
    close: () => Promise.resolve(),
  };
}
