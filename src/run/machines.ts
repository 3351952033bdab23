import type { BecomeSettings } from "../host/become.ts";
import { Host } from "../host/host.ts";
import { StateCache } from "../host/state-cache.ts";
import { connectionSettings } from "../transport/connection-settings.ts";
import { createTransport } from "../transport/create-transport.ts";
import type { SshContext } from "../transport/ssh-context.ts";
import type { Connection } from "./connection.ts";
import type { Machine } from "./task-host.ts";

interface Entry {
  readonly host: Host;
  readonly cache: StateCache;
}

/** The machines of a run: one connection for each distinct way to reach a host, kept open until the end. */
export class Machines {
  readonly #context: SshContext;
  readonly #entries = new Map<string, Entry>();

  constructor(context: SshContext) {
    this.#context = context;
  }

  /** A machine as one user. Nothing is connected before its shell is asked for. */
  get(connection: Connection, become: BecomeSettings | undefined): Machine {
    const settings = connectionSettings(connection.variable, connection.inventoryName);
    const key = JSON.stringify(settings);
    let entry = this.#entries.get(key);
    if (!entry) {
      entry = {
        host: new Host({
          name: connection.inventoryName,
          transport: () => createTransport(settings, this.#context),
        }),
        cache: new StateCache(),
      };
      this.#entries.set(key, entry);
    }
    const { host, cache } = entry;
    return {
      cache,
      user: become ? `${become.method} ${become.user}` : "",
      shell: () => host.shell(become),
      reset: async () => {
        cache.raise();
        await host.close();
      },
    };
  }

  /** Ctrl-C: ends what runs on the hosts; package operations finish. */
  async interrupt(): Promise<void> {
    await Promise.allSettled([...this.#entries.values()].map(({ host }) => host.interrupt()));
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#entries.values()].map(({ host }) => host.close()));
    this.#entries.clear();
  }
}
