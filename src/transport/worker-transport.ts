import { Readable, Writable } from "node:stream";
import type { ConnectionSettings } from "./connection-settings.ts";
import { interrupted } from "./dial.ts";
import type { Pipe, PipeEnd, Transport } from "./transport.ts";
import type { Worker } from "./worker-pool.ts";

/** SSH whose connection another process of this machine holds. */
export class WorkerTransport implements Transport {
  readonly kind = "ssh";
  readonly #worker: Worker;
  readonly #settings: ConnectionSettings;
  readonly #id: number;
  #connecting: Promise<void> | undefined;
  #failure: Error | undefined;
  #isClosed = false;

  constructor(worker: Worker, settings: ConnectionSettings) {
    this.#worker = worker;
    this.#settings = settings;
    this.#id = worker.register({
      take: (message) => {
        if (message.type === "failed") this.#failure ??= new Error(message.message);
      },
      lost: (error) => {
        this.#failure ??= error;
      },
    });
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  connect(signal?: AbortSignal): Promise<void> {
    const settings = this.#settings;
    this.#connecting ??= this.#worker.call(
      (call) => ({ type: "connect", connection: this.#id, call, settings }),
      signal,
    );
    return this.#connecting;
  }

  async open(command: readonly string[], signal?: AbortSignal): Promise<Pipe> {
    const pipe = new WorkerPipe(this.#worker);
    try {
      await this.#worker.call((call) => ({ type: "open", connection: this.#id, call, pipe: pipe.id, command }), signal);
      return pipe;
    } catch (error) {
      pipe.destroy();
      throw signal?.aborted ? interrupted(this.#settings.inventoryName) : error;
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#connecting)
      await this.#worker.call((call) => ({ type: "close", connection: this.#id, call })).catch(() => {});
    this.#worker.unregister(this.#id);
  }
}

/** A process on a host, its streams led through a worker. */
class WorkerPipe implements Pipe {
  readonly id: number;
  readonly stdin: Writable;
  readonly stdout: WorkerOutput;
  readonly stderr: WorkerOutput;
  readonly closed: Promise<PipeEnd>;
  readonly #worker: Worker;
  #written: (() => void) | undefined;

  constructor(worker: Worker) {
    this.#worker = worker;
    let settle: (end: PipeEnd) => void = () => {};
    this.closed = new Promise((resolve) => {
      settle = resolve;
    });
    const over = (end: PipeEnd): void => {
      this.stdout.finish();
      this.stderr.finish();
      this.#written?.();
      settle(end);
      worker.unregister(this.id);
    };
    this.id = worker.register({
      take: (message) => {
        if (message.type === "output") this.#output(message.stream).arrive(message.bytes);
        else if (message.type === "output-end") this.#output(message.stream).finish();
        else if (message.type === "written") this.#written?.();
        else if (message.type === "closed") over(message.end);
      },
      lost: () => over({}),
    });
    this.stdin = new Writable({
      write: (bytes: Uint8Array, _encoding, done) => {
        this.#written = () => {
          this.#written = undefined;
          done();
        };
        worker.send({ type: "stdin", pipe: this.id, bytes });
      },
      final: (done) => {
        worker.send({ type: "stdin-end", pipe: this.id });
        done();
      },
    });
    const taken = (count: number): void => worker.send({ type: "taken", pipe: this.id, count });
    this.stdout = new WorkerOutput(taken);
    this.stderr = new WorkerOutput(taken);
  }

  destroy(): void {
    this.#worker.send({ type: "destroy", pipe: this.id });
    this.stdin.destroy();
    this.stdout.destroy();
    this.stderr.destroy();
  }

  #output(stream: "stdout" | "stderr"): WorkerOutput {
    return stream === "stdout" ? this.stdout : this.stderr;
  }
}

/** An output that tells the worker how much of it was taken, so that what nobody reads stays with the host. */
class WorkerOutput extends Readable {
  readonly #tell: (count: number) => void;
  #untold = 0;

  constructor(tell: (count: number) => void) {
    super();
    this.#tell = tell;
  }

  arrive(bytes: Uint8Array): void {
    this.#untold += bytes.length;
    if (this.push(bytes)) this._read();
  }

  finish(): void {
    if (!this.destroyed) this.push(null);
  }

  override _read(): void {
    if (this.#untold > 0) this.#tell(this.#untold);
    this.#untold = 0;
  }
}
