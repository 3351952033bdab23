import { type ChildProcess, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { TsrunError } from "../lib/errors.ts";
import type { Pipe, PipeEnd, Transport } from "./transport.ts";

/** Processes on the controller itself: `ansible_connection: local`. */
export class LocalTransport implements Transport {
  readonly kind = "local";
  readonly failure = undefined;
  readonly #children = new Set<ChildProcess>();

  async connect(): Promise<void> {}

  async open(command: readonly string[]): Promise<Pipe> {
    const [program = "/bin/sh", ...rest] = command;
    return pipeOfProcess(program, rest, this.#children);
  }

  async close(): Promise<void> {
    for (const child of this.#children) child.stdin?.end();
  }
}

/** Starts a program in a session of its own: Ctrl-C in our terminal must not end it behind our back. */
export async function pipeOfProcess(
  program: string,
  args: readonly string[],
  children: Set<ChildProcess>,
): Promise<Pipe> {
  const child = spawn(program, args, { detached: true, stdio: ["pipe", "pipe", "pipe"] });
  const { stdin, stdout, stderr } = child as ChildProcess & { stdin: Writable; stdout: Readable; stderr: Readable };
  const closed = new Promise<PipeEnd>((resolve) => {
    const end = (code: number | null, signal: string | null) =>
      resolve({ code: code ?? undefined, signal: signal ?? undefined });
    child.once("close", end);
    // Whoever inherited its streams may keep them open for ever; what it wrote itself is read by then.
    child.once("exit", (code, signal) => setTimeout(end, 500, code, signal).unref());
    child.once("error", () => resolve({}));
  });
  children.add(child);
  void closed.then(() => children.delete(child));
  stdin.on("error", () => {});
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (cause) => reject(cannotStart(program, cause)));
  });
  const destroy = () => {
    stdin.destroy();
    stdout.destroy();
    stderr.destroy();
    child.unref();
  };
  return { stdin, stdout, stderr, closed, destroy };
}

function cannotStart(program: string, cause: Error): TsrunError {
  return new TsrunError({
    code: "E_UNREACHABLE",
    message: `cannot start \`${program}\`: ${cause.message}`,
    hint: `install \`${program}\` on this machine, or set another connection`,
    cause,
  });
}
