import { createPrivateKey, type KeyObject, sign } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { ParsedKey } from "ssh2";
import { messageOf } from "../lib/errors.ts";
import { fingerprint } from "./known-hosts.ts";

/** A private key that can be used, or why it cannot. */
export type LoadedKey =
  | { readonly path: string; readonly key: ParsedKey }
  | {
      readonly path: string;
      readonly problem: string;
      readonly isMissing: boolean;
      readonly publicKey?: Buffer | undefined;
    };

const agentTimeoutMs = 5000;

/** Private keys of files and agents, read once a run: decrypting one is slow on purpose. */
export class KeyStore {
  readonly #ask: ((path: string) => Promise<string | undefined>) | undefined;
  readonly #files = new Map<string, Promise<LoadedKey>>();
  readonly #agents = new Map<string, Promise<readonly ParsedKey[] | string>>();

  constructor(ask: ((path: string) => Promise<string | undefined>) | undefined) {
    this.#ask = ask;
  }

  /** A key file; `held` are the agent's keys, which spare asking for a passphrase. */
  load(path: string, held: readonly ParsedKey[]): Promise<LoadedKey> {
    let loading = this.#files.get(path);
    if (!loading) {
      loading = this.#read(path, held);
      this.#files.set(path, loading);
    }
    return loading;
  }

  /** Keys that the agent holds, or why it does not tell. */
  agentKeys(socket: string): Promise<readonly ParsedKey[] | string> {
    let listing = this.#agents.get(socket);
    if (!listing) {
      listing = listAgentKeys(socket);
      this.#agents.set(socket, listing);
    }
    return listing;
  }

  async #read(path: string, held: readonly ParsedKey[]): Promise<LoadedKey> {
    const { utils } = (await import("ssh2")).default;
    let data: Buffer;
    try {
      data = await readFile(path);
    } catch (error) {
      const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
      return { path, problem: isMissing ? "no such file" : messageOf(error), isMissing };
    }
    const parsed = firstKey(utils.parseKey(data));
    if (!(parsed instanceof Error)) return { path, key: decodedOnce(parsed) };
    if (!/encrypted/i.test(parsed.message)) return { path, problem: parsed.message, isMissing: false };
    const publicKey = await publicPart(path);
    const problem = "encrypted";
    if (publicKey && held.some((key) => key.getPublicSSH().equals(publicKey)))
      return { path, problem, isMissing: false, publicKey };
    const passphrase = await this.#ask?.(path);
    if (passphrase === undefined) {
      return {
        path,
        problem: "encrypted, and nobody to ask for its passphrase: ssh-add it",
        isMissing: false,
        publicKey,
      };
    }
    const decrypted = firstKey(utils.parseKey(data, passphrase));
    return decrypted instanceof Error
      ? { path, problem: "wrong passphrase", isMissing: false, publicKey }
      : { path, key: decodedOnce(decrypted) };
  }
}

/** How messages name a key. */
export function describeParsedKey(key: ParsedKey): string {
  return `${key.type} ${fingerprint(key.getPublicSSH())}${key.comment ? ` ${key.comment}` : ""}`;
}

function firstKey(parsed: ParsedKey | ParsedKey[] | Error): ParsedKey | Error {
  return Array.isArray(parsed) ? (parsed[0] ?? new Error("no key in the file")) : parsed;
}

const hashes: Readonly<Record<string, string | null>> = {
  "ssh-ed25519": null,
  "ecdsa-sha2-nistp256": "sha256",
  "ecdsa-sha2-nistp384": "sha384",
  "ecdsa-sha2-nistp521": "sha512",
};

/** ssh2 decodes the key's text at each signature, which takes ten times as long as to sign. */
function decodedOnce(key: ParsedKey): ParsedKey {
  let decoded: KeyObject;
  try {
    decoded = createPrivateKey(key.getPrivatePEM());
  } catch {
    return key;
  }
  const signWithText = key.sign.bind(key);
  key.sign = (data, algorithm) => {
    const hash = algorithm ?? hashes[key.type];
    return hash === undefined ? signWithText(data) : sign(hash, Buffer.from(data), decoded);
  };
  return key;
}

async function publicPart(path: string): Promise<Buffer | undefined> {
  try {
    const [, base64 = ""] = (await readFile(`${path}.pub`, "utf8")).trim().split(/\s+/);
    return Buffer.from(base64, "base64");
  } catch {
    return undefined;
  }
}

async function listAgentKeys(socket: string): Promise<readonly ParsedKey[] | string> {
  const { OpenSSHAgent } = (await import("ssh2")).default;
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(`no answer in ${agentTimeoutMs / 1000} s`), agentTimeoutMs);
    new OpenSSHAgent(socket).getIdentities((error, keys) => {
      clearTimeout(timer);
      resolve(error ? error.message : ((keys ?? []) as ParsedKey[]));
    });
  });
}
