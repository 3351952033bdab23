import type { ActionResult, ExecOutput } from "./define-action.ts";

/** When a command ran, in milliseconds since 1970. */
export interface CommandTimes {
  readonly startMs: number;
  readonly endMs: number;
}

/** What {@link untimedResult} gives, for a module's `returns`. */
export const outputReturns: Readonly<Record<string, string>> = {
  rc: "The return code; anything but 0 is a failure",
  stdout: "What it wrote",
  stdout_lines: "The same as a list of lines",
  stderr: "What it wrote to standard error",
  stderr_lines: "The same as a list of lines",
};

/** What {@link commandResult} gives. */
export const commandReturns: Readonly<Record<string, string>> = {
  ...outputReturns,
  start: "When it began",
  end: "When it ended",
  delta: "How long it took",
};

/** Result fields of a command that ran, as Ansible's `command` gives them; a return code other than 0 is a failure. */
export function commandResult(output: ExecOutput, times: CommandTimes, stripsEnds = true): ActionResult {
  const [stdout, stderr] = [output.stdout, output.stderr].map((text) =>
    stripsEnds ? text.replace(/[\r\n]+$/, "") : text,
  );
  return {
    changed: true,
    rc: output.rc,
    stdout,
    stderr,
    stdout_lines: splitLines(stdout as string),
    stderr_lines: splitLines(stderr as string),
    start: formatTime(times.startMs),
    end: formatTime(times.endMs),
    delta: formatDelta(times.endMs - times.startMs),
    msg: output.rc === 0 ? "" : "non-zero return code",
    ...(output.rc !== 0 && { failed: true }),
  };
}

/** The same without times, for modules that do not report them (`raw`, `script`). */
export function untimedResult(output: ExecOutput): ActionResult {
  const { start: _start, end: _end, delta: _delta, ...result } = commandResult(output, { startMs: 0, endMs: 0 }, false);
  return result;
}

/** `\r\n`, and each character that Python takes for the end of a line. */
const lineBreak = new RegExp(`\r\n|[${String.fromCharCode(10, 11, 12, 13, 28, 29, 30, 0x85, 0x2028, 0x2029)}]`);

/** Lines as Python's `str.splitlines` finds them. */
export function splitLines(text: string): string[] {
  if (text === "") return [];
  const lines = text.split(lineBreak);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** `2026-01-31 13:05:00.250000` in the controller's time zone. */
function formatTime(ms: number): string {
  const local = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString();
  return `${local.slice(0, 10)} ${local.slice(11, 23)}000`;
}

/** `0:00:01.250000`, as Python prints a time difference. */
function formatDelta(ms: number): string {
  const micros = Math.max(0, Math.round(ms * 1000));
  const seconds = Math.floor(micros / 1e6);
  const two = (value: number) => String(value).padStart(2, "0");
  const days = Math.floor(seconds / 86_400);
  const clock = `${Math.floor(seconds / 3600) % 24}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return `${days > 0 ? `${days} day${days > 1 ? "s" : ""}, ` : ""}${clock}.${String(micros % 1e6).padStart(6, "0")}`;
}
