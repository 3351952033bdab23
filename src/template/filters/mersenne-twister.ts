import { createHash } from "node:crypto";

const SIZE = 624;

/**
 * Python's `random.Random(seed)`: the same seed gives the same numbers, so `60 | random(seed=inventory_hostname)` keeps the
 * minute that Ansible chose. MT19937 (Matsumoto, Nishimura 1998) with CPython's seeding.
 */
export class PythonRandom {
  readonly #state = new Uint32Array(SIZE);
  #at = SIZE;

  constructor(seed: string | number | bigint) {
    this.#seedBy(keyOf(seed));
  }

  /** Integer in [0, limit), as CPython's `_randbelow_with_getrandbits`. */
  below(limit: number): number {
    const bits = limit.toString(2).length;
    for (;;) {
      const value = this.#bits(bits);
      if (value < limit) return value;
    }
  }

  #bits(count: number): number {
    if (count <= 32) return this.#next() >>> (32 - count);
    const low = this.#next();
    const high = this.#next() >>> (64 - count);
    return high * 2 ** 32 + low;
  }

  #next(): number {
    if (this.#at >= SIZE) this.#twist();
    let y = this.#state[this.#at++] as number;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  #twist(): void {
    const state = this.#state;
    for (let k = 0; k < SIZE; k++) {
      const y = ((state[k] as number) & 0x80000000) | ((state[(k + 1) % SIZE] as number) & 0x7fffffff);
      state[k] = (state[(k + 397) % SIZE] as number) ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.#at = 0;
  }

  #seedBy(key: readonly number[]): void {
    const state = this.#state;
    state[0] = 19650218;
    for (let i = 1; i < SIZE; i++) {
      const previous = (state[i - 1] as number) ^ ((state[i - 1] as number) >>> 30);
      state[i] = (Math.imul(1812433253, previous) + i) >>> 0;
    }
    let [i, j] = [1, 0];
    const step = (factor: number, add: number): void => {
      const previous = (state[i - 1] as number) ^ ((state[i - 1] as number) >>> 30);
      state[i] = (((state[i] as number) ^ Math.imul(previous, factor)) + add) >>> 0;
      if (++i >= SIZE) {
        state[0] = state[SIZE - 1] as number;
        i = 1;
      }
    };
    for (let k = Math.max(SIZE, key.length); k > 0; k--) {
      step(1664525, (key[j] as number) + j);
      j = (j + 1) % key.length;
    }
    for (let k = SIZE - 1; k > 0; k--) step(1566083941, -i);
    state[0] = 0x80000000;
  }
}

/** The seed as 32-bit words, low first. Text counts as its bytes followed by their SHA-512. */
function keyOf(seed: string | number | bigint): readonly number[] {
  let number: bigint;
  if (typeof seed === "string") {
    const bytes = Buffer.from(seed, "utf8");
    const all = Buffer.concat([bytes, createHash("sha512").update(bytes).digest()]);
    number = BigInt(`0x${all.toString("hex")}`);
  } else {
    number = BigInt(seed);
    if (number < 0n) number = -number;
  }
  const words: number[] = [];
  for (; number > 0n; number >>= 32n) words.push(Number(number & 0xffffffffn));
  return words.length === 0 ? [0] : words;
}
