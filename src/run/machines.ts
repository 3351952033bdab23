import { hostname, userInfo } from "node:os";
import type { BecomeSettings } from "../host/become.ts";
import { Host } from "../host/host.ts";
import { takeRunLock } from "../host/run-lock.ts";
import type { Shell } from "../host/shell.ts";
import { Epoch, StateCache } from "../host/state-cache.ts";
import { mapLimit } from "../lib/map-limit.ts";
import { connectionSettings } from "../transport/connection-settings.ts";
import { createTransport } from "../transport/create-transport.ts";
import type { SshContext } from "../transport/ssh-context.ts";
import type { WorkerPool } from "../transport/worker-pool.ts";
import type { Connection } from "./connection.ts";
import type { Machine } from "./task-host.ts";

interface Entry {
  readonly host: Host;
  readonly cache: StateCache;
}

/** A second run on the same host is waited for so long before its owner is named. */
const lockWaitMs = 20_000;

/** Each wakes a server: all at once they would keep the event loop busy. */
const closedAtOnce = 50;

/** The machines of a run: one connection for each distinct way to reach a host, kept open until the end. */
export class Machines {
  readonly #context: SshContext;
  readonly #workers: WorkerPool | undefined;
  readonly #owner = `${userInfo().username}@${hostname()}, process ${process.pid}, since ${new Date().toISOString()}`;
  readonly #entries = new Map<string, Entry>();
  /** By machine-id: several inventory names may be one machine. */
  readonly #epochs = new Map<string, Epoch>();
  /** Locks that this run holds, by machine and user; the shell that took it keeps it. */
  readonly #locks = new Map<string, { readonly shell: Shell; readonly taken: Promise<unknown> }>();

  /** `workers`: processes that hold the SSH connections; without them this one does. */
  constructor(context: SshContext, workers?: WorkerPool) {
    this.#context = context;
    this.#workers = workers;
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
          transport: () => createTransport(settings, this.#context, this.#workers),
        }),
        cache: new StateCache(),
      };
      this.#entries.set(key, entry);
    }
    const { host, cache } = entry;
    return {
      cache,
      user: become ? `${become.method} ${become.user}` : "",
      shell: async () => {
        const shell = await host.shell(become);
        // The host says who it is before it answers anything.
        shell.ready.then(
          ({ machineId }) => this.#identify(machineId ?? connection.inventoryName, cache),
          () => {},
        );
        return shell;
      },
      pipe: (command, signal) => host.pipe(command, become, signal),
      prepareWrite: async () => {
        await this.#lock(await host.shell(become), connection.inventoryName, cache);
        cache.raise();
      },
      reset: async () => {
        cache.raise();
        await host.close();
      },
    };
  }

  /** One run at a time changes a machine. Reading needs no lock, so it is taken before the first write. */
  async #lock(shell: Shell, hostName: string, cache: StateCache): Promise<void> {
    const { machineId, uid, user } = await shell.ready;
    const machine = machineId ?? hostName;
    this.#identify(machine, cache);
    const key = `${machine} ${uid === 0 ? "root" : user}`;
    let held = this.#locks.get(key);
    if (!held?.shell.isUsable) {
      held = { shell, taken: takeRunLock(shell, { hostName, owner: this.#owner, waitMs: lockWaitMs }) };
      this.#locks.set(key, held);
    }
    await held.taken;
  }

  /** From now on a write through any name of the machine makes what this cache holds stale. */
  #identify(machine: string, cache: StateCache): void {
    let epoch = this.#epochs.get(machine);
    if (!epoch) {
      epoch = new Epoch();
      this.#epochs.set(machine, epoch);
    }
    cache.share(epoch);
  }

  /** The run has waited for something outside of it: what was read before says nothing about now. */
  forget(): void {
    for (const { cache } of this.#entries.values()) cache.raise();
  }

  /** Ctrl-C: ends what runs on the hosts; package operations finish. */
  async interrupt(): Promise<void> {
    await Promise.allSettled([...this.#entries.values()].map(({ host }) => host.interrupt()));
  }

  async close(): Promise<void> {
    await mapLimit([...this.#entries.values()], closedAtOnce, ({ host }) => host.close().catch(() => {}));
    this.#entries.clear();
    await this.#workers?.close();
  }
}
