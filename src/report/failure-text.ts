import type { FailureDetail, ResultFields, TaskLabel } from "../run/events.ts";
import { taskName } from "./banner.ts";
import type { Paint } from "./colors.ts";
import { escapeControls, escapeLine } from "./escape-controls.ts";
import { dumpJson } from "./python-json.ts";
import { visibleFields } from "./result-text.ts";

/** Lines of stderr, or of stdout when stderr is empty, that a failure shows without `-v`. */
const TAIL_LINES = 10;

/**
 * The JSON of a failure's first line, which people and scripts know from Ansible. Without `-v` what the block below shows
 * better is left out: the command, its output and its times, and anything long.
 */
export function failureJson(result: ResultFields, verbosity: number): string {
  const fields = visibleFields(result, verbosity);
  if (verbosity > 0) return dumpJson(fields, verbosity > 2 ? 4 : undefined);
  const short = Object.entries(fields).filter(
    ([key, value]) => key === "msg" || (!IN_BLOCK.has(key) && dumpJson(value).length <= 200),
  );
  return dumpJson(Object.fromEntries(short));
}

const IN_BLOCK: ReadonlySet<string> = new Set(
  "cmd stdout stdout_lines stderr stderr_lines start end delta item ansible_loop_var ansible_facts".split(" "),
);

/**
 * What a person needs to see why a task failed, as indented lines: where it is written, what was run, what it said last,
 * what to do about it.
 */
export function failureBlock(
  task: TaskLabel,
  result: ResultFields,
  error: FailureDetail | undefined,
  verbosity: number,
  paint: Paint,
): string {
  const rows: [label: string, text: string][] = [["task", escapeLine(taskName(task))]];
  // A frame begins with the place.
  if (error?.frame === undefined) rows.push(["at", escapeLine(error?.at ?? task.at)]);
  const command = commandText(result.cmd);
  rows.push(command === undefined ? ["module", escapeLine(task.module)] : ["command", escapeControls(command)]);
  const { msg } = result;
  if (typeof msg === "string" && msg.trim().includes("\n")) rows.push(["message", escapeControls(msg.trim())]);
  const output = outputRow(result, verbosity);
  if (output) rows.push(output);
  if (error?.because !== undefined) rows.push(["because", escapeControls(error.because)]);
  if (error?.code !== undefined) rows.push(["code", escapeLine(error.code)]);
  if (error?.hint !== undefined) rows.push(["hint", escapeControls(error.hint)]);
  const lines = rows.map(([label, text]) => row(label, text, paint));
  if (error?.frame !== undefined) lines.push(indent(escapeControls(error.frame), "  "));
  return `${lines.join("\n")}\n`;
}

function commandText(cmd: unknown): string | undefined {
  if (typeof cmd === "string" && cmd !== "") return cmd;
  return Array.isArray(cmd) && cmd.length > 0 ? cmd.map(String).join(" ") : undefined;
}

function outputRow(result: ResultFields, verbosity: number): [string, string] | undefined {
  for (const name of ["stderr", "stdout"]) {
    const text = result[name];
    if (typeof text !== "string" || text.trim() === "") continue;
    const lines = text.trimEnd().split("\n");
    const left = verbosity > 0 ? 0 : Math.max(0, lines.length - TAIL_LINES);
    const shown = escapeControls(lines.slice(left).join("\n"));
    return [name, left > 0 ? `… ${left} earlier lines, shown with -v\n${shown}` : shown];
  }
  return undefined;
}

const LABEL_WIDTH = 9;

function row(label: string, text: string, paint: Paint): string {
  const [first = "", ...rest] = text.split("\n");
  const head = `  ${paint.dim(label.padEnd(LABEL_WIDTH))} ${first}`;
  return [head, ...rest.map((line) => `${" ".repeat(LABEL_WIDTH + 3)}${line}`.trimEnd())].join("\n");
}

function indent(text: string, by: string): string {
  return text
    .split("\n")
    .map((line) => by + line)
    .join("\n");
}
