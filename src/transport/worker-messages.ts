import { TsrunError } from "../lib/errors.ts";
import type { ConnectionSettings } from "./connection-settings.ts";
import type { PipeEnd } from "./transport.ts";

/** From the run to a worker. `connection`, `call` and `pipe` are numbers that the run gives. */
export type WorkerRequest =
  | {
      readonly type: "connect";
      readonly connection: number;
      readonly call: number;
      readonly settings: ConnectionSettings;
    }
  | {
      readonly type: "open";
      readonly connection: number;
      readonly call: number;
      readonly pipe: number;
      readonly command: readonly string[];
    }
  | { readonly type: "close"; readonly connection: number; readonly call: number }
  /** The run no longer waits for a call. */
  | { readonly type: "abort"; readonly call: number }
  | { readonly type: "stdin"; readonly pipe: number; readonly bytes: Uint8Array }
  | { readonly type: "stdin-end"; readonly pipe: number }
  | { readonly type: "destroy"; readonly pipe: number }
  /** So many bytes of a pipe's output were taken. */
  | { readonly type: "taken"; readonly pipe: number; readonly count: number }
  | { readonly type: "answer"; readonly question: number; readonly text: string | undefined };

/** From a worker to the run. */
export type WorkerMessage =
  | { readonly type: "settled"; readonly call: number; readonly error?: PlainError | undefined }
  /** A connection broke. */
  | { readonly type: "failed"; readonly connection: number; readonly message: string }
  | { readonly type: "output"; readonly pipe: number; readonly stream: "stdout" | "stderr"; readonly bytes: Uint8Array }
  | { readonly type: "output-end"; readonly pipe: number; readonly stream: "stdout" | "stderr" }
  /** The host took what was sent last. */
  | { readonly type: "written"; readonly pipe: number }
  | { readonly type: "closed"; readonly pipe: number; readonly end: PipeEnd }
  | { readonly type: "warning"; readonly message: string }
  | { readonly type: "question"; readonly question: number; readonly path: string };

/** An error as it travels between processes. */
export interface PlainError {
  readonly code?: TsrunError["code"] | undefined;
  readonly message: string;
  readonly hint?: string | undefined;
}

export function plainError(error: unknown): PlainError {
  if (error instanceof TsrunError) return { code: error.code, message: error.message, hint: error.hint };
  return { message: error instanceof Error ? error.message : String(error) };
}

export function errorOf({ code, message, hint }: PlainError): Error {
  return code === undefined ? new Error(message) : new TsrunError({ code, message, hint });
}
