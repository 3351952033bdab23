import { TsrunError } from "../lib/errors.ts";
import type { RunHooks } from "../project/options.ts";
import { wantsColor } from "../report/colors.ts";
import { createRedactor } from "../report/redactor.ts";
import { createReport, type ReportKind } from "../report/report.ts";
import type { EventSink } from "../run/events.ts";
import type { Arguments, CliContext } from "./command.ts";
import { configuration } from "./configuration.ts";
import { EXIT } from "./exit-codes.ts";
import { watchInterrupts } from "./interrupts.ts";
import { redactCrashes } from "./leave-at-once.ts";
import { ask } from "./prompt.ts";
import { reportError } from "./report-error.ts";
import { verbosity } from "./run-options.ts";

export type StartRun = (sink: EventSink, signal: AbortSignal, hooks: RunHooks) => Promise<number>;

/**
 * Runs something that emits events, shown the way the arguments ask for: report, redaction, Ctrl-C and questions are tied
 * together here. `secrets` are known from the start; the run adds what it decrypts. `usual`: the report when nothing asks for another.
 */
export async function runWithReport(
  args: Arguments,
  context: CliContext,
  secrets: readonly (string | undefined)[],
  start: StartRun,
  usual?: ReportKind,
): Promise<number> {
  const { stdout, stderr, env } = context;
  const redactor = createRedactor(secrets.filter((secret) => secret !== undefined));
  redactCrashes((text) => redactor.text(text));
  const { settings } = configuration(context);
  const said = args.has("no-color") ? false : args.has("color") ? true : settings.nocolor ? false : undefined;
  const report = await createReport(reportKind(args, context, usual), {
    stdout,
    stderr,
    verbosity: verbosity(args, settings),
    hasColor: wantsColor(said ?? (settings.force_color || undefined), env, stdout),
    redactor,
    wantsProfile: args.has("profile"),
  });
  const interrupts = watchInterrupts(() => {
    report.notice("interrupted: no new tasks; ending what runs on the hosts. Ctrl-C again leaves at once");
  });
  const hooks: RunHooks = {
    onSecret: (value) => redactor.add(value),
    ask: async (question) => {
      if (interrupts.signal.aborted) throw interrupts.signal.reason;
      await report.pause();
      try {
        return await ask({ ...question, text: redactor.text(question.text) }, context);
      } catch (error) {
        if (error instanceof TsrunError && error.code === "E_INTERRUPTED") interrupts.interrupt();
        throw error;
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
function reportKind(args: Arguments, context: CliContext, usual: ReportKind | undefined): ReportKind {
  const { stdout, env } = context;
  const { settings } = configuration(context);
  const said = args.value("output") ?? settings.output;
  if (said !== undefined) return said as ReportKind;
  if (usual !== undefined) return usual;
  const canMoveCursor = stdout.isTTY === true && env.TERM !== "dumb" && (stdout.columns ?? 0) > 0 && !env.CI;
  return canMoveCursor && verbosity(args, settings) === 0 && !args.has("step") ? "live" : "plain";
}
