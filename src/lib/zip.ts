import { inflateRawSync } from "node:zlib";
import type { ArchiveEntry } from "./archive-entry.ts";
import { decodeBytes } from "./bytes.ts";

const unixSystem = 3;

/** Reads a zip archive (stored and deflated members; ZIP64 sizes). Throws when it is none or a checksum is wrong. */
export function parseZip(bytes: Uint8Array): readonly ArchiveEntry[] {
  const zip = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = zip.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"));
  if (end === -1) throw new Error("no zip archive: it has no central directory");
  let count = zip.readUInt16LE(end + 10);
  let at = zip.readUInt32LE(end + 16);
  if (at === 0xffffffff || count === 0xffff) {
    const zip64 = zip.lastIndexOf(Buffer.from("PK\x06\x06", "latin1"));
    if (zip64 === -1) throw new Error("no zip archive: its ZIP64 directory is missing");
    count = Number(zip.readBigUInt64LE(zip64 + 32));
    at = Number(zip.readBigUInt64LE(zip64 + 48));
  }
  const entries: ArchiveEntry[] = [];
  for (let index = 0; index < count; index++) {
    if (zip.readUInt32LE(at) !== 0x02014b50) throw new Error(`no zip archive: bad directory entry ${index + 1}`);
    entries.push(readEntry(zip, at));
    at += 46 + zip.readUInt16LE(at + 28) + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return entries;
}

function readEntry(zip: Buffer, at: number): ArchiveEntry {
  const system = zip.readUInt8(at + 5);
  const flags = zip.readUInt16LE(at + 8);
  const nameLength = zip.readUInt16LE(at + 28);
  const name = decodeBytes(zip.subarray(at + 46, at + 46 + nameLength));
  if ((flags & 1) !== 0) throw new Error(`\`${name}\` in the zip archive is encrypted`);
  const extra = extraFields(zip.subarray(at + 46 + nameLength, at + 46 + nameLength + zip.readUInt16LE(at + 30)));
  const wide = extra.get(0x0001);
  let wideAt = 0;
  const size64 = (value: number) => {
    if (value !== 0xffffffff || !wide) return value;
    wideAt += 8;
    return Number(wide.readBigUInt64LE(wideAt - 8));
  };
  size64(zip.readUInt32LE(at + 24));
  const packed = size64(zip.readUInt32LE(at + 20));
  const offset = size64(zip.readUInt32LE(at + 42));
  const mode = zip.readUInt32LE(at + 38) >>> 16;
  const isDirectory = name.endsWith("/");
  const isLink = system === unixSystem && (mode & 0o170000) === 0o120000;
  const content = isDirectory ? Buffer.alloc(0) : readContent(zip, offset, packed, zip.readUInt16LE(at + 10), name);
  if (!isDirectory && crc32(content) !== zip.readUInt32LE(at + 16))
    throw new Error(`\`${name}\` in the zip archive is damaged: its checksum is wrong`);
  const permissions = system === unixSystem && (mode & 0o777) !== 0 ? mode & 0o7777 : isDirectory ? 0o755 : 0o644;
  return {
    path: name.replace(/\/+$/, ""),
    type: isDirectory ? "directory" : isLink ? "link" : "file",
    mode: permissions,
    mtime: modifiedAt(extra.get(0x5455), zip.readUInt16LE(at + 12), zip.readUInt16LE(at + 14)),
    content: isLink ? Buffer.alloc(0) : content,
    ...(isLink && { linkTarget: decodeBytes(content) }),
  };
}

function readContent(zip: Buffer, offset: number, packed: number, method: number, name: string): Buffer {
  if (zip.readUInt32LE(offset) !== 0x04034b50)
    throw new Error(`\`${name}\` in the zip archive is not where the directory says`);
  const start = offset + 30 + zip.readUInt16LE(offset + 26) + zip.readUInt16LE(offset + 28);
  const data = zip.subarray(start, start + packed);
  if (method === 0) return data;
  if (method === 8) return inflateRawSync(data);
  throw new Error(`\`${name}\` in the zip archive is packed by method ${method}, which is not supported`);
}

function extraFields(extra: Buffer): ReadonlyMap<number, Buffer> {
  const fields = new Map<number, Buffer>();
  for (let at = 0; at + 4 <= extra.length; ) {
    const length = extra.readUInt16LE(at + 2);
    fields.set(extra.readUInt16LE(at), extra.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return fields;
}

/** The exact time where the archive keeps one, else DOS time, which knows no zone: it is taken as UTC. */
function modifiedAt(unix: Buffer | undefined, time: number, date: number): number {
  if (unix && unix.length >= 5 && ((unix[0] ?? 0) & 1) === 1) return unix.readInt32LE(1);
  const [year, month, day] = [1980 + (date >> 9), (date >> 5) & 15, date & 31];
  return Date.UTC(year, Math.max(0, month - 1), day, time >> 11, (time >> 5) & 63, (time & 31) * 2) / 1000;
}

const crcTable = Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = (value & 1) !== 0 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value >>> 0;
});

/** CRC-32 as zip uses it. (`zlib.crc32` came with Node 20.15 and is missing from its types.) */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = ((crcTable[(crc ^ byte) & 255] as number) ^ (crc >>> 8)) >>> 0;
  return (crc ^ 0xffffffff) >>> 0;
}
