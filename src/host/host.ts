import { TsrunError } from "../lib/errors.ts";
import type { Pipe, Transport } from "../transport/transport.ts";
import type { BecomeSettings } from "./become.ts";
import type { Hello } from "./frames.ts";
import type { Outcome } from "./outcome.ts";
import { openRawPipe } from "./raw-pipe.ts";
import type { ScriptRequest } from "./script-request.ts";
import { Shell } from "./shell.ts";

export interface HostOptions {
  /** Inventory name; messages use it. */
  readonly name: string;
  /** Makes a fresh, unconnected transport: one at first, another when a server allows one session a connection. */
  readonly transport: () => Transport | Promise<Transport>;
  readonly shell?: string | undefined;
  readonly path?: string | undefined;
  readonly startTimeoutMs?: number | undefined;
}

/** One machine: a connection that is opened when it is needed, and a persistent shell for each user that we become. */
export class Host {
  readonly name: string;
  readonly #options: HostOptions;
  readonly #transports = new Set<Transport>();
  readonly #shells = new Map<string, Promise<Shell>>();
  readonly #abort = new AbortController();
  #main: Promise<Transport> | undefined;

  constructor(options: HostOptions) {
    this.name = options.name;
    this.#options = options;
  }

  /**
   * The shell of the login user or of the one to become; a new one when there is none or it broke. The promise resolves before
   * the host has said anything, so that a first request travels with the shell's start; `shell.ready` has its hello.
   */
  async shell(become?: BecomeSettings): Promise<Shell> {
    this.#refuseWhenInterrupted();
    const key = JSON.stringify(become ?? null);
    const known = this.#shells.get(key);
    if (known) {
      const shell = await known;
      if (shell.isUsable) return shell;
      if (this.#shells.get(key) !== known) return this.shell(become);
    }
    const opening = this.#open(become);
    this.#shells.set(key, opening);
    opening.catch(() => this.#shells.get(key) === opening && this.#shells.delete(key));
    return opening;
  }

  /** {@link Shell.run} in the right shell. */
  async run(request: ScriptRequest, become?: BecomeSettings): Promise<Outcome> {
    const shell = await this.shell(become);
    return shell.run(request);
  }

  /** Starts one line of shell and hands over its bare streams; see {@link openRawPipe}. */
  async pipe(command: string, become?: BecomeSettings, signal?: AbortSignal): Promise<Pipe> {
    this.#refuseWhenInterrupted();
    const { name, shell, path, startTimeoutMs } = this.#options;
    const options = { hostName: name, become, shell, path, startTimeoutMs };
    const both = signal ? AbortSignal.any([signal, this.#abort.signal]) : this.#abort.signal;
    try {
      return await openRawPipe(await this.#connected(), options, command, both);
    } catch (error) {
      if (!isRefused(error as Error)) throw error;
      return await openRawPipe(await this.#connect(), options, command, both);
    }
  }

  /** What the host said of itself: machine-id, boot-id, uid, user, home. */
  async hello(become?: BecomeSettings): Promise<Hello> {
    const shell = await this.shell(become);
    return shell.ready;
  }

  /** Ctrl-C: ends running scripts, waits for protected ones, starts nothing more. */
  async interrupt(): Promise<void> {
    this.#abort.abort();
    const shells = await this.#opened();
    await Promise.all(shells.map((shell) => shell.interrupt()));
  }

  async close(): Promise<void> {
    const shells = await this.#opened();
    this.#shells.clear();
    await Promise.all(shells.map((shell) => shell.close()));
    await Promise.all([...this.#transports].map((transport) => transport.close()));
    this.#transports.clear();
    this.#main = undefined;
  }

  async #opened(): Promise<readonly Shell[]> {
    const shells = await Promise.allSettled(this.#shells.values());
    return shells.flatMap((shell) => (shell.status === "fulfilled" ? [shell.value] : []));
  }

  async #open(become: BecomeSettings | undefined): Promise<Shell> {
    const transport = await this.#connected();
    const shell = this.#start(transport, become);
    const opened = await shell.opened;
    if (!isRefused(opened)) return shell;
    // MaxSessions counts for one connection, so another one is the way to a second user.
    return this.#start(await this.#connect(), become);
  }

  #start(transport: Transport, become: BecomeSettings | undefined): Shell {
    const { name, shell, path, startTimeoutMs } = this.#options;
    return new Shell(transport, { hostName: name, become, shell, path, startTimeoutMs }, this.#abort.signal);
  }

  async #connected(): Promise<Transport> {
    const known = this.#main;
    if (known) {
      const transport = await known;
      if (!transport.failure) return transport;
      if (this.#main !== known) return this.#connected();
    }
    const connecting = this.#connect();
    this.#main = connecting;
    connecting.catch(() => {
      if (this.#main === connecting) this.#main = undefined;
    });
    return connecting;
  }

  async #connect(): Promise<Transport> {
    const transport = await this.#options.transport();
    this.#refuseWhenInterrupted();
    this.#transports.add(transport);
    await transport.connect(this.#abort.signal);
    return transport;
  }

  #refuseWhenInterrupted(): void {
    if (!this.#abort.signal.aborted) return;
    throw new TsrunError({ code: "E_INTERRUPTED", message: `${this.name}: interrupted` });
  }
}

function isRefused(error: Error | undefined): boolean {
  return (error as { readonly code?: unknown } | undefined)?.code === "E_CHANNEL_REFUSED";
}
