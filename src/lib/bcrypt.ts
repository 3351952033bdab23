/**
 * `$2b$` of crypt(3): Niels Provos and David Mazières, "A Future-Adaptable Password Scheme" (1999). `salt`: 22 characters of bcrypt's own
 * base64; `cost`: binary logarithm of the rounds, 12 takes about half a second.
 */
export function bcrypt(password: string, salt: string, cost = 12, ident: "2a" | "2b" | "2y" = "2b"): string {
  if (cost < 4 || cost > 31) throw new RangeError(`the cost of bcrypt is 4 to 31, got ${cost}`);
  const seed = decode(salt).subarray(0, 16);
  const secret = Buffer.concat([Buffer.from(password, "utf8"), Buffer.from([0])]).subarray(0, 72);
  const { p, s } = initialState();
  const none = new Uint8Array(16);
  expandKey(p, s, secret, seed);
  for (let round = 2 ** cost; round > 0; round--) {
    expandKey(p, s, secret, none);
    expandKey(p, s, seed, none);
  }
  const text = Buffer.from("OrpheanBeholderScryDoubt");
  const block = new Uint32Array(2);
  for (let at = 0; at < text.length; at += 8) {
    block[0] = text.readUInt32BE(at);
    block[1] = text.readUInt32BE(at + 4);
    for (let turn = 0; turn < 64; turn++) encipher(p, s, block);
    text.writeUInt32BE(block[0], at);
    text.writeUInt32BE(block[1], at + 4);
  }
  // The last byte of 24 is left out, as every implementation does.
  return `$${ident}$${String(cost).padStart(2, "0")}$${encode(seed)}${encode(text.subarray(0, 23))}`;
}

/** A salt for {@link bcrypt} from 16 random bytes. */
export function bcryptSalt(bytes: Uint8Array): string {
  return encode(bytes.subarray(0, 16));
}

const alphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

function encode(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString("base64").replace(/=+$/, "");
  return text.replace(/./g, (character) => alphabet[base64.indexOf(character)] as string);
}

function decode(text: string): Uint8Array {
  if (!/^[./A-Za-z0-9]{22}$/.test(text)) throw new RangeError("the salt of bcrypt has 22 characters of `./A-Za-z0-9`");
  return Buffer.from(
    text.replace(/./g, (character) => base64[alphabet.indexOf(character)] as string),
    "base64",
  );
}

interface State {
  readonly p: Uint32Array;
  readonly s: Uint32Array;
}

const subkeys = 18;
const boxes = 4 * 256;
let digits: Uint32Array | undefined;

/** Blowfish begins with the binary digits of pi behind the point: first the subkeys, then the boxes. */
function initialState(): State {
  digits ??= digitsOfPi(subkeys + boxes);
  return { p: digits.slice(0, subkeys), s: digits.slice(subkeys) };
}

/** Machin's formula, in fixed point with some bits to spare. */
function digitsOfPi(words: number): Uint32Array {
  const spare = 64n;
  const one = 1n << (BigInt(words) * 32n + spare);
  const arctanOfInverse = (x: bigint): bigint => {
    let power = one / x;
    let sum = power;
    for (let n = 3n, sign = -1n; power > 0n; n += 2n, sign = -sign) {
      power /= x * x;
      sum += sign * (power / n);
    }
    return sum;
  };
  const pi = 16n * arctanOfInverse(5n) - 4n * arctanOfInverse(239n);
  const hex = ((pi - 3n * one) >> spare).toString(16).padStart(words * 8, "0");
  return Uint32Array.from({ length: words }, (_, at) => Number.parseInt(hex.slice(at * 8, at * 8 + 8), 16));
}

function encipher(p: Uint32Array, s: Uint32Array, block: Uint32Array): void {
  let left = (block[0] as number) ^ (p[0] as number);
  let right = block[1] as number;
  for (let round = 1; round <= 16; round += 2) {
    right ^= mix(s, left) ^ (p[round] as number);
    left ^= mix(s, right) ^ (p[round + 1] as number);
  }
  block[0] = right ^ (p[17] as number);
  block[1] = left;
}

function mix(s: Uint32Array, x: number): number {
  const [a, b] = [s[x >>> 24] as number, s[256 + ((x >>> 16) & 255)] as number];
  return (((a + b) ^ (s[512 + ((x >>> 8) & 255)] as number)) + (s[768 + (x & 255)] as number)) | 0;
}

function expandKey(p: Uint32Array, s: Uint32Array, key: Uint8Array, salt: Uint8Array): void {
  let keyAt = 0;
  for (let index = 0; index < p.length; index++) {
    let word = 0;
    for (let byte = 0; byte < 4; byte++) word = (word << 8) | (key[keyAt++ % key.length] as number);
    p[index] = (p[index] as number) ^ word;
  }
  const seed = Array.from({ length: 4 }, (_, index) => Buffer.from(salt).readUInt32BE(index * 4));
  const block = new Uint32Array(2);
  let saltAt = 0;
  for (const table of [p, s]) {
    for (let index = 0; index < table.length; index += 2) {
      block[0] = (block[0] as number) ^ (seed[saltAt] as number);
      block[1] = (block[1] as number) ^ (seed[saltAt + 1] as number);
      saltAt = (saltAt + 2) % 4;
      encipher(p, s, block);
      table[index] = block[0];
      table[index + 1] = block[1];
    }
  }
}
