import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { messageOf, TsrunError } from "../lib/errors.ts";
import { fingerprint, type KnownHost, keyType, knownHostEntries, knownHostName, verifyHostKey } from "./known-hosts.ts";

/** What to do with a key that is not in known_hosts: refuse, remember it, or take any. */
export type HostKeyChecking = "yes" | "accept-new" | "no";

export interface HostKeyCheckOptions {
  readonly inventoryName: string;
  readonly host: string;
  readonly port: number;
  /** ssh's HostKeyAlias: looked up instead of host and port. */
  readonly alias?: string | undefined;
  readonly checking: HostKeyChecking;
  /** The first one takes keys that are accepted. */
  readonly files: readonly string[];
  readonly warn?: ((message: string) => void) | undefined;
}

/** Modern host key algorithms, best first; a key of type `ssh-rsa` signs only with SHA-2. */
const algorithms = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "rsa-sha2-512",
  "rsa-sha2-256",
] as const;

export type HostKeyAlgorithm = (typeof algorithms)[number];

/** The check of one connection. ssh2 asks again at each rekey: then the key must be the first one. */
export class HostKeyCheck {
  readonly #options: HostKeyCheckOptions;
  readonly #name: string;
  readonly #entries: readonly KnownHost[];
  #accepted: Buffer | undefined;
  /** Why the key was refused. */
  refusal: TsrunError | undefined;

  constructor(options: HostKeyCheckOptions) {
    this.#options = options;
    const { alias, host, port } = options;
    this.#name = alias ?? knownHostName(host, port);
    const files = options.checking === "no" ? [] : options.files;
    const mine = knownHostEntries(files, this.#name);
    // Like OpenSSH: an entry without the port serves a host on another port, when there is none with it.
    this.#entries = mine.length > 0 || alias !== undefined ? mine : knownHostEntries(files, host.toLowerCase());
  }

  /** What to offer: the types that are pinned come first, so that a host with several keys shows one we know. */
  algorithms(): HostKeyAlgorithm[] {
    const pinned = new Set(this.#entries.filter((entry) => entry.marker === undefined).map((entry) => entry.type));
    const isPinned = (algorithm: string) => pinned.has(algorithm.startsWith("rsa-") ? "ssh-rsa" : algorithm);
    return [...algorithms.filter(isPinned), ...algorithms.filter((algorithm) => !isPinned(algorithm))];
  }

  /** Whether the key may be trusted; else {@link refusal} says why not. */
  verify(key: Buffer): boolean {
    if (this.#accepted) {
      if (this.#accepted.equals(key)) return true;
      this.refusal = this.#error("changed its key within the connection", "somebody stands between you and the host");
      return false;
    }
    this.refusal = this.#judge(key);
    if (!this.refusal) this.#accepted = Buffer.from(key);
    return this.refusal === undefined;
  }

  #judge(key: Buffer): TsrunError | undefined {
    const { checking, warn, inventoryName } = this.#options;
    const shown = describeKey(keyType(key), key);
    if (checking === "no") {
      warn?.(`${inventoryName}: host key checking is off; its key ${shown} was not verified`);
      return undefined;
    }
    const names = this.#entries.map((entry) => ({ ...entry, hosts: "*" }));
    const verdict = verifyHostKey(names, this.#name, key);
    switch (verdict.kind) {
      case "known":
        return undefined;
      case "revoked":
        return this.#error(`its key ${shown} is revoked in ${at(verdict.entry)}`, "give the host a new key");
      case "changed":
        return this.#changed(shown, keyType(key), verdict.entries);
      case "unknown":
        return checking === "accept-new" ? this.#remember(key, shown) : this.#unknown(shown, keyType(key));
    }
  }

  #changed(shown: string, type: string, entries: readonly KnownHost[]): TsrunError {
    const [entry] = entries as [KnownHost, ...KnownHost[]];
    const pinned = describeKey(entry.type, Buffer.from(entry.key, "base64"));
    const what =
      entry.type === type ? "its host key has changed" : "it shows a host key of another type than the known one";
    return this.#error(
      `${what}: the host shows ${shown}, ${at(entry)} has ${pinned}`,
      `somebody may stand between you and the host. If its key was replaced on purpose: ssh-keygen -f ${entry.file} -R '${this.#name}'`,
    );
  }

  #unknown(shown: string, type: string): TsrunError {
    const { host, port, files } = this.#options;
    const authority = this.#entries.some((entry) => entry.marker === "cert-authority");
    if (authority) {
      const message = `its host key ${shown} is vouched for by a certificate authority in known_hosts, which this transport cannot check`;
      return this.#error(message, "set `ansible_connection: openssh`");
    }
    const scan = `ssh-keyscan -p ${port} -t ${type.replace(/^ssh-|^ecdsa-sha2-.*/, (found) => (found === "ssh-" ? "" : "ecdsa"))} ${host}`;
    return this.#error(
      `its host key ${shown} is not known`,
      `compare the fingerprint on the host, then: ${scan} >> ${files[0] ?? "~/.ssh/known_hosts"}; or set \`ansible_host_key_checking: accept-new\``,
    );
  }

  #remember(key: Buffer, shown: string): TsrunError | undefined {
    const { files, warn, inventoryName } = this.#options;
    const [file] = files;
    if (file === undefined || file === "/dev/null") return undefined;
    try {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      const line = `${this.#name} ${keyType(key)} ${key.toString("base64")}\n`;
      appendFileSync(file, (endsInMidLine(file) ? "\n" : "") + line, { mode: 0o600 });
      warn?.(`${inventoryName}: its host key ${shown} was added to ${file}`);
      return undefined;
    } catch (cause) {
      return this.#error(`its host key ${shown} cannot be remembered: ${messageOf(cause)}`, `make ${file} writable`);
    }
  }

  #error(message: string, hint: string): TsrunError {
    const { inventoryName, host, port } = this.#options;
    return new TsrunError({ code: "E_HOST_KEY", message: `${inventoryName} (${host}:${port}): ${message}`, hint });
  }
}

function endsInMidLine(file: string): boolean {
  try {
    return /[^\n]$/.test(readFileSync(file, "latin1"));
  } catch {
    return false;
  }
}

function describeKey(type: string, key: Uint8Array): string {
  return `${type} ${fingerprint(key)}`;
}

function at(entry: KnownHost): string {
  return `${entry.file}:${entry.line}`;
}
