import type { Client } from "ssh2";
import { TsrunError } from "../lib/errors.ts";
import { connectClient } from "./ssh-client.ts";
import type { SshContext } from "./ssh-context.ts";
import { jumpSettings, resolveTarget, type SshTarget } from "./ssh-target.ts";

interface Jump {
  readonly client: Promise<Client>;
  users: number;
}

const longestChain = 8;

/** Connections to bastions. All targets behind a chain share its connection; it is closed with the last of them. */
export class JumpHosts {
  readonly #context: SshContext;
  readonly #jumps = new Map<string, Jump>();

  constructor(context: SshContext) {
    this.#context = context;
  }

  /** The client of the last bastion before a target; each hop's host key is verified like any other. */
  async acquire(target: SshTarget, signal?: AbortSignal, depth = 0): Promise<{ client: Client; release: () => void }> {
    if (depth > longestChain) {
      throw new TsrunError({
        code: "E_UNREACHABLE",
        message: `${target.inventoryName}: more than ${longestChain} bastions: do they name each other?`,
      });
    }
    const key = JSON.stringify([target.configFile, target.hostKeyChecking, target.knownHostsFiles, target.jumps]);
    let jump = this.#jumps.get(key);
    if (!jump) {
      jump = { client: this.#connect(target, signal, depth), users: 0 };
      this.#jumps.set(key, jump);
      const forget = () => this.#jumps.get(key) === jump && this.#jumps.delete(key);
      jump.client.then((client) => client.once("close", forget), forget);
    }
    const entry = jump;
    entry.users += 1;
    const client = await entry.client;
    const release = () => {
      entry.users -= 1;
      if (entry.users === 0) client.end();
    };
    return { client, release };
  }

  async #connect(target: SshTarget, signal: AbortSignal | undefined, depth: number): Promise<Client> {
    const last = target.jumps.at(-1) as string;
    const before = target.jumps.slice(0, -1);
    const own = await resolveTarget(jumpSettings(last, target), this.#context.config);
    const hop = before.length > 0 ? { ...own, jumps: before, proxyCommand: undefined } : own;
    if (hop.jumps.length === 0) return connectClient(hop, this.#context, undefined, signal);
    const via = await this.acquire(hop, signal, depth + 1);
    try {
      const client = await connectClient(hop, this.#context, via.client, signal);
      client.once("close", () => via.release());
      return client;
    } catch (error) {
      via.release();
      throw error;
    }
  }
}
