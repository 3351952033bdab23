import { main } from "../../src/cli/main.ts";
import { MemoryStream } from "../report/memory-stream.ts";

export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** Runs the program inside this process, with its streams and environment replaced. Nobody is at the terminal. */
export async function runMain(argv: readonly string[], cwd: string): Promise<CommandResult> {
  const [stdout, stderr] = [new MemoryStream(), new MemoryStream()];
  const stdin = Object.assign(Object.create(process.stdin) as NodeJS.ReadStream, { isTTY: false });
  const exitCode = await main({ argv, cwd, env: { TERM: "xterm" }, stdin, stdout, stderr });
  return { stdout: stdout.text, stderr: stderr.text, exitCode };
}
