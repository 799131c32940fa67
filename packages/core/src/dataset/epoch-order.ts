/**
 * @file In which order an epoch visits the samples, and which of them meet in a mosaic.
 */
import { hashSeed, Random } from "../math/random";
import { drawEpoch, type SamplingPlan } from "./sampling";

/**
 * Order of one epoch: it depends on the seed, the number of the epoch and the sampling plan alone, so that training can
 * be taken up at any batch of any epoch. Without a plan it is a shuffle of all samples.
 */
export class EpochOrder {
  readonly #count: number;
  readonly #seed: number;
  readonly #epoch: number;
  readonly #plan: SamplingPlan | undefined;
  readonly #order: Uint32Array;
  #before: Uint32Array | undefined;
  #turns: Uint32Array | undefined;

  /**
   * @param count number of samples
   * @param epoch number of the epoch, from 0
   */
  constructor(count: number, seed: number, epoch: number, plan?: SamplingPlan) {
    this.#count = count;
    this.#seed = seed;
    this.#epoch = epoch;
    this.#plan = plan;
    this.#order = this.#draw(epoch);
  }

  /** Positions in the epoch. */
  get length(): number {
    return this.#order.length;
  }

  /** Samples in the order in which they are visited. */
  [Symbol.iterator](): Iterator<number> {
    return this.#order[Symbol.iterator]();
  }

  /** Sample at `position`, 0 to length - 1; below 0 are the last ones of the epoch before. */
  at(position: number): number {
    if (position >= 0) return this.#order[position];
    // The epoch before the first is an order as well; its images are the first ones' company.
    this.#before ??= this.#draw(this.#epoch - 1);
    return this.#before[this.#before.length + position];
  }

  /** How often the sample at `position` was visited before in this epoch. */
  turn(position: number): number {
    this.#turns ??= turnsOf(this.#order, this.#count);
    return this.#turns[position];
  }

  /**
   * `count` samples drawn with replacement from the `window` most recent ones, the one at `position` among them.
   *
   * @param window at most the length of an epoch
   */
  recent(position: number, window: number, count: number, random: Random): number[] {
    return Array.from({ length: count }, () => this.at(position - random.integer(0, window)));
  }

  #draw(epoch: number): Uint32Array {
    return this.#plan ? drawEpoch(this.#plan, this.#seed, epoch) : shuffled(this.#count, this.#seed, epoch);
  }
}

function shuffled(count: number, seed: number, epoch: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  return new Random(hashSeed(seed, epoch)).shuffle(order);
}

function turnsOf(order: Uint32Array, count: number): Uint32Array {
  const visits = new Uint32Array(count);
  return order.map((sample) => visits[sample]++);
}
