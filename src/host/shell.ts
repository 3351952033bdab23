import { messageOf, TsrunError } from "../lib/errors.ts";
import type { Pipe, PipeEnd, Transport } from "../transport/transport.ts";
import { type Answer, FrameDecoder, type Hello, type HostMessage, stopFrame } from "./frames.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { PendingScript } from "./pending-script.ts";
import { RequestSender } from "./request-sender.ts";
import type { ScriptRequest } from "./script-request.ts";
import { type ShellOptions, ShellStarter } from "./shell-starter.ts";

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
  readonly #sender: RequestSender;
  readonly #ready: Promise<Hello>;
  /** Settles when the pipe is open, or with why it could not be opened. */
  readonly opened: Promise<Error | undefined>;
  #settleReady: { resolve(hello: Hello): void; reject(error: Error): void } | undefined;
  #pipe: Pipe | undefined;
  #lastId = 0;
  #isOpen = true;
  #isInterrupted = false;
  #isClosing = false;
  #said = false;
  #loss: TsrunError | undefined;
  #startTimer: NodeJS.Timeout | undefined;

  /** Starts to open the shell; see {@link ready}. Requests may be made at once. */
  constructor(transport: Transport, options: ShellOptions, signal?: AbortSignal) {
    this.#transport = transport;
    this.#options = options;
    this.#starter = new ShellStarter(options);
    this.#decoder = new FrameDecoder(this.#starter.nonce);
    this.#sender = new RequestSender(this.#pending, (error) => this.#fail(this.#lost(messageOf(error))));
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
    this.#startClock();
    if (request.signal) {
      const onAbort = () => this.#end(pending, "interrupt");
      request.signal.addEventListener("abort", onAbort, { once: true });
      pending.onSettled = () => request.signal?.removeEventListener("abort", onAbort);
    }
    this.#sender.wake();
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
    if (!this.#pipe) return;
    this.#pipe.stdin.write(this.#starter.boot());
    this.#sender.start(this.#pipe.stdin);
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
      this.#startClock();
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
    this.#startClock();
    this.#sender.wake();
  }

  /** The time of a request counts from when the host can have started it: after the answers to all earlier ones. */
  #startClock(): void {
    const [next] = this.#pending;
    if (this.#said) next?.startClock(() => this.#end(next, "timeout"));
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
      else this.#sender.sendFirst(stopFrame(pending.id, spare ? undefined : pending.lastSignal));
      seconds += 1;
      if (!spare) pending.insistTimer = setTimeout(insist, 1000);
    };
    insist();
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
    this.#sender.stop();
    this.#pipe?.destroy();
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
