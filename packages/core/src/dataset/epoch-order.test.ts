import { describe, expect, test } from "vitest";
import { hashSeed, Random } from "../math/random";
import { EpochOrder } from "./epoch-order";
import { drawEpoch } from "./sampling";

const orderOf = (count: number, seed: number, epoch: number) => {
  const order = new EpochOrder(count, seed, epoch);
  return Array.from({ length: count }, (_, i) => order.at(i));
};

describe("EpochOrder", () => {
  test("visits every sample once", () => {
    expect(orderOf(50, 0, 3).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(orderOf(1, 0, 0)).toEqual([0]);
  });

  test("is the shuffle of seed and epoch where nothing is sampled", () => {
    const plain = new Random(hashSeed(7, 3)).shuffle(Uint32Array.from({ length: 50 }, (_, i) => i));
    expect(orderOf(50, 7, 3)).toEqual([...plain]);
    expect([...new EpochOrder(50, 7, 3)]).toEqual([...plain]);
  });

  test("follows a sampling plan, and counts how often a sample was there before", () => {
    const plan = { length: 6, factors: Float64Array.of(3, 1, 2, 0), replacement: false };
    const order = new EpochOrder(4, 7, 3, plan);
    expect(order.length).toBe(6);
    expect([...order]).toEqual([...drawEpoch(plan, 7, 3)]);
    expect([...order].toSorted()).toEqual([0, 0, 0, 1, 2, 2]);
    expect(order.at(-1)).toBe(drawEpoch(plan, 7, 2)[5]);
    const turns = [0, 1, 2].map((sample) =>
      Array.from({ length: 6 }, (_, i) => i)
        .filter((position) => order.at(position) === sample)
        .map((position) => order.turn(position)),
    );
    expect(turns).toEqual([[0, 1, 2], [0], [0, 1]]);
  });

  test("depends on seed and epoch alone", () => {
    expect(orderOf(50, 7, 3)).toEqual(orderOf(50, 7, 3));
    expect(orderOf(50, 7, 3)).not.toEqual(orderOf(50, 7, 4));
    expect(orderOf(50, 7, 3)).not.toEqual(orderOf(50, 8, 3));
  });

  test("goes on into the epoch before, also before the first", () => {
    for (const epoch of [1, 0]) {
      const before = orderOf(20, 7, epoch - 1);
      const order = new EpochOrder(20, 7, epoch);
      expect([order.at(-1), order.at(-20)]).toEqual([before[19], before[0]]);
    }
  });

  test("draws company from the most recent samples", () => {
    const order = new EpochOrder(30, 1, 2);
    const recent = Array.from({ length: 8 }, (_, i) => order.at(3 - i));
    const drawn = order.recent(3, 8, 2000, new Random(1));
    expect(new Set(drawn)).toEqual(new Set(recent));
    // With replacement and evenly: each of 8 about 250 times, standard deviation 15.
    for (const index of recent) {
      const count = drawn.filter((other) => other === index).length;
      expect(Math.abs(count - 250)).toBeLessThan(75);
    }
  });
});
