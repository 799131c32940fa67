/**
 * @file Random inputs for the gradient tests, each kept clear of the kinks of what it is for.
 */
import type { Random } from "@fovea/core/math/random";

/** `count` numbers. */
export type Draw = (random: Random, count: number) => ArrayLike<number>;

const each =
  (one: (random: Random) => number): Draw =>
  (random, count) =>
    Array.from({ length: count }, () => one(random));

/** Standard normal. */
export const normal: Draw = each((random) => random.normal());

/** In [0.2, 2). */
export const positive: Draw = each((random) => random.uniform(0.2, 2));

/** Either sign, at least 0.1 away from 0. */
export const awayFromZero: Draw = each((random) => (random.chance(0.5) ? -1 : 1) * random.uniform(0.1, 2));

/** All different, at least 0.05 apart, in random order, centred on 0. */
export const apart: Draw = (random, count) =>
  random.shuffle(Array.from({ length: count }, (_, i) => (i - count / 2) * 0.1 + random.uniform(0, 0.05)));

/** Whole numbers in [0, limit), repeats likely. */
export const indicesBelow = (limit: number): Draw => each((random) => random.integer(0, limit));

/** Whole numbers 0 ... count - 1 in random order. */
export const permutation: Draw = (random, count) => random.shuffle(Array.from({ length: count }, (_, i) => i));

/** A shape of the given number of axes, sizes from 1 to `most`. */
export function randomShape(random: Random, axes: number, most = 4): number[] {
  return Array.from({ length: axes }, () => random.integer(1, most + 1));
}
