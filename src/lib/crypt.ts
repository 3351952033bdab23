import { createHash, hash as hashOnce } from "node:crypto";

const ALPHABET = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** `$5$` and `$6$` of crypt(3) (Ulrich Drepper, "Unix crypt using SHA-256 and SHA-512"). `rounds` undefined: 5000, not written. */
export function shaCrypt(kind: "sha256" | "sha512", password: string, salt: string, rounds?: number): string {
  const size = kind === "sha256" ? 32 : 64;
  const secret = Buffer.from(password, "utf8");
  const seed = Buffer.from(salt, "ascii");
  const count = rounds === undefined ? 5000 : Math.min(999_999_999, Math.max(1000, rounds));
  const hash = (...parts: readonly Uint8Array[]): Buffer => {
    const made = createHash(kind);
    for (const part of parts) made.update(part);
    return made.digest();
  };
  const alternate = hash(secret, seed, secret);
  const parts: Buffer[] = [secret, seed, stretch(alternate, secret.length)];
  for (let bits = secret.length; bits > 0; bits >>= 1) parts.push(bits & 1 ? alternate : secret);
  let digest = hash(...parts);
  const p = stretch(hash(...Array.from({ length: secret.length }, () => secret)), secret.length);
  const s = stretch(hash(...Array.from({ length: 16 + (digest[0] as number) }, () => seed)), seed.length);
  digest = repeat(kind, digest, p, s, count);
  const head = `$${kind === "sha256" ? 5 : 6}$${rounds === undefined ? "" : `rounds=${count}$`}${salt}$`;
  return head + encodeSha(digest, size);
}

/** The rounds: hundreds of thousands, so every one is a single call over a buffer that is reused. */
function repeat(kind: "sha256" | "sha512", first: Buffer, p: Buffer, s: Buffer, count: number): Buffer {
  const scratch = Buffer.alloc(first.length + s.length + 2 * p.length);
  let digest = first;
  for (let round = 0; round < count; round++) {
    const odd = (round & 1) === 1;
    let length = (odd ? p : digest).copy(scratch, 0);
    if (round % 3 !== 0) length += s.copy(scratch, length);
    if (round % 7 !== 0) length += p.copy(scratch, length);
    length += (odd ? digest : p).copy(scratch, length);
    digest = hashOnce(kind, scratch.subarray(0, length), "buffer");
  }
  return digest;
}

function stretch(bytes: Buffer, length: number): Buffer {
  return Buffer.alloc(length, length === 0 ? undefined : bytes);
}

function encodeSha(digest: Buffer, size: 32 | 64): string {
  let out = "";
  if (size === 64) {
    let [a, b, c] = [0, 21, 42];
    for (let step = 0; step < 21; step++) {
      out += base64(digest, [a, b, c], 4);
      [a, b, c] = [b + 1, c + 1, a + 1];
    }
    return out + base64(digest, [undefined, undefined, 63], 2);
  }
  let [a, b, c] = [0, 10, 20];
  for (let step = 0; step < 10; step++) {
    out += base64(digest, [a, b, c], 4);
    [a, b, c] = [c + 1, a + 1, b + 1];
  }
  return out + base64(digest, [undefined, 31, 30], 3);
}

function base64(digest: Buffer, [high, middle, low]: readonly (number | undefined)[], count: number): string {
  const byte = (at: number | undefined): number => (at === undefined ? 0 : (digest[at] as number));
  let value = (byte(high) << 16) | (byte(middle) << 8) | byte(low);
  let out = "";
  for (let left = count; left > 0; left--) {
    out += ALPHABET[value & 63];
    value >>= 6;
  }
  return out;
}

/** `$1$` of crypt(3) (Poul-Henning Kamp), and the `$apr1$` that Apache made of it. */
export function md5Crypt(password: string, salt: string, magic: "$1$" | "$apr1$" = "$1$"): string {
  const secret = Buffer.from(password, "utf8");
  const seed = Buffer.from(salt, "ascii");
  const hash = (...parts: readonly Uint8Array[]): Buffer => {
    const made = createHash("md5");
    for (const part of parts) made.update(part);
    return made.digest();
  };
  const inner = hash(secret, seed, secret);
  const parts: Buffer[] = [secret, Buffer.from(magic), seed, stretch(inner, secret.length)];
  for (let bits = secret.length; bits > 0; bits >>= 1) parts.push(bits & 1 ? Buffer.from([0]) : secret.subarray(0, 1));
  let digest = hash(...parts);
  for (let round = 0; round < 1000; round++) {
    const steps: Buffer[] = [round & 1 ? secret : digest];
    if (round % 3 !== 0) steps.push(seed);
    if (round % 7 !== 0) steps.push(secret);
    steps.push(round & 1 ? digest : secret);
    digest = hash(...steps);
  }
  const groups = [
    [0, 6, 12],
    [1, 7, 13],
    [2, 8, 14],
    [3, 9, 15],
    [4, 10, 5],
  ];
  return `${magic}${salt}$${groups.map((group) => base64(digest, group, 4)).join("")}${base64(digest, [undefined, undefined, 11], 2)}`;
}

/** Salt of the right alphabet from random bytes. */
export function saltFrom(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => ALPHABET[byte & 63]).join("");
}
