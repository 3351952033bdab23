import type { ArchiveEntry } from "./archive-entry.ts";
import { decodeBytes, encodeBytes } from "./bytes.ts";

const block = 512;
const nothing = new Uint8Array();

/** Reads a tar archive (ustar, GNU and pax; not compressed). Hard links come as copies. Throws when it is none. */
export function parseTar(bytes: Uint8Array): readonly ArchiveEntry[] {
  const entries: ArchiveEntry[] = [];
  const byPath = new Map<string, ArchiveEntry>();
  let next: Record<string, string> = {};
  const everywhere: Record<string, string> = {};
  for (let at = 0; at + block <= bytes.length; ) {
    const header = bytes.subarray(at, at + block);
    if (header.every((byte) => byte === 0)) break;
    if (!isHeader(header)) throw new Error(`no tar header at byte ${at}`);
    const extended = { ...everywhere, ...next };
    const size = Number(extended["size"] ?? readNumber(header, 124, 12));
    const data = bytes.subarray(at + block, at + block + size);
    if (data.length < size) throw new Error("the tar archive is cut short");
    at += block + Math.ceil(size / block) * block;
    const type = String.fromCharCode(header[156] ?? 0);
    if (type === "x") next = { ...next, ...paxRecords(data) };
    else if (type === "g") Object.assign(everywhere, paxRecords(data));
    else if (type === "L") next = { ...next, path: decodeBytes(data).replace(/\0.*$/s, "") };
    else if (type === "K") next = { ...next, linkpath: decodeBytes(data).replace(/\0.*$/s, "") };
    else {
      const entry = readEntry(header, type, data, extended, byPath);
      entries.push(entry);
      byPath.set(entry.path, entry);
      next = {};
    }
  }
  return entries;
}

/** Writes a tar archive (pax, so that names may be long and hold any byte). */
export function buildTar(entries: readonly ArchiveEntry[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const entry of entries) {
    const path = entry.type === "directory" ? `${entry.path}/` : entry.path;
    const long = {
      ...(encodeBytes(path).length > 100 && { path }),
      ...(encodeBytes(entry.linkTarget ?? "").length > 100 && { linkpath: entry.linkTarget ?? "" }),
    };
    if (Object.keys(long).length > 0) {
      const records = Buffer.concat(Object.entries(long).map(([key, value]) => paxRecord(key, value)));
      parts.push(
        buildHeader({ ...entry, path: "pax", content: records, linkTarget: undefined }, "x", "pax"),
        padded(records),
      );
    }
    const letter = { file: "0", directory: "5", link: "2", other: "0" }[entry.type];
    parts.push(buildHeader(entry, letter, path), padded(entry.content));
  }
  return Buffer.concat([...parts, new Uint8Array(2 * block)]);
}

function readEntry(
  header: Uint8Array,
  type: string,
  data: Uint8Array,
  extended: Readonly<Record<string, string>>,
  byPath: ReadonlyMap<string, ArchiveEntry>,
): ArchiveEntry {
  const isUstar = decodeBytes(header.subarray(257, 262)) === "ustar";
  const prefix = isUstar && decodeBytes(header.subarray(257, 263)) === "ustar\0" ? readText(header, 345, 155) : "";
  const name = extended["path"] ?? (prefix === "" ? "" : `${prefix}/`) + readText(header, 0, 100);
  const linkTarget = extended["linkpath"] ?? readText(header, 157, 100);
  const path = name.replace(/\/+$/, "");
  const isDirectory = type === "5" || ((type === "0" || type === "\0") && name.endsWith("/"));
  const linked = type === "1" ? byPath.get(linkTarget.replace(/\/+$/, "")) : undefined;
  if (type === "1" && !linked)
    throw new Error(`\`${path}\` is a hard link to \`${linkTarget}\`, which the archive does not hold before it`);
  const isFile = type === "0" || type === "\0" || type === "7" || type === "1";
  return {
    path,
    type: isDirectory ? "directory" : isFile ? (linked?.type ?? "file") : type === "2" ? "link" : "other",
    mode: readNumber(header, 100, 8) & 0o7777,
    mtime: Math.floor(Number(extended["mtime"] ?? readNumber(header, 136, 12))),
    uid: Number(extended["uid"] ?? readNumber(header, 108, 8)),
    gid: Number(extended["gid"] ?? readNumber(header, 116, 8)),
    owner: extended["uname"] ?? (isUstar ? readText(header, 265, 32) : ""),
    group: extended["gname"] ?? (isUstar ? readText(header, 297, 32) : ""),
    content: linked?.content ?? (isFile && !isDirectory ? data : nothing),
    ...(type === "2" && { linkTarget }),
  };
}

/** The checksum in a header counts its own field as blanks. */
function isHeader(header: Uint8Array): boolean {
  let sum = 0;
  for (let at = 0; at < block; at++) sum += at >= 148 && at < 156 ? 32 : (header[at] ?? 0);
  return sum === readNumber(header, 148, 8);
}

function readText(header: Uint8Array, at: number, length: number): string {
  const field = header.subarray(at, at + length);
  const end = field.indexOf(0);
  return decodeBytes(end === -1 ? field : field.subarray(0, end));
}

/** Octal digits, or GNU's base 256 for what does not fit. */
function readNumber(header: Uint8Array, at: number, length: number): number {
  const field = header.subarray(at, at + length);
  if (((field[0] ?? 0) & 0x80) !== 0)
    return field.subarray(1).reduce((sum, byte) => sum * 256 + byte, (field[0] ?? 0) & 0x7f);
  return Number.parseInt(readText(header, at, length).trim() || "0", 8);
}

function paxRecords(data: Uint8Array): Record<string, string> {
  const records: Record<string, string> = {};
  for (let at = 0; at < data.length; ) {
    const blank = data.indexOf(0x20, at);
    const length = Number(decodeBytes(data.subarray(at, blank)));
    if (!Number.isInteger(length) || length <= 0) break;
    const record = decodeBytes(data.subarray(blank + 1, at + length - 1));
    const equals = record.indexOf("=");
    records[record.slice(0, equals)] = record.slice(equals + 1);
    at += length;
  }
  return records;
}

/** A record starts with its own length in bytes, digits included. */
function paxRecord(key: string, value: string): Uint8Array {
  const rest = encodeBytes(` ${key}=${value}\n`);
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

function buildHeader(entry: ArchiveEntry, letter: string, path: string): Uint8Array {
  const header = Buffer.alloc(block);
  const octal = (value: number, at: number, length: number) =>
    header.write(value.toString(8).padStart(length - 1, "0"), at, length - 1, "latin1");
  header.set(encodeBytes(path).subarray(0, 100), 0);
  octal(entry.mode, 100, 8);
  octal(entry.uid ?? 0, 108, 8);
  octal(entry.gid ?? 0, 116, 8);
  octal(entry.content.length, 124, 12);
  octal(Math.max(0, entry.mtime), 136, 12);
  header.write(letter, 156, "latin1");
  header.set(encodeBytes(entry.linkTarget ?? "").subarray(0, 100), 157);
  header.write("ustar\x0000", 257, "latin1");
  header.write(entry.owner ?? "", 265, 31, "latin1");
  header.write(entry.group ?? "", 297, 31, "latin1");
  header.fill(0x20, 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return header;
}

function padded(content: Uint8Array): Uint8Array {
  return Buffer.concat([content, new Uint8Array((block - (content.length % block)) % block)]);
}
