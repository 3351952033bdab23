/**
 * What `tsrun run` prints: for each host one block, in the form of Ansible's `minimal` callback. Commands show what they wrote, other
 * modules their result as JSON. Warnings go to stderr, all else to stdout; there is no recap.
 */
import type { ResultFields, RunEvent, TaskLabel } from "../run/events.ts";
import type { Paint, Painter } from "./colors.ts";
import { diffText } from "./diff-text.ts";
import { escapeControls, escapeLine } from "./escape-controls.ts";
import { failureBlock } from "./failure-text.ts";
import { lineReport } from "./line-report.ts";
import { dumpJson } from "./python-json.ts";
import type { Report, ReportOptions } from "./report.ts";
import { shortModuleName, visibleFields } from "./result-text.ts";
import { warningText } from "./warning-text.ts";

type HostResult = Extract<RunEvent, { type: "host_result" }>;

/** Modules whose output is worth more than their result (`MODULE_NO_JSON` in ansible/constants.py). */
const COMMANDS: ReadonlySet<string> = new Set(["command", "shell", "raw", "script"]);

export function createMinimalReport(options: ReportOptions & { readonly paint: Paint }): Report {
  const { stdout, stderr, verbosity, paint } = options;
  const tasks = new Map<string, TaskLabel>();
  const warned = new Set<string>();

  const warn = (message: string, at?: string, hint?: string): void => {
    const text = warningText(message, at, hint, paint);
    if (!warned.has(text)) stderr.write(text);
    warned.add(text);
  };

  const onHostResult = (event: HostResult): void => {
    const task = tasks.get(event.task);
    if (task === undefined) return;
    const { warnings } = event.result;
    if (Array.isArray(warnings)) for (const warning of warnings) warn(String(warning));
    for (const diff of event.diff ?? []) stdout.write(diffText(diff, paint));
    const [word, painter] = captionOf(event, paint);
    const head = `${escapeLine(event.host)} | ${word}`;
    if (event.status === "skipped") {
      stdout.write(`${painter(head)}\n`);
      return;
    }
    const isCommand = COMMANDS.has(shortModuleName(task.module)) && typeof event.result.stdout === "string";
    const body = isCommand
      ? `${head} | rc=${dumpJson(event.result.rc ?? -1)} >>\n${escapeControls(output(event.result))}`
      : `${head} => ${dumpJson(visibleFields(event.result, verbosity), 4)}`;
    stdout.write(`${painter(body.trimEnd())}\n`);
    if (event.error) stdout.write(failureBlock(task, {}, event.error, verbosity, paint));
  };

  const onEvent = (event: RunEvent): void => {
    if (event.type === "task_start") tasks.set(event.task.id, event.task);
    else if (event.type === "host_result") onHostResult(event);
    else if (event.type === "play_skipped") warn(`${event.reason}: ${event.name}`);
    else if (event.type === "warning") warn(event.message, event.at, event.hint);
    else if (event.type === "trace" && event.level <= verbosity) {
      stdout.write(`${paint.dim(`<${escapeLine(event.host)}> ${escapeControls(event.text)}`)}\n`);
    }
  };
  return { ...lineReport(stderr), onEvent };
}

function captionOf({ status }: HostResult, paint: Paint): [string, Painter] {
  switch (status) {
    case "ok":
      return ["SUCCESS", paint.ok];
    case "changed":
      return ["CHANGED", paint.changed];
    case "unknown":
      return ["UNKNOWN", paint.ignored];
    case "skipped":
      return ["SKIPPED", paint.skipped];
    case "failed":
      return ["FAILED!", paint.failed];
    case "unreachable":
      return ["UNREACHABLE!", paint.unreachable];
  }
}

/** All that a command said, each part on lines of its own. */
function output({ stdout, stderr, msg }: ResultFields): string {
  return [stdout, stderr, msg]
    .filter((text) => typeof text === "string" && text !== "")
    .map((text) => String(text).trimEnd())
    .join("\n");
}
