import { writeSync } from "node:fs";
import type { CliContext } from "./command.ts";
import { EXIT } from "./exit-codes.ts";

/**
 * Ends the process now, whatever runs, with the terminal as it was. A live view holds back what is written to stdout and
 * stderr, so this writes past them.
 */
export function leaveAtOnce(exitCode: number, text = ""): never {
  if (text !== "") writeBeside(2, text);
  if (process.stdout.isTTY) writeBeside(1, "\x1b[?25h\n");
  if (process.stdin.isTTY) process.stdin.setRawMode(false);
  process.exit(exitCode);
}

let redactCrash = (text: string): string => text;

/** Takes secrets out of what a crash would print. The process has one standard error, so it has one of these. */
export function redactCrashes(redact: (text: string) => string): void {
  redactCrash = redact;
}

/** What nobody caught is a bug: it is shown as one, with exit code 250, and never as a bare stack over a live view. */
export function catchCrashes(context: CliContext): void {
  const onCrash = (thrown: unknown): void => {
    void (async () => {
      const { renderError } = await import("../report/render-error.ts");
      const { createPaint, wantsColor } = await import("../report/colors.ts");
      const paint = createPaint(wantsColor(undefined, context.env, context.stderr));
      leaveAtOnce(EXIT.internal, redactCrash(renderError(thrown, { paint })));
    })();
  };
  process.on("uncaughtException", onCrash);
  process.on("unhandledRejection", onCrash);
}

function writeBeside(descriptor: number, text: string): void {
  try {
    writeSync(descriptor, text);
  } catch {
    // A reader that has gone, or a terminal that takes no more at the moment.
  }
}
