import { Readable } from "node:stream";
import { main } from "../../src/cli/main.ts";
import { MemoryStream } from "../report/memory-stream.ts";

export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

export interface RunMainOptions {
  /** Text on standard input. */
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs the program inside this process, with its streams and environment replaced. Nobody is at the terminal. */
export async function runMain(
  argv: readonly string[],
  cwd: string,
  { input, env }: RunMainOptions = {},
): Promise<CommandResult> {
  const [stdout, stderr] = [new MemoryStream(), new MemoryStream()];
  const source = input === undefined ? Object.create(process.stdin) : Readable.from([Buffer.from(input)]);
  const stdin = Object.assign(source as NodeJS.ReadStream, { isTTY: false });
  const exitCode = await main({ argv, cwd, env: { TERM: "xterm", ...env }, stdin, stdout, stderr });
  return { stdout: stdout.text, stderr: stderr.text, exitCode };
}
