import { createHash } from "node:crypto";

/** A public key with all that belongs to it: subkeys, users, signatures. */
export interface OpenPgpKey {
  /** Forty hex digits of the primary key, upper case. */
  readonly fingerprint: string;
  /** Of its subkeys. */
  readonly subkeys: readonly string[];
  /** Its packets, as a keyring has them. */
  readonly bytes: Uint8Array;
}

/** Bytes of an armored text (RFC 4880 section 6.2); what is none comes back as it is. */
export function dearmor(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes).toString("latin1");
  const blocks = [
    ...text.matchAll(/-----BEGIN PGP PUBLIC KEY BLOCK-----([\s\S]*?)-----END PGP PUBLIC KEY BLOCK-----/g),
  ];
  if (blocks.length === 0) return bytes;
  return Buffer.concat(
    blocks.map(([, block = ""]) => {
      const lines = block.split(/\r?\n/);
      // Headers end at the first empty line; a line of `=` and four characters is the checksum.
      const start = lines.findIndex((line, index) => index > 0 && line.trim() === "");
      const data = lines.slice(start + 1).filter((line) => !/^=[A-Za-z0-9+/]{4}\s*$/.test(line));
      return Buffer.from(data.join(""), "base64");
    }),
  );
}

/** The public keys of a keyring (RFC 4880 section 11.1). Throws for what is no sequence of packets. */
export function readKeys(bytes: Uint8Array): readonly OpenPgpKey[] {
  const keys: { fingerprint: string; subkeys: string[]; parts: Uint8Array[] }[] = [];
  for (const packet of packetsOf(Buffer.from(bytes))) {
    if (packet.tag === primaryKey)
      keys.push({ fingerprint: fingerprintOf(packet.body), subkeys: [], parts: [packet.whole] });
    else {
      const key = keys.at(-1);
      if (packet.tag === subkey) key?.subkeys.push(fingerprintOf(packet.body));
      key?.parts.push(packet.whole);
    }
  }
  return keys.map(({ fingerprint, subkeys, parts }) => ({ fingerprint, subkeys, bytes: Buffer.concat(parts) }));
}

const primaryKey = 6;
const subkey = 14;

interface Packet {
  readonly tag: number;
  readonly body: Buffer;
  readonly whole: Buffer;
}

/** RFC 4880 section 4.2: the old format has the kind of length in the tag, the new one in the length itself. */
function* packetsOf(bytes: Buffer): Generator<Packet> {
  for (let at = 0; at < bytes.length; ) {
    const head = bytes[at] as number;
    if ((head & 0x80) === 0) throw new Error("no OpenPGP key: a packet begins with another byte");
    const isNew = (head & 0x40) !== 0;
    const tag = isNew ? head & 0x3f : (head >> 2) & 0x0f;
    const { length, size } = isNew ? newLength(bytes, at + 1) : oldLength(bytes, at + 1, head & 3);
    const start = at + 1 + size;
    if (start + length > bytes.length) throw new Error("no OpenPGP key: a packet ends too early");
    yield { tag, body: bytes.subarray(start, start + length), whole: bytes.subarray(at, start + length) };
    at = start + length;
  }
}

function oldLength(bytes: Buffer, at: number, kind: number): { length: number; size: number } {
  if (kind === 3) return { length: bytes.length - at, size: 0 };
  const size = 2 ** kind;
  return { length: at + size > bytes.length ? Number.POSITIVE_INFINITY : bytes.readUIntBE(at, size), size };
}

function newLength(bytes: Buffer, at: number): { length: number; size: number } {
  const first = bytes[at] ?? 255;
  if (first < 192) return { length: first, size: 1 };
  if (first < 224) return { length: ((first - 192) << 8) + (bytes[at + 1] ?? 0) + 192, size: 2 };
  if (first === 255 && at + 5 <= bytes.length) return { length: bytes.readUInt32BE(at + 1), size: 5 };
  throw new Error("no OpenPGP key: a packet has a length of another kind");
}

/** RFC 4880 section 12.2, and RFC 9580 section 5.5.4 for version 6. */
function fingerprintOf(body: Buffer): string {
  const [version] = body;
  if (version === 4)
    return createHash("sha1")
      .update(Buffer.from([0x99, body.length >> 8, body.length & 255]))
      .update(body)
      .digest("hex")
      .toUpperCase();
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return createHash("sha256")
    .update(Buffer.concat([Buffer.from([version === 6 ? 0x9b : 0x9a]), length, body]))
    .digest("hex")
    .toUpperCase();
}
