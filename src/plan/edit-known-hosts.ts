import { createHmac, randomBytes } from "node:crypto";
import { fnmatch } from "../lib/fnmatch.ts";

/** A line of a known_hosts file, as sshd(8) takes it apart. */
export interface KnownHost {
  /** `@cert-authority` or `@revoked`; empty for a plain line. */
  readonly marker: string;
  /** Names with commas between, or one hashed name. */
  readonly hosts: string;
  readonly type: string;
  readonly data: string;
}

export interface KnownHostWish {
  /** As ssh looks it up: `example.org`, `[example.org]:2222`. */
  readonly name: string;
  /** The wanted line; undefined to take all lines of the host away. */
  readonly key: KnownHost | undefined;
  readonly isPresent: boolean;
}

/** The parts of a line; undefined for comments and what is no line of a known_hosts file. */
export function parseKnownHost(line: string): KnownHost | undefined {
  const words = line.trim().split(/\s+/);
  const marker = words[0]?.startsWith("@") ? (words.shift() as string) : "";
  const [hosts, type, data] = words;
  if (hosts === undefined || hosts.startsWith("#") || type === undefined || data === undefined) return undefined;
  return { marker, hosts, type, data };
}

/** Whether a line stands for a host: by name, by pattern or by hash. */
export function matchesKnownHost({ hosts }: KnownHost, name: string): boolean {
  const lower = name.toLowerCase();
  if (hosts.startsWith("|1|")) return hosts === hashKnownHost(lower, Buffer.from(hosts.split("|")[2] ?? "", "base64"));
  const patterns = hosts.toLowerCase().split(",");
  // In ssh's patterns a bracket is only a bracket: `[host]:2222`.
  const fits = (pattern: string) => fnmatch(lower, pattern.replaceAll("[", "[[]"));
  if (patterns.some((pattern) => pattern.startsWith("!") && fits(pattern.slice(1)))) return false;
  return patterns.some((pattern) => !pattern.startsWith("!") && fits(pattern));
}

/** A salt for {@link hashKnownHost}. */
export function newHashSalt(): Uint8Array {
  return randomBytes(20);
}

/** A name as `HashKnownHosts` writes it; the salt has 20 bytes. */
export function hashKnownHost(name: string, salt: Uint8Array): string {
  const hash = createHmac("sha1", salt).update(name.toLowerCase()).digest("base64");
  return `|1|${Buffer.from(salt).toString("base64")}|${hash}`;
}

/**
 * The text of the file with the host's key as wanted, as Ansible's known_hosts does it: another key of the same type gives way, keys of
 * other types stay. Without a key all lines of the host go, except patterns and authorities, which `ssh-keygen -R` keeps too.
 */
export function editKnownHosts(text: string, wish: KnownHostWish): string {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const { name, key, isPresent } = wish;
  if (!key) return joinLines(lines.filter((line) => !isOwnLine(line, name)));
  // Two other keys of one type would give way one a run: here at once.
  for (;;) {
    const found = findSameType(lines, name, key);
    if (found === undefined) return isPresent ? joinLines([...lines, formatKnownHost(key)]) : joinLines(lines);
    if (isPresent && found.isSame) return joinLines(lines);
    lines.splice(found.index, 1);
  }
}

/** The file's line for this key. */
export function formatKnownHost({ marker, hosts, type, data }: KnownHost): string {
  return [marker, hosts, type, data].filter((word) => word !== "").join(" ");
}

function findSameType(lines: readonly string[], name: string, key: KnownHost) {
  for (const [index, line] of lines.entries()) {
    const known = parseKnownHost(line);
    if (!known || known.type !== key.type || known.marker !== key.marker || !matchesKnownHost(known, name)) continue;
    // A name that is hashed already keeps its salt.
    const bothHashed = known.hosts.startsWith("|1|") && key.hosts.startsWith("|1|");
    const isSame = known.marker === key.marker && known.data === key.data && (bothHashed || known.hosts === key.hosts);
    return { index, isSame };
  }
  return undefined;
}

function isOwnLine(line: string, name: string): boolean {
  const known = parseKnownHost(line);
  return (
    known !== undefined &&
    known.marker !== "@cert-authority" &&
    !/[*?]/.test(known.hosts) &&
    matchesKnownHost(known, name)
  );
}

function joinLines(lines: readonly string[]): string {
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}
