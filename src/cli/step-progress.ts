import { clipToWidth } from "../report/display-width.ts";
import { escapeLine } from "../report/escape-controls.ts";
import type { ReportStream } from "../report/report.ts";

/**
 * Shows the steps of a long piece of work on stderr: a line for each step, and on a terminal the latest detail of the step
 * under way, redrawn at most ten times a second.
 */
export interface StepProgress {
  step(text: string): void;
  detail(text: string): void;
  /** Takes the moving part away; the steps stay. */
  close(): void;
}

const REDRAW_MS = 100;

export function createStepProgress(stream: ReportStream): StepProgress {
  const isLive = stream.isTTY === true && (stream.columns ?? 0) > 0;
  let latest = "";
  let timer: NodeJS.Timeout | undefined;
  const erase = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (isLive) stream.write("\r\x1b[K");
  };
  return {
    step(text) {
      erase();
      stream.write(`${escapeLine(text)}\n`);
    },
    detail(text) {
      if (!isLive) return;
      latest = text;
      timer ??= setTimeout(() => {
        timer = undefined;
        stream.write(`\r\x1b[K  ${clipToWidth(escapeLine(latest), (stream.columns ?? 80) - 3)}`);
      }, REDRAW_MS).unref();
    },
    close: erase,
  };
}
