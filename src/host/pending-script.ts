import type { TsrunError } from "../lib/errors.ts";
import type { Outcome } from "./outcome.ts";
import { payloadSize, type ScriptRequest } from "./script-request.ts";

/** A request on its way, from `run` to its answer. */
export class PendingScript {
  readonly id: number;
  readonly request: ScriptRequest;
  readonly outcome: Promise<Outcome>;
  readonly stdinSize: number;
  /** Bytes are being written, others are still to come. */
  isSending = false;
  isSent = false;
  isSettled = false;
  sentBytes = 0;
  ending: "timeout" | "interrupt" | undefined;
  lastSignal: "TERM" | "KILL" | undefined;
  insistTimer: NodeJS.Timeout | undefined;
  onSettled: (() => void) | undefined;
  #clock: NodeJS.Timeout | undefined;
  #hasClock = false;
  #resolve: (outcome: Outcome) => void = () => {};
  #reject: (error: TsrunError) => void = () => {};

  constructor(id: number, request: ScriptRequest) {
    this.id = id;
    this.request = request;
    this.stdinSize = payloadSize(request.stdin);
    this.outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** The script is the next to run, or runs: its time starts to count. */
  startClock(onTimeout: () => void): void {
    if (this.#hasClock || this.isSettled || this.request.timeoutMs === undefined) return;
    this.#hasClock = true;
    this.#clock = setTimeout(onTimeout, this.request.timeoutMs);
  }

  resolve(outcome: Outcome): void {
    this.#settle();
    this.#resolve(outcome);
  }

  reject(error: TsrunError): void {
    this.#settle();
    this.#reject(error);
  }

  #settle(): void {
    this.isSettled = true;
    clearTimeout(this.#clock);
    clearTimeout(this.insistTimer);
    this.onSettled?.();
  }
}
