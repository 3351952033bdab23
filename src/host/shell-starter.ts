import { randomBytes } from "node:crypto";
import { messageOf, TsrunError } from "../lib/errors.ts";
import type { Pipe, PipeEnd, Transport } from "../transport/transport.ts";
import { type BecomeCommand, type BecomeSettings, becomeCommand, becomeFailure } from "./become.ts";
import { bootBytes, stubScript } from "./boot.ts";

/** Of what stands on stderr before the shell is there. */
const stderrLimit = 64 * 1024;

export const standardPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export interface ShellOptions {
  /** How messages name the machine. */
  readonly hostName: string;
  readonly become?: BecomeSettings | undefined;
  /** `/bin/sh`. */
  readonly shell?: string | undefined;
  readonly path?: string | undefined;
  /** Until the host's shell says hello; 30 s. */
  readonly startTimeoutMs?: number | undefined;
}

/** A process that is to become a shell: everything between opening the pipe and its first word. */
export class ShellStarter {
  readonly nonce = randomBytes(16).toString("hex");
  readonly #options: ShellOptions;
  readonly #command: BecomeCommand;
  #pipe: Pipe | undefined;
  #stderr = "";
  #promptEnd = 0;
  #passwordSent = false;
  #rejectPassword: ((error: TsrunError) => void) | undefined;

  constructor(options: ShellOptions) {
    this.#options = options;
    const shell = options.shell ?? "/bin/sh";
    this.#command = options.become
      ? becomeCommand(options.become, shell, this.nonce)
      : { words: [shell, "-c", stubScript], announced: false, prompt: undefined };
  }

  /** Whether {@link boot} has to wait until the shell has announced itself. */
  get announced(): boolean {
    return this.#command.announced;
  }

  /** `rejected` is called when the password was not taken. */
  async open(transport: Transport, rejected: (error: TsrunError) => void, signal?: AbortSignal): Promise<Pipe> {
    this.#rejectPassword = rejected;
    this.#pipe = await transport.open(this.#command.words, signal);
    this.#pipe.stderr.on("data", (chunk: Uint8Array) => this.#readStderr(Buffer.from(chunk).toString("latin1")));
    return this.#pipe;
  }

  /** Sends the program. Frames may follow at once. */
  boot(): Uint8Array {
    const { shell = "/bin/sh", path = standardPath } = this.#options;
    return bootBytes({ nonce: this.nonce, shell, path });
  }

  /** From now on nothing on stderr is a prompt. */
  finish(): void {
    this.#pipe?.stderr.removeAllListeners("data");
    this.#pipe?.stderr.resume();
  }

  /** Why the shell did not start, in the words of whatever prevented it. */
  failure(noise: string, cause: unknown, transport?: Transport, end?: PipeEnd): TsrunError {
    const { become, hostName } = this.#options;
    const explained = end && transport?.explainEnd?.(end, decodeLatin(this.#stderr));
    if (explained) return explained;
    const said = `${noise}${this.#stderr}`.trim();
    const known = become && becomeFailure(become, said);
    if (known) return known;
    const text = decodeLatin(said).slice(-2000);
    const why = text === "" ? (cause === undefined ? "it printed nothing" : messageOf(cause)) : `it printed: ${text}`;
    return new TsrunError({
      code: "E_SHELL_START",
      message: `${hostName}: the login shell did not start ${this.#options.shell ?? "/bin/sh"}; ${why}`,
      hint: "try `ssh HOST /bin/sh -c true`: it must succeed and print nothing",
      cause,
    });
  }

  #readStderr(text: string): void {
    if (this.#stderr.length < stderrLimit) this.#stderr += text;
    const { prompt } = this.#command;
    const { become } = this.#options;
    if (!prompt || !become) return;
    prompt.lastIndex = this.#promptEnd;
    if (!prompt.test(this.#stderr)) return;
    this.#promptEnd = this.#stderr.length;
    if (become.password === undefined || this.#passwordSent) {
      const message = become.password === undefined ? "a password is needed" : "the password is wrong";
      const hint =
        become.password === undefined ? "set `ansible_become_password`, or use `--ask-become-pass`" : undefined;
      this.#rejectPassword?.(
        new TsrunError({
          code: "E_BECOME_PASSWORD",
          message: `become ${become.user} by ${become.method}: ${message}`,
          hint,
        }),
      );
      return;
    }
    this.#passwordSent = true;
    this.#pipe?.stdin.write(`${become.password}\n`);
  }
}

function decodeLatin(text: string): string {
  return Buffer.from(text, "latin1").toString("utf8");
}
