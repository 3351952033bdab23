import type { Outcome } from "./outcome.ts";

/** Bytes for a script's stdin that are read when they are sent. */
export interface Payload {
  /** Exact; fewer or more bytes break the connection rather than pass for the whole. */
  readonly size: number;
  open(): AsyncIterable<Uint8Array>;
}

/** One script for the host. */
export interface ScriptRequest {
  /** POSIX sh; non-UTF-8 bytes as `lib/bytes.ts` writes them. */
  readonly script: string;
  /** `/dev/null` when left out. */
  readonly stdin?: Uint8Array | Payload | undefined;
  /** From when it starts to run; then its process group is ended. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Package operations: once started they finish, whether or not the connection or the run ends. */
  readonly protect?: boolean | undefined;
  /** Kept of the end of an output, after its start of at most 1 MiB. 4 MiB. */
  readonly maxOutputBytes?: number | undefined;
  /**
   * Our own scripts that only read: output goes straight to files, which saves four processes on the host. The script
   * must not leave processes behind and must bound its own output.
   */
  readonly direct?: boolean | undefined;
  /** Run inside the host program itself, for the lock that must live as long as the shell. */
  readonly inside?: boolean | undefined;
}

/** Runs scripts on a host: a shell, or somebody who counts what goes through it. */
export interface ScriptRunner {
  run(request: ScriptRequest): Promise<Outcome>;
}

export function payloadSize(stdin: Uint8Array | Payload | undefined): number {
  if (stdin === undefined) return 0;
  return stdin instanceof Uint8Array ? stdin.length : stdin.size;
}
