import type { Readable, Writable } from "node:stream";
import type { TsrunError } from "../lib/errors.ts";

/** How a remote process ended; both are undefined when the connection went away first. */
export interface PipeEnd {
  readonly code?: number | undefined;
  readonly signal?: string | undefined;
}

/** A process on the host with its three streams. stdout and stderr must both be read, or the process stands still. */
export interface Pipe {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves once, when the process has ended or the connection is gone; never rejects. */
  readonly closed: Promise<PipeEnd>;
  /** Gives the process up without waiting. What runs on the host is told by the end of its stdin. */
  destroy(): void;
}

/** A way to start processes on one machine. Lives from `connect` to `close`. */
export interface Transport {
  /** What messages call it: `ssh`, `openssh`, `local`. */
  readonly kind: string;
  /** Throws `E_UNREACHABLE`, `E_HOST_KEY`, `E_AUTHENTICATION` or `E_INTERRUPTED`. Further calls return the same promise. */
  connect(signal?: AbortSignal): Promise<void>;
  /**
   * Starts a process through the login shell. Words must be free of `'`, `!`, `\` and line breaks: those have no common
   * quoting in sh, csh and fish. Throws `E_CHANNEL_REFUSED` when the server allows no further session on this connection.
   */
  open(command: readonly string[], signal?: AbortSignal): Promise<Pipe>;
  /** Why the connection broke, once it has. */
  readonly failure: Error | undefined;
  /** What it means that a process ended before its first word, when the transport knows that better than anyone. */
  explainEnd?(end: PipeEnd, stderr: string): TsrunError | undefined;
  close(): Promise<void>;
}

/** Quotes words for whatever login shell the user has. */
export function loginShellCommand(words: readonly string[]): string {
  return words.map(quoteForAnyShell).join(" ");
}

function quoteForAnyShell(word: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word)) return word;
  if (/['!\\\n\r\0]/.test(word)) throw new TypeError(`\`${word}\` cannot be quoted for every login shell`);
  return `'${word}'`;
}
