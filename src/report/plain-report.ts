/**
 * Output that is no terminal's, or `--output plain`: Ansible's lines, so that logs, eyes and scripts stay as they are.
 *
 * - One line for each host and task; ok results stay hidden unless `-v` asks or the task is `debug`.
 * - A failure starts with Ansible's `fatal: [host]: FAILED! =>` and goes on with a block that says where and why. Failures
 *   that the play expects (ignored, rescued) keep to the one line.
 * - Warnings go to stderr, all else to stdout. Trailing spaces of Ansible's lines are left out.
 */
import type { RunEvent, TaskLabel, TaskStatus } from "../run/events.ts";
import { banner, taskBanner } from "./banner.ts";
import type { Paint, Painter } from "./colors.ts";
import { diffText } from "./diff-text.ts";
import { escapeControls, escapeLine } from "./escape-controls.ts";
import { failureBlock, failureJson } from "./failure-text.ts";
import { lineReport } from "./line-report.ts";
import { recapLines } from "./recap.ts";
import type { Report, ReportOptions } from "./report.ts";
import { resultText, shortModuleName } from "./result-text.ts";
import { warningText } from "./warning-text.ts";

type Event<T extends RunEvent["type"]> = Extract<RunEvent, { type: T }>;
type AnyResult = Event<"item_result"> | Event<"host_result">;

export function createPlainReport(options: ReportOptions & { readonly paint: Paint }): Report {
  const { stdout, stderr, verbosity, paint } = options;
  const tasks = new Map<string, TaskLabel>();
  const startedAt = new Map<string, number>();
  const warned = new Set<string>();
  let lastBanner: string | undefined;
  const write = (text: string): void => void stdout.write(text);
  const heading = (text: string): void => write(banner(text, stdout.columns));

  const showTask = (task: TaskLabel): void => {
    if (lastBanner === task.id) return;
    lastBanner = task.id;
    write(taskBanner(task, stdout.columns));
    if (verbosity > 1) write(paint.dim(`task path: ${escapeLine(task.at)}\n`));
  };

  const showResult = (event: AnyResult, task: TaskLabel): void => {
    const label = hostLabel(event);
    const item = event.type === "item_result" ? escapeLine(event.item) : undefined;
    const json = resultText(task.module, event.result, verbosity);
    switch (event.status) {
      case "failed":
      case "unreachable":
        write(failureLines(event, task, label, item));
        return;
      case "skipped": {
        const reason = verbosity > 0 ? event.skippedBecause : undefined;
        write(`${resultLine(paint.skipped, "skipping", escapeLine(event.host), item, json)}\n`);
        if (reason !== undefined) write(`${paint.dim(`  not met: ${escapeControls(reason)}`)}\n`);
        return;
      }
      case "ok":
      case "changed":
      case "unknown":
        write(`${resultLine(painterOf(event.status, paint), event.status, label, item, json)}\n`);
    }
  };

  const failureLines = (event: AnyResult, task: TaskLabel, label: string, item: string | undefined): string => {
    const isUnreachable = event.status === "unreachable";
    const itemPart = item === undefined ? "" : ` (item=${item})`;
    const word = isUnreachable ? "UNREACHABLE!" : item === undefined ? "FAILED!" : "";
    const head = `${item === undefined || isUnreachable ? "fatal" : "failed"}: [${label}]${word && `: ${word}`}${itemPart}`;
    const line = (isUnreachable ? paint.unreachable : paint.failed)(
      `${head} => ${failureJson(event.result, verbosity)}`,
    );
    const isExpected = event.isIgnored || (event.type === "host_result" && event.isRescued);
    if (isExpected && verbosity < 1) return `${line}\n`;
    return `${line}\n${failureBlock(task, event.result, event.error, verbosity, paint)}`;
  };

  const onHostResult = (event: Event<"host_result">): void => {
    const task = tasks.get(event.task);
    if (task === undefined || isQuiet(task, event.status)) return;
    showTask(task);
    for (const diff of event.diff ?? []) write(diffText(diff, paint));
    if (!event.isLoop || event.status === "unreachable" || event.status === "skipped") {
      showResult(event, task);
    }
    if (event.isIgnored) write(`${paint.skipped("...ignoring")}\n`);
    showWarnings(event.result);
  };

  const onItemResult = (event: Event<"item_result">): void => {
    const task = tasks.get(event.task);
    // A lost connection ends the loop: the host's own line tells it.
    if (task === undefined || isQuiet(task, event.status) || event.status === "unreachable") return;
    showTask(task);
    for (const diff of event.diff ?? []) write(diffText(diff, paint));
    showResult(event, task);
    showWarnings(event.result);
  };

  const warn = (message: string, at?: string, hint?: string): void => {
    const text = warningText(message, at, hint, paint);
    if (warned.has(text)) return;
    warned.add(text);
    stderr.write(text);
  };

  const showWarnings = (result: AnyResult["result"]): void => {
    if (!Array.isArray(result.warnings)) return;
    for (const warning of result.warnings) warn(String(warning));
  };

  const onEvent = (event: RunEvent): void => {
    switch (event.type) {
      case "run_start":
        if (verbosity > 1) for (const path of event.playbooks) heading(`PLAYBOOK: ${path}`);
        return;
      case "play_start":
        lastBanner = undefined;
        heading(event.name === "" ? "PLAY" : `PLAY [${event.name}]`);
        if (verbosity > 1) write(paint.dim(`play path: ${escapeLine(event.at)}\n`));
        return;
      case "play_skipped":
        heading(`PLAY [${event.name}]`);
        write(`${paint.skipped(`skipping: ${escapeLine(event.reason)}`)}\n`);
        return;
      case "task_start":
        tasks.set(event.task.id, event.task);
        startedAt.set(event.task.id, Date.parse(event.time));
        if (shortModuleName(event.task.module) !== "meta") showTask(event.task);
        return;
      case "item_result":
        return onItemResult(event);
      case "host_result":
        return onHostResult(event);
      case "retry": {
        const name = tasks.get(event.task)?.name ?? event.task;
        const text = `FAILED - RETRYING: [${escapeLine(event.host)}]: ${escapeLine(name)} (${event.left} retries left).`;
        return write(`${paint.dim(text + (verbosity > 1 ? ` Result was: ${failureJson(event.result, 1)}` : ""))}\n`);
      }
      case "included": {
        const item = event.item === undefined ? "" : ` => (item=${escapeLine(event.item)})`;
        const text = `included: ${escapeLine(event.file)} for ${event.hosts.map(escapeLine).join(", ")}${item}`;
        return write(`${paint.skipped(text)}\n`);
      }
      case "task_end":
        if (verbosity > 1) write(paint.dim(`took ${seconds(event.time, startedAt.get(event.task))}\n`));
        return;
      case "no_hosts_left":
        return heading("NO MORE HOSTS LEFT");
      case "trace":
        if (event.level > verbosity) return;
        return write(`${paint.dim(`<${escapeLine(event.host)}> ${escapeControls(event.text)}`)}\n`);
      case "warning":
        return warn(event.message, event.at, event.hint);
      case "run_end":
        heading("PLAY RECAP");
        return write(`${[...recapLines(event.recap, paint), ""].join("\n")}\n`);
      case "host_start":
      case "play_end":
      case "profile":
        return;
    }
  };
  return { ...lineReport(stderr), onEvent };
}

/** `host` or, for a task that another host did for it, `host -> other`. */
export function hostLabel(event: { readonly host: string; readonly delegatedTo?: string }): string {
  const isDelegated = event.delegatedTo !== undefined && event.delegatedTo !== event.host;
  return escapeLine(isDelegated ? `${event.host} -> ${event.delegatedTo}` : event.host);
}

/** Includes say `included:` and meta tasks nothing. */
export function isQuiet(task: TaskLabel, status: TaskStatus): boolean {
  if (status === "failed" || status === "unreachable") return false;
  const module = shortModuleName(task.module);
  return module === "meta" || (/^include_(?:tasks|role)$/.test(module) && status !== "skipped");
}

function resultLine(
  painter: Painter,
  word: string,
  label: string,
  item: string | undefined,
  json: string | undefined,
): string {
  return painter(
    `${word}: [${label}]${item === undefined ? "" : ` => (item=${item})`}${json === undefined ? "" : ` => ${json}`}`,
  );
}

function painterOf(status: "ok" | "changed" | "unknown", paint: Paint): Painter {
  if (status === "unknown") return paint.ignored;
  return status === "changed" ? paint.changed : paint.ok;
}

function seconds(now: string, since: number | undefined): string {
  return `${((Date.parse(now) - (since ?? Date.parse(now))) / 1000).toFixed(1)} s`;
}
