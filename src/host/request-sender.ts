import type { Writable } from "node:stream";
import { encodeBytes } from "../lib/bytes.ts";
import { frameEnd, frameHead } from "./frames.ts";
import type { PendingScript } from "./pending-script.ts";
import type { Payload } from "./script-request.ts";

/** How much may be on the way to the host, or wait there, before the next request is held back. */
const inFlightRequests = 64;
const inFlightBytes = 8 * 1024 * 1024;

const defaultTailBytes = 4 * 1024 * 1024;

/** The only writer of a shell's pipe: stops first, then requests in order, with backpressure. */
export class RequestSender {
  readonly #pending: readonly PendingScript[];
  readonly #failed: (error: unknown) => void;
  readonly #urgent: Uint8Array[] = [];
  #stdin: Writable | undefined;
  #isBusy = false;
  #resume: (() => void) | undefined;

  /** `pending` is the shell's own queue: sent requests stay in it until they are answered. */
  constructor(pending: readonly PendingScript[], failed: (error: unknown) => void) {
    this.#pending = pending;
    this.#failed = failed;
  }

  /** From now on requests are sent. */
  start(stdin: Writable): void {
    this.#stdin = stdin;
    this.wake();
  }

  stop(): void {
    this.#stdin = undefined;
    this.wake();
  }

  /** Sends bytes before any further request. */
  sendFirst(bytes: Uint8Array): void {
    this.#urgent.push(bytes);
    this.wake();
  }

  /** There is a new request, or room for one. */
  wake(): void {
    this.#resume?.();
    if (!this.#isBusy && this.#stdin) void this.#send();
  }

  async #send(): Promise<void> {
    this.#isBusy = true;
    try {
      while (this.#stdin) {
        for (let bytes = this.#urgent.shift(); bytes; bytes = this.#urgent.shift()) await this.#put(bytes);
        const next = this.#pending.find((pending) => !pending.isSent);
        if (!next) return;
        if (this.#isFull()) await this.#woken();
        else await this.#sendRequest(next);
      }
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#isBusy = false;
    }
  }

  #isFull(): boolean {
    const sent = this.#pending.filter((pending) => pending.isSent);
    const bytes = sent.reduce((sum, pending) => sum + pending.sentBytes, 0);
    return sent.length >= inFlightRequests || (sent.length > 0 && bytes >= inFlightBytes);
  }

  async #sendRequest(pending: PendingScript): Promise<void> {
    const { script, stdin, protect, direct, inside, maxOutputBytes } = pending.request;
    const text = encodeBytes(script.endsWith("\n") ? script : `${script}\n`);
    const head = frameHead({
      id: pending.id,
      script: text,
      stdinSize: pending.stdinSize,
      flag: inside ? "i" : protect ? "p" : direct ? "d" : "-",
      tailBytes: maxOutputBytes ?? defaultTailBytes,
    });
    pending.sentBytes = text.length + pending.stdinSize;
    if (stdin === undefined || stdin instanceof Uint8Array) {
      pending.isSent = true;
      await this.#put(Buffer.concat([head, stdin ?? new Uint8Array(), frameEnd]));
      return;
    }
    pending.isSending = true;
    await this.#put(head);
    await this.#putPayload(stdin);
    pending.isSending = false;
    pending.isSent = true;
    await this.#put(frameEnd);
  }

  async #putPayload(payload: Payload): Promise<void> {
    let size = 0;
    for await (const chunk of payload.open()) {
      size += chunk.length;
      if (size > payload.size) throw new Error(`the payload has more than ${payload.size} bytes`);
      await this.#put(chunk);
      if (!this.#stdin) return;
    }
    if (size !== payload.size) throw new Error(`the payload has ${size} bytes instead of ${payload.size}`);
  }

  async #put(bytes: Uint8Array): Promise<void> {
    const stdin = this.#stdin;
    if (!stdin || stdin.write(bytes)) return;
    const resume = () => this.#resume?.();
    stdin.once("drain", resume);
    while (this.#stdin && stdin.writableNeedDrain) await this.#woken();
    stdin.removeListener("drain", resume);
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#resume = () => {
        this.#resume = undefined;
        resolve();
      };
    });
  }
}
