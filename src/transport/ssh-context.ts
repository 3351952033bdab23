import { JumpHosts } from "./jump-hosts.ts";
import { Semaphore } from "./semaphore.ts";
import { SshConfig } from "./ssh-config.ts";
import { KeyStore } from "./ssh-keys.ts";

export interface SshContextOptions {
  /** Asks a person for the passphrase of a key file, once a file; undefined: there is nobody to ask. */
  readonly askPassphrase?: ((path: string) => Promise<string | undefined>) | undefined;
  readonly warn?: ((message: string) => void) | undefined;
}

/** What the SSH connections of one run share: configuration, keys, bastions, and limits on logins under way. */
export class SshContext {
  readonly config = new SshConfig();
  readonly keys: KeyStore;
  readonly jumps: JumpHosts;
  readonly warn: ((message: string) => void) | undefined;
  /** Each costs about 8 ms of our time; more at once would only keep the event loop from everything else. */
  readonly handshakes = new Semaphore(32);
  readonly #perServer = new Map<string, Semaphore>();

  constructor(options: SshContextOptions = {}) {
    this.keys = new KeyStore(options.askPassphrase);
    this.jumps = new JumpHosts(this);
    this.warn = options.warn;
  }

  /** Logins under way at one sshd: it drops some above ten (`MaxStartups 10:30:100`). */
  logins(host: string, port: number): Semaphore {
    const key = `${host}:${port}`;
    let semaphore = this.#perServer.get(key);
    if (!semaphore) {
      semaphore = new Semaphore(8);
      this.#perServer.set(key, semaphore);
    }
    return semaphore;
  }
}
