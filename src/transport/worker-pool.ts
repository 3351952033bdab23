import { type ChildProcess, fork } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { TsrunError } from "../lib/errors.ts";
import type { ConnectionSettings } from "./connection-settings.ts";
import type { SshContextOptions } from "./ssh-context.ts";
import type { Transport } from "./transport.ts";
import type { WorkerMessage, WorkerRequest } from "./worker-messages.ts";
import { errorOf } from "./worker-messages.ts";
import { WorkerTransport } from "./worker-transport.ts";

/** A worker process, as the transports that live in it see it. */
export interface Worker {
  send(request: WorkerRequest): void;
  /** Sends a request with a number of its own and waits until it is settled; throws the worker's error, or that the worker is gone. */
  call(request: (call: number) => WorkerRequest, signal?: AbortSignal): Promise<void>;
  /** A number for a connection or a pipe; messages about it go to `take`, and `lost` is called when the worker is gone. */
  register(receiver: WorkerReceiver): number;
  unregister(id: number): void;
}

export interface WorkerReceiver {
  take(message: WorkerMessage): void;
  lost(error: Error): void;
}

/** Processes that hold the SSH connections of a run, so that its own process is left with the playbook. Each starts with its first host. */
export class WorkerPool {
  readonly #workers: ForkedWorker[] = [];
  readonly #size: number;
  readonly #options: SshContextOptions;

  /** `size`: how many processes. */
  constructor(size: number, options: SshContextOptions) {
    this.#size = size;
    this.#options = options;
  }

  /** A transport whose connection is held by the worker that has all connections to that server: it keeps to the server's limits. */
  transport(settings: ConnectionSettings): Transport {
    const index = hashOf(`${settings.host}:${settings.port ?? ""}`) % this.#size;
    const worker = (this.#workers[index] ??= new ForkedWorker(this.#options));
    return new WorkerTransport(worker, settings);
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.end()));
  }
}

class ForkedWorker implements Worker {
  readonly #child: ChildProcess;
  readonly #options: SshContextOptions;
  readonly #calls = new Map<number, { resolve(): void; reject(error: Error): void }>();
  readonly #receivers = new Map<number, WorkerReceiver>();
  readonly #ended: Promise<void>;
  #lastId = 0;
  #loss: TsrunError | undefined;

  constructor(options: SshContextOptions) {
    this.#options = options;
    const program = fileURLToPath(new URL(`../transport/ssh-worker${extname(import.meta.url)}`, import.meta.url));
    this.#child = fork(program, { serialization: "advanced", stdio: ["ignore", "ignore", "inherit", "ipc"] });
    this.#child.on("message", (message: WorkerMessage) => this.#take(message));
    this.#child.on("error", (error) => this.#lose(error.message));
    this.#ended = new Promise((resolve) => {
      this.#child.once("exit", (code, signal) => {
        this.#lose(signal === null ? `it ended with ${code}` : `it was ended by ${signal}`);
        resolve();
      });
    });
  }

  send(request: WorkerRequest): void {
    if (!this.#loss && this.#child.connected) this.#child.send(request, (error) => error && this.#lose(error.message));
  }

  async call(request: (call: number) => WorkerRequest, signal?: AbortSignal): Promise<void> {
    if (this.#loss) throw this.#loss;
    const call = ++this.#lastId;
    const onAbort = (): void => this.send({ type: "abort", call });
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      await new Promise<void>((resolve, reject) => {
        this.#calls.set(call, { resolve, reject });
        this.send(request(call));
        if (signal?.aborted) onAbort();
      });
    } finally {
      this.#calls.delete(call);
      signal?.removeEventListener("abort", onAbort);
    }
  }

  register(receiver: WorkerReceiver): number {
    const id = ++this.#lastId;
    this.#receivers.set(id, receiver);
    return id;
  }

  unregister(id: number): void {
    this.#receivers.delete(id);
  }

  async end(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await this.#ended;
  }

  #take(message: WorkerMessage): void {
    switch (message.type) {
      case "settled": {
        const call = this.#calls.get(message.call);
        if (message.error) call?.reject(errorOf(message.error));
        else call?.resolve();
        return;
      }
      case "warning":
        return this.#options.warn?.(message.message);
      case "question": {
        const { question, path } = message;
        const answer = this.#options.askPassphrase?.(path) ?? Promise.resolve(undefined);
        return void answer.then(
          (text) => this.send({ type: "answer", question, text }),
          () => this.send({ type: "answer", question, text: undefined }),
        );
      }
      case "failed":
        return this.#receivers.get(message.connection)?.take(message);
      case "output":
      case "output-end":
      case "written":
      case "closed":
        return this.#receivers.get(message.pipe)?.take(message);
    }
  }

  #lose(why: string): void {
    if (this.#loss) return;
    this.#loss = new TsrunError({ code: "E_CONNECTION_LOST", message: `a worker process is gone: ${why}` });
    for (const call of this.#calls.values()) call.reject(this.#loss);
    for (const receiver of this.#receivers.values()) receiver.lost(this.#loss);
  }
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return hash;
}
