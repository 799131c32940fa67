/**
 * @file In which order an epoch visits the samples, and which of them meet in a mosaic.
 */
import { hashSeed, Random } from "../math/random";

/**
 * Order of one epoch: a shuffle that depends on the seed and the number of the epoch alone, so that training can be
 * taken up at any batch of any epoch.
 */
export class EpochOrder {
  readonly #count: number;
  readonly #seed: number;
  readonly #epoch: number;
  readonly #order: Uint32Array;
  #before: Uint32Array | undefined;

  /** @param epoch number of the epoch, from 0 */
  constructor(count: number, seed: number, epoch: number) {
    this.#count = count;
    this.#seed = seed;
    this.#epoch = epoch;
    this.#order = shuffled(count, seed, epoch);
  }

  /** Sample at `position`, 0 to count - 1; below 0 are the last ones of the epoch before. */
  at(position: number): number {
    if (position >= 0) return this.#order[position];
    // The epoch before the first is a shuffle as well; its images are the first ones' company.
    this.#before ??= shuffled(this.#count, this.#seed, this.#epoch - 1);
    return this.#before[this.#count + position];
  }

  /**
   * `count` samples drawn with replacement from the `window` most recent ones, the one at `position` among them.
   *
   * @param window at most the number of samples
   */
  recent(position: number, window: number, count: number, random: Random): number[] {
    return Array.from({ length: count }, () => this.at(position - random.integer(0, window)));
  }
}

function shuffled(count: number, seed: number, epoch: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  return new Random(hashSeed(seed, epoch)).shuffle(order);
}
