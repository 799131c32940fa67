/**
 * @file Seeded random numbers whose state can be stored and taken up again.
 *
 * xoshiro128**, Blackman and Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 47 (2021),
 * doi:10.1145/3460772; seeded through SplitMix32. Same seed, same numbers, on every machine.
 */

/** The four 32-bit words of a generator. */
export type RandomState = readonly [number, number, number, number];

/** Mixes any number of integers into one 32-bit seed: `hashSeed(seed, epoch, index)` gives each sample its own stream. */
export function hashSeed(...parts: readonly number[]): number {
  let h = 0x9e3779b9;
  for (const part of parts) {
    h = Math.imul(h ^ (part >>> 0), 0x85ebca6b);
    h ^= h >>> 13;
    h = Math.imul(h, 0xc2b2ae35);
    h ^= h >>> 16;
    // The high half of large seeds counts too.
    h = (h + Math.imul(Math.floor(part / 2 ** 32) | 0, 0x27d4eb2f)) >>> 0;
  }
  return h >>> 0;
}

/** A stream of random numbers. */
export class Random {
  #state: [number, number, number, number];
  #spareNormal: number | undefined;

  constructor(seed: number | RandomState) {
    if (typeof seed !== "number") {
      this.#state = [...seed];
      return;
    }
    let x = hashSeed(seed);
    const word = () => {
      x = (x + 0x9e3779b9) >>> 0;
      let z = x;
      z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      return (z ^ (z >>> 15)) >>> 0;
    };
    this.#state = [word(), word(), word(), word()];
  }

  /** State to store; `new Random(state)` goes on from here (a half-used pair of normals is dropped). */
  get state(): RandomState {
    return [...this.#state];
  }

  /** Uniform integer in [0, 2^32). */
  uint32(): number {
    const s = this.#state;
    const x = Math.imul(s[1], 5);
    const result = Math.imul((x << 7) | (x >>> 25), 9) >>> 0;
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = (s[3] << 11) | (s[3] >>> 21);
    return result;
  }

  /** Uniform in [low, high), 53 random bits. */
  uniform(low = 0, high = 1): number {
    const a = this.uint32() >>> 5;
    const b = this.uint32() >>> 6;
    return low + ((a * 67108864 + b) / 9007199254740992) * (high - low);
  }

  /** Uniform integer in [low, high). */
  integer(low: number, high: number): number {
    return low + Math.floor(this.uniform() * (high - low));
  }

  /** True with probability `p`. */
  chance(p: number): boolean {
    return this.uniform() < p;
  }

  /** Standard normal (polar method of Marsaglia). */
  normal(): number {
    if (this.#spareNormal !== undefined) {
      const value = this.#spareNormal;
      this.#spareNormal = undefined;
      return value;
    }
    for (;;) {
      const u = this.uniform(-1, 1);
      const v = this.uniform(-1, 1);
      const s = u * u + v * v;
      if (s > 0 && s < 1) {
        const scale = Math.sqrt((-2 * Math.log(s)) / s);
        this.#spareNormal = v * scale;
        return u * scale;
      }
    }
  }

  /** Shuffles `items` in place (Fisher and Yates) and returns it. */
  shuffle<T extends { length: number; [index: number]: unknown }>(items: T): T {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.integer(0, i + 1);
      const held = items[i];
      items[i] = items[j];
      items[j] = held;
    }
    return items;
  }
}
