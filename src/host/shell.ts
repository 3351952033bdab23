import { encodeBytes } from "../lib/bytes.ts";
import { messageOf, TsrunError } from "../lib/errors.ts";
import type { Pipe, PipeEnd, Transport } from "../transport/transport.ts";
import { type Answer, FrameDecoder, frameEnd, frameHead, type Hello, type HostMessage, stopFrame } from "./frames.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { PendingScript } from "./pending-script.ts";
import type { Payload, ScriptRequest } from "./script-request.ts";
import { type ShellOptions, ShellStarter } from "./shell-starter.ts";

/** How much may be on the way to the host, or wait there, before the next request is held back. */
const inFlightRequests = 64;
const inFlightBytes = 8 * 1024 * 1024;

const defaultTailBytes = 4 * 1024 * 1024;

/**
 * One persistent shell of one user on one host. Requests are sent as they come, without waiting for earlier answers, and run
 * in order. When the pipe breaks, every request without its whole answer fails with `E_CONNECTION_LOST`.
 */
export class Shell {
  readonly #options: ShellOptions;
  readonly #transport: Transport;
  readonly #starter: ShellStarter;
  readonly #decoder: FrameDecoder;
  readonly #pending: PendingScript[] = [];
  readonly #urgent: Uint8Array[] = [];
  readonly #ready: Promise<Hello>;
  /** Settles when the pipe is open, or with why it could not be opened. */
  readonly opened: Promise<Error | undefined>;
  #settleReady: { resolve(hello: Hello): void; reject(error: Error): void } | undefined;
  #pipe: Pipe | undefined;
  #lastId = 0;
  #isOpen = true;
  #mayWrite = false;
  #isWriting = false;
  #isInterrupted = false;
  #isClosing = false;
  #said = false;
  #loss: TsrunError | undefined;
  #wake: (() => void) | undefined;
  #startTimer: NodeJS.Timeout | undefined;

  /** Starts to open the shell; see {@link ready}. Requests may be made at once. */
  constructor(transport: Transport, options: ShellOptions, signal?: AbortSignal) {
    this.#transport = transport;
    this.#options = options;
    this.#starter = new ShellStarter(options);
    this.#decoder = new FrameDecoder(this.#starter.nonce);
    this.#ready = new Promise((resolve, reject) => {
      this.#settleReady = { resolve, reject };
    });
    this.#ready.catch(() => {});
    this.opened = this.#open(signal).then(
      () => undefined,
      (error: unknown) => {
        const cause = asTsrunError(error);
        this.#fail(cause);
        return cause;
      },
    );
  }

  /** The host's first word; rejects with why there is none. */
  get ready(): Promise<Hello> {
    return this.#ready;
  }

  /** False once the pipe is gone: a new shell is needed. */
  get isUsable(): boolean {
    return this.#isOpen && !this.#isClosing;
  }

  /**
   * Runs a script as the shell's user. Throws `E_CONNECTION_LOST` (outcome unknown), `E_INTERRUPTED`, or why the shell did
   * not start; a script that fails or times out is an {@link Outcome}.
   */
  run(request: ScriptRequest): Promise<Outcome> {
    if (this.#loss) return Promise.reject(this.#loss);
    if (this.#isInterrupted || request.signal?.aborted) return Promise.reject(this.#interrupted("was not started"));
    if (this.#isClosing) return Promise.reject(this.#lost("the shell is closed", "was not sent"));
    const pending = new PendingScript(++this.#lastId, request);
    this.#pending.push(pending);
    if (this.#pending.length === 1) pending.startClock(() => this.#end(pending, "timeout"));
    if (request.signal) {
      const onAbort = () => this.#end(pending, "interrupt");
      request.signal.addEventListener("abort", onAbort, { once: true });
      pending.onSettled = () => request.signal?.removeEventListener("abort", onAbort);
    }
    void this.#write();
    return pending.outcome;
  }

  /** Ends what runs and starts nothing more; protected scripts that have started finish. Resolves when all are settled. */
  async interrupt(): Promise<void> {
    this.#isInterrupted = true;
    const all = [...this.#pending];
    all.forEach((pending, index) => {
      if (pending.request.protect && index === 0 && pending.isSent) return;
      this.#end(pending, "interrupt");
    });
    await Promise.allSettled(all.map((pending) => pending.outcome));
  }

  /** Ends the shell and what runs in it; protected scripts go on without us. */
  async close(graceMs = 2000): Promise<void> {
    if (this.#isClosing || !this.#pipe) {
      this.#isClosing = true;
      this.#pipe?.destroy();
      return;
    }
    this.#isClosing = true;
    // Their answers may still come, but tell of an end that we made.
    for (const pending of this.#pending) if (!pending.request.protect) pending.ending ??= "interrupt";
    if (!this.#isOpen) return;
    const pipe = this.#pipe;
    pipe.stdin.end();
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, graceMs);
    });
    await Promise.race([pipe.closed, patience]);
    clearTimeout(timer);
    this.#fail(this.#lost("the shell was closed"));
  }

  async #open(signal: AbortSignal | undefined): Promise<void> {
    const timeoutMs = this.#options.startTimeoutMs ?? 30_000;
    const pipe = await this.#starter.open(this.#transport, (error) => this.#fail(error), signal);
    this.#pipe = pipe;
    this.#startTimer = setTimeout(() => {
      this.#fail(this.#starter.failure(this.#decoder.noise, new Error(`no answer in ${timeoutMs / 1000} s`)));
    }, timeoutMs);
    pipe.stdin.on("error", () => {});
    pipe.stdout.on("data", (chunk: Uint8Array) => this.#read(chunk));
    pipe.stdout.on("end", () => this.#pipeEnded());
    pipe.stdout.on("error", () => this.#pipeEnded());
    pipe.stderr.on("error", () => {});
    void pipe.closed.then((end) => this.#pipeEnded(end));
    if (!this.#isOpen) pipe.destroy();
    else if (!this.#starter.announced) this.#boot();
  }

  #boot(): void {
    this.#pipe?.stdin.write(this.#starter.boot());
    this.#mayWrite = true;
    void this.#write();
  }

  #read(chunk: Uint8Array): void {
    if (!this.#isOpen) return;
    try {
      for (const message of this.#decoder.push(chunk)) this.#take(message);
    } catch (error) {
      const cause = asTsrunError(error);
      this.#fail(
        this.#said
          ? this.#lost(`the host broke the protocol: ${cause.message}`)
          : this.#starter.failure(this.#decoder.noise, error),
      );
    }
  }

  #take(message: HostMessage): void {
    if (message.kind === "announced") {
      this.#boot();
    } else if (message.kind === "no-spool") {
      const tried = "/dev/shm, $XDG_RUNTIME_DIR, /tmp, /var/tmp, the home directory, /run";
      this.#fail(
        new TsrunError({
          code: "E_SHELL_START",
          message: `${this.#options.hostName}: no directory can be written (tried ${tried})`,
          hint: "free some space, or make one of them writable for the login user",
        }),
      );
    } else if (message.kind === "hello") {
      clearTimeout(this.#startTimer);
      this.#said = true;
      this.#starter.finish();
      this.#settleReady?.resolve(message);
    } else {
      this.#answered(message);
    }
  }

  #answered(answer: Answer): void {
    const pending = this.#pending.shift();
    if (!pending || pending.id !== answer.id) {
      if (pending) this.#pending.unshift(pending);
      this.#fail(this.#lost(`the host answered request ${answer.id} out of turn`));
      return;
    }
    const { rc } = answer;
    if (pending.ending === "interrupt")
      pending.reject(this.#interrupted(rc === undefined ? "was not started" : "was ended"));
    else if (rc === undefined && pending.ending !== "timeout")
      pending.reject(this.#lost("the host did not start the script"));
    else {
      const ended = pending.ending === "timeout" ? { signal: pending.lastSignal ?? "TERM", timedOut: true } : undefined;
      pending.resolve(outcomeOf({ ...answer, rc: rc ?? 143 }, ended));
    }
    const next = this.#pending[0];
    next?.startClock(() => this.#end(next, "timeout"));
    this.#wake?.();
  }

  /** Makes the host end a script, harder each second. Its answer then settles the request. */
  #end(pending: PendingScript, reason: "timeout" | "interrupt"): void {
    if (pending.isSettled || pending.ending) return;
    pending.ending = reason;
    if (!pending.isSent && !pending.isSending) {
      this.#pending.splice(this.#pending.indexOf(pending), 1);
      pending.reject(this.#interrupted("was not started"));
      return;
    }
    const spare = reason === "interrupt" && pending.request.protect === true;
    let seconds = 0;
    const insist = () => {
      if (pending.isSettled) return;
      if (!spare && seconds >= 10) {
        this.#fail(this.#lost("the host did not end the script"));
        return;
      }
      pending.lastSignal = seconds < 4 ? "TERM" : "KILL";
      // Bytes of a payload are in the way of a stop: the end of the pipe says it as well.
      if (pending.isSending) this.#fail(this.#lost(`the payload was cut off by the ${reason}`));
      else this.#urgent.push(stopFrame(pending.id, spare ? undefined : pending.lastSignal));
      void this.#write();
      seconds += 1;
      if (!spare) pending.insistTimer = setTimeout(insist, 1000);
    };
    insist();
  }

  /** The one writer: urgent stops, then requests in order, with backpressure. */
  async #write(): Promise<void> {
    if (this.#isWriting || !this.#mayWrite) return;
    this.#isWriting = true;
    try {
      for (;;) {
        for (let stop = this.#urgent.shift(); stop && this.#isOpen; stop = this.#urgent.shift()) await this.#put(stop);
        const next = this.#pending.find((pending) => !pending.isSent);
        if (!next || !this.#isOpen) return;
        if (this.#inFlightIsFull()) await this.#woken();
        else await this.#send(next);
      }
    } catch (error) {
      this.#fail(this.#lost(messageOf(error)));
    } finally {
      this.#isWriting = false;
    }
  }

  #inFlightIsFull(): boolean {
    const sent = this.#pending.filter((pending) => pending.isSent);
    if (sent.length === 0) return false;
    return (
      sent.length >= inFlightRequests || sent.reduce((sum, pending) => sum + pending.sentBytes, 0) >= inFlightBytes
    );
  }

  async #send(pending: PendingScript): Promise<void> {
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
      if (!this.#isOpen) return;
    }
    if (size !== payload.size) throw new Error(`the payload has ${size} bytes instead of ${payload.size}`);
  }

  async #put(bytes: Uint8Array): Promise<void> {
    if (!this.#pipe || !this.#isOpen) return;
    if (this.#pipe.stdin.write(bytes)) return;
    const { stdin } = this.#pipe;
    const drained = this.#woken();
    const onDrain = () => this.#wake?.();
    stdin.once("drain", onDrain);
    await drained;
    stdin.removeListener("drain", onDrain);
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }

  #pipeEnded(end?: PipeEnd): void {
    if (!this.#isOpen) return;
    if (this.#said) {
      const { failure } = this.#transport;
      this.#fail(this.#lost(failure ? messageOf(failure) : "the host closed the connection"));
    } else if (end) {
      this.#fail(this.#starter.failure(this.#decoder.noise, this.#transport.failure, this.#transport, end));
    }
    // Before the first word the end of stdout alone explains nothing: the exit code and stderr are still to come.
  }

  /** Ends the shell: nothing that is under way has a known outcome. */
  #fail(error: TsrunError): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#loss = error;
    clearTimeout(this.#startTimer);
    this.#settleReady?.reject(error);
    for (const pending of this.#pending.splice(0)) {
      const isUntouched = !pending.isSent && !pending.isSending;
      if (pending.ending === "interrupt")
        pending.reject(this.#interrupted(isUntouched ? "was not started" : "was ended, outcome unknown"));
      else if (error.code === "E_CONNECTION_LOST" && isUntouched)
        pending.reject(this.#lost(error.message, "was not started"));
      else pending.reject(error);
    }
    this.#pipe?.destroy();
    this.#wake?.();
  }

  #lost(why: string, outcome = "outcome unknown"): TsrunError {
    return new TsrunError({
      code: "E_CONNECTION_LOST",
      message: `${this.#options.hostName}: connection lost, ${outcome}: ${why}`,
      cause: this.#transport.failure,
    });
  }

  #interrupted(what: string): TsrunError {
    return new TsrunError({
      code: "E_INTERRUPTED",
      message: `${this.#options.hostName}: interrupted; the script ${what}`,
    });
  }
}

function asTsrunError(error: unknown): TsrunError {
  // By name: a transport is imported when it is needed, and a loader may give it its own copy of the class.
  if (error instanceof Error && error.name === "TsrunError") return error as TsrunError;
  return new TsrunError({ code: "E_SHELL_START", message: messageOf(error), cause: error });
}
