import { describe, expect, test } from "vitest";
import { assignMost } from "./assignment";
import { Random } from "./random";

describe("assignMost", () => {
  // 3 + 3 is more than the greatest, 4, and what it leaves, 1.
  test("gives up the greatest pair where the others gain more", () => {
    expect(
      assignMost([
        [4, 3],
        [3, 1],
      ]),
    ).toEqual([1, 0]);
  });

  test("leaves rows without column where there are more of them, and columns free", () => {
    expect(assignMost([[1], [5], [2]])).toEqual([-1, 0, -1]);
    expect(assignMost([[1, 5, 2]])).toEqual([1]);
    expect(assignMost([])).toEqual([]);
    expect(assignMost([[], []])).toEqual([-1, -1]);
  });

  test("is as good as the best of all orders", () => {
    const orders = (n: number): number[][] =>
      n === 0 ? [[]] : orders(n - 1).flatMap((o) => Array.from({ length: n }, (_, i) => o.toSpliced(i, 0, n - 1)));
    const random = new Random(1);
    for (let round = 0; round < 20; round++) {
      const worth = Array.from({ length: 5 }, () => Array.from({ length: 5 }, () => random.integer(0, 20)));
      const sum = (order: readonly number[]) => order.reduce((total, c, r) => total + worth[r][c], 0);
      expect(sum(assignMost(worth))).toBe(Math.max(...orders(5).map(sum)));
    }
  });
});
