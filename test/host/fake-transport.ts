import { PassThrough } from "node:stream";
import type { Pipe, PipeEnd, Transport } from "../../src/transport/transport.ts";

/** A host played by the test: it sees what is written and says what it likes. */
export class FakeTransport implements Transport {
  readonly kind = "fake";
  failure: Error | undefined;
  readonly stdin = new PassThrough();
  readonly stdout = new PassThrough();
  readonly stderr = new PassThrough();
  command: readonly string[] = [];
  written = "";
  #end: (end: PipeEnd) => void = () => {};

  constructor() {
    this.stdin.on("data", (chunk: Buffer) => {
      this.written += chunk.toString("latin1");
    });
  }

  async connect(): Promise<void> {}

  async open(command: readonly string[]): Promise<Pipe> {
    this.command = command;
    const { stdin, stdout, stderr } = this;
    const closed = new Promise<PipeEnd>((resolve) => {
      this.#end = resolve;
    });
    return { stdin, stdout, stderr, closed, destroy: () => this.#end({}) };
  }

  async close(): Promise<void> {}

  /** The nonce of the session, once the program has been sent or announced. */
  get nonce(): string {
    return (
      /tsrun-([0-9a-f]{32})/.exec(this.written)?.[1] ?? /echo ([0-9a-f]{32});/.exec(this.command.join(" "))?.[1] ?? ""
    );
  }

  /** Says hello as the host program does. */
  hello(): void {
    this.stdout.write(`${this.nonce} hello 1 1 machine boot 0 root\n${this.nonce} /root\n`);
  }

  end(end: PipeEnd = {}): void {
    this.stdout.end();
    this.#end(end);
  }
}
