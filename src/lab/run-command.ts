import { TsrunError } from "../lib/errors.ts";

export interface CommandOptions {
  readonly input?: string | Buffer | undefined;
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Called with each finished line of stdout and stderr while the command runs. */
  readonly onLine?: ((line: string) => void) | undefined;
}

export interface CommandResult {
  /** Null when the command was ended by a signal or by its time limit. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** One command of this machine, as argv. */
export type Argv = readonly string[];

const defaultTimeoutMs = 60_000;

/** Runs a command of this machine and returns how it ended; a failing command is a result, not an error. */
export async function runCommand(argv: Argv, options: CommandOptions = {}): Promise<CommandResult> {
  const { $ } = await import("zx/core");
  options.signal?.throwIfAborted();
  const command = $({
    quiet: true,
    nothrow: true,
    verbose: false,
    timeout: `${options.timeoutMs ?? defaultTimeoutMs}ms`,
    env: { ...process.env, ...options.env },
    ...(options.input !== undefined && { input: options.input }),
  })`${[...argv]}`;
  // A command that ends without reading its input is no failure of ours.
  if (options.input !== undefined) void Promise.resolve().then(() => command.stdin.on("error", () => {}));
  // zx's own `signal` option ends only the shell around the command; `kill` ends the whole tree.
  const stop = (): void => void command.kill("SIGTERM").catch(() => {});
  options.signal?.addEventListener("abort", stop, { once: true });
  if (options.onLine) {
    command.stdout.on("data", lineSplitter(options.onLine));
    command.stderr.on("data", lineSplitter(options.onLine));
  }
  const { exitCode, stdout, stderr } = await command;
  options.signal?.removeEventListener("abort", stop);
  options.signal?.throwIfAborted();
  return { exitCode, stdout, stderr };
}

/** Like {@link runCommand}, but anything except exit code 0 is `E_LAB_COMMAND` with the end of the command's output. */
export async function runOrFail(argv: Argv, options: CommandOptions = {}): Promise<CommandResult> {
  const result = await runCommand(argv, options);
  if (result.exitCode !== 0) throw commandError(argv, result);
  return result;
}

export function commandError(argv: Argv, result: CommandResult): TsrunError {
  const how = result.exitCode === null ? "did not end in time" : `failed with exit code ${result.exitCode}`;
  const output = lastLines(result.stderr || result.stdout, 8);
  return new TsrunError({
    code: "E_LAB_COMMAND",
    message: `\`${argv.slice(0, 3).join(" ")}\` ${how}${output && `:\n${output}`}`,
    hint: `see for yourself: ${argv.map(shellWord).join(" ")}`,
  });
}

/** A word as a person would type it in a shell. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

export function lastLines(text: string, count: number): string {
  return text.trimEnd().split("\n").slice(-count).join("\n");
}

function lineSplitter(onLine: (line: string) => void): (chunk: Buffer | string) => void {
  let rest = "";
  return (chunk) => {
    const lines = (rest + String(chunk)).split(/\r?\n|\r/);
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.trim()) onLine(line);
  };
}
