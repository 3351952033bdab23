/**
 * The messages between controller and host, see `remote-program.ts`.
 *
 *     run ID SCRIPT-BYTES STDIN-BYTES FLAG LIMIT \n script stdin .\n
 *     stop ID SIGNAL \n                      0 = only if it has not started
 *
 *     NONCE hello 1 PID MACHINE-ID BOOT-ID UID USER \n NONCE HOME \n
 *     NONCE ID RC HEAD TAIL PASSED HEAD TAIL PASSED \n stdout stderr NONCE ID .\n
 *
 * RC is `-` for a body that was stopped before it started. An output is its head, and when more came its tail: the end of
 * the PASSED bytes that followed the head.
 */

export interface FrameRequest {
  readonly id: number;
  readonly script: Uint8Array;
  readonly stdinSize: number;
  /** `-` ordinary, `p` protected from disconnects, `d` output straight to files, `i` run inside the executor itself. */
  readonly flag: "-" | "p" | "d" | "i";
  /** How much of the end of an output is kept. */
  readonly tailBytes: number;
}

/** Everything before the payload. */
export function frameHead(request: FrameRequest): Uint8Array {
  const { id, script, stdinSize, flag, tailBytes } = request;
  return Buffer.concat([Buffer.from(`run ${id} ${script.length} ${stdinSize} ${flag} ${tailBytes}\n`), script]);
}

/** What follows the payload; without it the host does not run the frame. */
export const frameEnd: Uint8Array = Buffer.from(".\n");

/** Ends body `id`; without a signal only if it has not started yet. */
export function stopFrame(id: number, signal?: "TERM" | "KILL"): Uint8Array {
  return Buffer.from(`stop ${id} ${signal ?? 0}\n`);
}

export interface Hello {
  readonly pid: number;
  readonly machineId: string | undefined;
  readonly bootId: string | undefined;
  readonly uid: number;
  readonly user: string;
  readonly home: string;
}

export interface Output {
  readonly head: Uint8Array;
  readonly tail: Uint8Array;
  /** Bytes that came after the head. */
  readonly passedBytes: number;
}

export interface Answer {
  readonly id: number;
  /** Undefined when the body was never started. */
  readonly rc: number | undefined;
  readonly stdout: Output;
  readonly stderr: Output;
}

export type HostMessage =
  | { readonly kind: "announced" }
  | { readonly kind: "no-spool" }
  | ({ readonly kind: "hello" } & Hello)
  | ({ readonly kind: "answer" } & Answer);

/** Bytes that do not follow the protocol: the stream cannot be trusted any further. */
export class FrameError extends Error {}

const noiseLimit = 1024 * 1024;
const lineLimit = 8192;
/** Outputs are bounded on the host; a host that claims more is lying. */
const answerLimit = 256 * 1024 * 1024;

/** Turns the host's bytes, cut anywhere, into messages. Everything before the first nonce is kept as `noise`. */
export class FrameDecoder {
  readonly #nonce: string;
  #chunks: Uint8Array[] = [];
  #buffered = 0;
  #awaited = 0;
  #step: "noise" | "home" | "line" | "answer" = "noise";
  #hello: Omit<Hello, "home"> | undefined;
  #header: readonly number[] = [];
  #started = true;
  #noise = "";

  constructor(nonce: string) {
    this.#nonce = nonce;
  }

  /** What came before the host's first word: the noise of rc files, or the reason why there is none. */
  get noise(): string {
    return this.#step === "noise" ? this.#noise + this.#joined().toString("latin1") : this.#noise;
  }

  /** Messages that are complete with these bytes. Throws {@link FrameError}. */
  push(chunk: Uint8Array): HostMessage[] {
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    const messages: HostMessage[] = [];
    while (this.#buffered > 0 && this.#buffered >= this.#awaited) {
      const before = this.#buffered;
      const step = this.#step;
      const message = this.#next();
      if (message) messages.push(message);
      else if (this.#buffered === before && this.#step === step) break;
    }
    return messages;
  }

  #next(): HostMessage | undefined {
    if (this.#step === "noise") return this.#nextAfterNoise();
    if (this.#step === "answer") return this.#nextAnswer();
    const line = this.#takeLine();
    if (line === undefined) return undefined;
    if (!line.startsWith(`${this.#nonce} `))
      throw new FrameError(`unexpected bytes ${JSON.stringify(line.slice(0, 80))}`);
    const rest = line.slice(this.#nonce.length + 1);
    if (this.#step === "home" && this.#hello) {
      this.#step = "line";
      return { kind: "hello", ...this.#hello, home: rest };
    }
    this.#readHeader(rest);
    return undefined;
  }

  #nextAfterNoise(): HostMessage | undefined {
    const bytes = this.#joined();
    const at = bytes.indexOf(this.#nonce, 0, "latin1");
    const end = at < 0 ? -1 : bytes.indexOf(10, at);
    if (end < 0) {
      if (bytes.length > noiseLimit) throw new FrameError("too much output before the shell started");
      return undefined;
    }
    this.#noise += bytes.toString("latin1", 0, at);
    this.#drop(end + 1);
    const words = bytes
      .toString("utf8", at + this.#nonce.length, end)
      .trim()
      .split(" ");
    if (words[0] === "") return { kind: "announced" };
    if (words[0] === "no-spool") return { kind: "no-spool" };
    if (words[0] !== "hello" || words[1] !== "1") throw new FrameError(`unexpected greeting \`${words.join(" ")}\``);
    const id = (word: string | undefined) => (word === "-" || word === "uninitialized" ? undefined : word);
    this.#hello = {
      pid: Number(words[2]),
      machineId: id(words[3]),
      bootId: id(words[4]),
      uid: Number(words[5]),
      user: words.slice(6).join(" "),
    };
    this.#step = "home";
    return undefined;
  }

  #readHeader(rest: string): void {
    const words = rest.split(" ");
    const numbers = words.map((word) => (word === "-" ? 0 : /^\d+$/.test(word) ? Number(word) : Number.NaN));
    if (words.length !== 8 || numbers.some((number) => !Number.isSafeInteger(number))) {
      throw new FrameError(`unexpected answer \`${rest.slice(0, 80)}\``);
    }
    this.#header = numbers;
    this.#started = words[1] !== "-";
    const [id, , outHead, outTail, , errHead, errTail] = numbers as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    this.#awaited = outHead + outTail + errHead + errTail + this.#trailer(id).length;
    if (this.#awaited > answerLimit) throw new FrameError(`an answer of ${this.#awaited} bytes`);
    this.#step = "answer";
  }

  #nextAnswer(): HostMessage | undefined {
    const [id = 0, rc, outHead = 0, outTail = 0, outPassed = 0, errHead = 0, errTail = 0, errPassed = 0] = this.#header;
    const bytes = this.#joined();
    let at = 0;
    const part = (size: number) => bytes.subarray(at, (at += size));
    const stdout = { head: part(outHead), tail: part(outTail), passedBytes: outPassed };
    const stderr = { head: part(errHead), tail: part(errTail), passedBytes: errPassed };
    const trailer = this.#trailer(id);
    if (part(trailer.length).toString("latin1") !== trailer) throw new FrameError(`answer ${id} has no trailer`);
    this.#drop(this.#awaited);
    this.#awaited = 0;
    this.#step = "line";
    return { kind: "answer", id, rc: this.#started ? rc : undefined, stdout, stderr };
  }

  #trailer(id: number): string {
    return `${this.#nonce} ${id} .\n`;
  }

  #takeLine(): string | undefined {
    const bytes = this.#joined();
    const end = bytes.indexOf(10);
    if (end < 0) {
      if (bytes.length > lineLimit) throw new FrameError("a line that does not end");
      return undefined;
    }
    this.#drop(end + 1);
    return bytes.toString("utf8", 0, end);
  }

  #joined(): Buffer {
    const [only] = this.#chunks;
    const bytes =
      this.#chunks.length === 1 && only
        ? Buffer.from(only.buffer, only.byteOffset, only.byteLength)
        : Buffer.concat(this.#chunks);
    this.#chunks = [bytes];
    return bytes;
  }

  #drop(count: number): void {
    const rest = this.#joined().subarray(count);
    this.#chunks = rest.length > 0 ? [rest] : [];
    this.#buffered = rest.length;
  }
}
