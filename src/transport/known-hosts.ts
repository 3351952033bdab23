import { createHash, createHmac } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { hostMatches } from "./ssh-config-file.ts";

/** One line of a known_hosts file (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"). */
export interface KnownHost {
  readonly file: string;
  readonly line: number;
  readonly marker: "revoked" | "cert-authority" | undefined;
  /** Comma-separated patterns, or one hashed name. */
  readonly hosts: string;
  /** `ssh-ed25519`, `ssh-rsa`, `ecdsa-sha2-nistp256`. */
  readonly type: string;
  /** The public key, base64. */
  readonly key: string;
}

export type Verdict =
  | { readonly kind: "known" | "unknown" }
  | { readonly kind: "revoked"; readonly entry: KnownHost }
  /** The host is known by other keys; one of the same type comes first. */
  | { readonly kind: "changed"; readonly entries: readonly KnownHost[] };

export function parseKnownHosts(text: string, file: string): readonly KnownHost[] {
  const entries: KnownHost[] = [];
  text.split("\n").forEach((content, index) => {
    const words = content.trim().split(/\s+/);
    if (words[0] === "" || words[0]?.startsWith("#")) return;
    const marker = words[0]?.startsWith("@") ? words.shift()?.slice(1) : undefined;
    if (marker !== undefined && marker !== "revoked" && marker !== "cert-authority") return;
    const [hosts, type, key] = words;
    if (hosts && type && key) entries.push({ file, line: index + 1, marker, hosts, type, key });
  });
  return entries;
}

/** Entries of several files for a name, in order; files that do not exist have none. A file that has not changed is not read again. */
export function knownHostEntries(files: readonly string[], name: string): readonly KnownHost[] {
  return files.flatMap((file) => {
    try {
      const { mtimeMs, size } = statSync(file);
      let known = parsedFiles.get(file);
      if (known?.mtimeMs !== mtimeMs || known.size !== size) {
        known = { mtimeMs, size, ...byName(parseKnownHosts(readFileSync(file, "utf8"), file)) };
        parsedFiles.set(file, known);
      }
      const found = [...(known.named.get(name.toLowerCase()) ?? []), ...entriesFor(known.others, name)];
      return found.sort((a, b) => a.line - b.line);
    } catch {
      return [];
    }
  });
}

/** A fleet's file has as many lines as hosts: plain names are found without looking at each. */
interface EntriesByName {
  readonly named: ReadonlyMap<string, readonly KnownHost[]>;
  /** Hashed names and patterns. */
  readonly others: readonly KnownHost[];
}

const parsedFiles = new Map<string, EntriesByName & { readonly mtimeMs: number; readonly size: number }>();

function byName(entries: readonly KnownHost[]): EntriesByName {
  const named = new Map<string, KnownHost[]>();
  const others: KnownHost[] = [];
  for (const entry of entries) {
    if (/[*?!|]/.test(entry.hosts)) others.push(entry);
    else
      for (const name of new Set(entry.hosts.toLowerCase().split(",")))
        named.set(name, [...(named.get(name) ?? []), entry]);
  }
  return { named, others };
}

/** The name under which a host stands in known_hosts. */
export function knownHostName(host: string, port: number): string {
  const name = host.toLowerCase();
  return port === 22 ? name : `[${name}]:${port}`;
}

/** Entries for a name, revocations included. */
export function entriesFor(entries: readonly KnownHost[], name: string): readonly KnownHost[] {
  return entries.filter(({ hosts }) =>
    hosts.startsWith("|") ? isHashOf(hosts, name) : hostMatches(hosts.split(","), name),
  );
}

/**
 * Judges a host's key (SSH wire format). A host that is known by keys of other types only counts as changed: OpenSSH would take it for a
 * new one, which lets whoever stands between us choose an unpinned type.
 */
export function verifyHostKey(entries: readonly KnownHost[], name: string, key: Uint8Array): Verdict {
  const offered = Buffer.from(key).toString("base64");
  const type = keyType(key);
  const mine = entriesFor(entries, name).filter((entry) => entry.marker !== "cert-authority");
  const revoked = mine.find((entry) => entry.marker === "revoked" && sameKey(entry.key, offered));
  if (revoked) return { kind: "revoked", entry: revoked };
  const pinned = mine.filter((entry) => entry.marker === undefined);
  if (pinned.some((entry) => sameKey(entry.key, offered))) return { kind: "known" };
  if (pinned.length === 0) return { kind: "unknown" };
  const sameType = pinned.filter((entry) => entry.type === type);
  return { kind: "changed", entries: [...sameType, ...pinned.filter((entry) => entry.type !== type)] };
}

/** `SHA256:…`, as ssh-keygen prints it. */
export function fingerprint(key: Uint8Array): string {
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}

/** `ssh-ed25519` from the key's own first field. */
export function keyType(key: Uint8Array): string {
  const bytes = Buffer.from(key);
  const length = bytes.length >= 4 ? bytes.readUInt32BE(0) : 0;
  return length <= 64 ? bytes.toString("latin1", 4, 4 + length) : "";
}

function isHashOf(hashed: string, name: string): boolean {
  const [, version, salt, hash] = hashed.split("|");
  if (version !== "1" || !salt || !hash) return false;
  return createHmac("sha1", Buffer.from(salt, "base64")).update(name).digest("base64") === hash;
}

function sameKey(a: string, b: string): boolean {
  return a.replace(/=+$/, "") === b.replace(/=+$/, "");
}
