import type { Answer, Output } from "./frames.ts";

/** What a script did, told by the host itself. */
export interface Outcome {
  /** Exit code; a process ended by signal N has 128 + N, as the shell reports it. */
  readonly rc: number;
  /** The signal by which we ended it. */
  readonly signal?: string | undefined;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  /** Bytes left out of the middle (at least; busybox cannot count); then `stdout` has a line that says so in that place. */
  readonly truncatedStdoutBytes: number;
  readonly truncatedStderrBytes: number;
  readonly timedOut: boolean;
}

/** An answer with its outputs put together. */
export function outcomeOf(
  answer: Answer & { readonly rc: number },
  ended?: { signal: string; timedOut: boolean },
): Outcome {
  const stdout = joined(answer.stdout);
  const stderr = joined(answer.stderr);
  return {
    rc: answer.rc,
    signal: ended?.signal,
    stdout: stdout.bytes,
    stderr: stderr.bytes,
    truncatedStdoutBytes: stdout.truncated,
    truncatedStderrBytes: stderr.truncated,
    timedOut: ended?.timedOut ?? false,
  };
}

function joined({ head, tail, passedBytes }: Output): { bytes: Uint8Array; truncated: number } {
  if (tail.length === 0) return { bytes: head, truncated: 0 };
  const truncated = Math.max(0, passedBytes - tail.length);
  const note = truncated > 0 ? `\n[... ${truncated} bytes left out ...]\n` : "";
  return { bytes: Buffer.concat([head, Buffer.from(note), tail]), truncated };
}
