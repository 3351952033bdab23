import type { Readable } from "node:stream";
import type { Client, ClientChannel } from "ssh2";
import { messageOf, TsrunError } from "../lib/errors.ts";
import type { ConnectionSettings } from "./connection-settings.ts";
import { interrupted } from "./dial.ts";
import { connectClient } from "./ssh-client.ts";
import type { SshContext } from "./ssh-context.ts";
import { resolveTarget } from "./ssh-target.ts";
import { loginShellCommand, type Pipe, type PipeEnd, type Transport } from "./transport.ts";

const openTimeoutMs = 15_000;

/** SSH through the ssh2 library: the default. */
export class SshTransport implements Transport {
  readonly kind = "ssh";
  readonly #settings: ConnectionSettings;
  readonly #context: SshContext;
  #connecting: Promise<void> | undefined;
  #client: Client | undefined;
  #release: (() => void) | undefined;
  #failure: Error | undefined;
  #isClosed = false;

  constructor(settings: ConnectionSettings, context: SshContext) {
    this.#settings = settings;
    this.#context = context;
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  connect(signal?: AbortSignal): Promise<void> {
    this.#connecting ??= this.#connect(signal);
    return this.#connecting;
  }

  async open(command: readonly string[], signal?: AbortSignal): Promise<Pipe> {
    const client = this.#client;
    if (!client || this.#failure) throw this.#lost(this.#failure);
    const text = loginShellCommand(command);
    return new Promise((resolve, reject) => {
      const fail = (error: TsrunError) => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
        reject(error);
      };
      const timer = setTimeout(
        () => fail(this.#lost(new Error(`no session in ${openTimeoutMs / 1000} s`))),
        openTimeoutMs,
      );
      const onAbort = () => fail(interrupted(this.#settings.inventoryName));
      signal?.addEventListener("abort", onAbort, { once: true });
      const opened = (error: Error | undefined, channel: ClientChannel) => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
        if (!error) resolve(pipeOfChannel(client, channel));
        else if (this.#failure) reject(this.#lost(this.#failure));
        else reject(this.#refused(error));
      };
      try {
        client.exec(text, opened);
      } catch (error) {
        fail(this.#lost(error));
      }
    });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const client = this.#client;
    if (client && !this.#failure) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(() => (client.destroy(), resolve()), 1000);
        client.once("close", () => (clearTimeout(timer), resolve()));
        client.end();
      });
    }
    this.#release?.();
    this.#release = undefined;
  }

  async #connect(signal: AbortSignal | undefined): Promise<void> {
    const target = await resolveTarget(this.#settings, this.#context.config);
    const via = target.jumps.length > 0 ? await this.#context.jumps.acquire(target, signal) : undefined;
    this.#release = via?.release;
    let client: Client;
    try {
      client = await connectClient(target, this.#context, via?.client, signal);
    } catch (error) {
      this.#release?.();
      this.#release = undefined;
      throw error;
    }
    this.#client = client;
    client.on("error", (error: Error) => {
      this.#failure ??= error;
    });
    client.once("close", () => {
      this.#failure ??= new Error("the host closed the connection");
    });
    if (this.#isClosed) client.end();
  }

  #lost(cause: unknown): TsrunError {
    const why = cause === undefined ? "not connected" : messageOf(cause);
    return new TsrunError({
      code: "E_CONNECTION_LOST",
      message: `${this.#settings.inventoryName}: connection lost: ${why}`,
      cause,
    });
  }

  #refused(cause: Error): TsrunError {
    return new TsrunError({
      code: "E_CHANNEL_REFUSED",
      message: `${this.#settings.inventoryName}: the server opens no further session: ${cause.message}`,
      hint: "see MaxSessions in the host's sshd_config",
      cause,
    });
  }
}

function pipeOfChannel(client: Client, channel: ClientChannel): Pipe {
  const closed = new Promise<PipeEnd>((resolve) => {
    let end: PipeEnd = {};
    channel.once("exit", (code: number | null, signal?: string) => {
      end = { code: code ?? undefined, signal };
    });
    const onEnd = () => setImmediate(() => resolve(end));
    client.once("close", onEnd);
    channel.once("close", () => {
      client.off("close", onEnd);
      resolve(end);
    });
  });
  const destroy = () => {
    channel.removeAllListeners("data").resume();
    channel.stderr.removeAllListeners("data").resume();
    channel.destroy();
  };
  return { stdin: channel, stdout: channel, stderr: channel.stderr as Readable, closed, destroy };
}
