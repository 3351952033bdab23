import type { RunHooks } from "../project/options.ts";
import { wantsColor } from "../report/colors.ts";
import { createRedactor } from "../report/redactor.ts";
import { createReport, type ReportKind } from "../report/report.ts";
import type { EventSink } from "../run/events.ts";
import type { Arguments, CliContext } from "./command.ts";
import { EXIT } from "./exit-codes.ts";
import { watchInterrupts } from "./interrupts.ts";
import { redactCrashes } from "./leave-at-once.ts";
import { ask } from "./prompt.ts";
import { reportError } from "./report-error.ts";

export type StartRun = (sink: EventSink, signal: AbortSignal, hooks: RunHooks) => Promise<number>;

/**
 * Runs something that emits events, shown the way the arguments ask for: report, redaction, Ctrl-C and questions are tied
 * together here. `secrets` are known from the start; the run adds what it decrypts.
 */
export async function runWithReport(
  args: Arguments,
  context: CliContext,
  secrets: readonly (string | undefined)[],
  start: StartRun,
): Promise<number> {
  const { stdout, stderr, env } = context;
  const redactor = createRedactor(secrets.filter((secret) => secret !== undefined));
  redactCrashes((text) => redactor.text(text));
  const said = args.has("no-color") ? false : args.has("color") ? true : undefined;
  const report = await createReport(reportKind(args, context), {
    stdout,
    stderr,
    verbosity: Math.min(4, args.count("verbose")),
    hasColor: wantsColor(said, env, stdout),
    redactor,
  });
  const interrupts = watchInterrupts(() => {
    report.notice("interrupted: no new tasks; ending what runs on the hosts. Ctrl-C again leaves at once");
  });
  const hooks: RunHooks = {
    onSecret: (value) => redactor.add(value),
    ask: async (question) => {
      await report.pause();
      try {
        return await ask(question, context);
      } finally {
        report.resume();
      }
    },
  };
  try {
    const code = await start((event) => report.onEvent(event), interrupts.signal, hooks);
    await report.close();
    return code;
  } catch (thrown) {
    await report.close();
    const code = reportError(thrown, context, (text) => redactor.text(text));
    return interrupts.signal.aborted ? EXIT.interrupted : code;
  } finally {
    interrupts.dispose();
  }
}

/** A live view needs a terminal that can, and a person who did not ask for the lines of `-v`. */
function reportKind(args: Arguments, { stdout, env }: CliContext): ReportKind {
  const said = args.value("output");
  if (said !== undefined) return said as ReportKind;
  const canMoveCursor = stdout.isTTY === true && env.TERM !== "dumb" && (stdout.columns ?? 0) > 0 && !env.CI;
  return canMoveCursor && args.count("verbose") === 0 && !args.has("step") ? "live" : "plain";
}
