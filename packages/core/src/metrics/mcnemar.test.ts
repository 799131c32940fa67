import { describe, expect, test } from "vitest";
import { mcnemar } from "./mcnemar";

describe("mcnemar", () => {
  // 2 (C(10,0) + C(10,1) + C(10,2)) / 1024 = 112 / 1024. (|8 - 2| - 1)² / 10 = 2.5; of chi-square, p = 0.1138.
  test("is exact, and with the correction of continuity", () => {
    const { exactP, statistic, p, oddsRatio } = mcnemar(8, 2);
    expect(exactP).toBeCloseTo(112 / 1024, 12);
    expect(statistic).toBe(2.5);
    expect(p).toBeCloseTo(0.1138, 4);
    expect(oddsRatio).toBe(4);
  });

  test("finds nothing where there is nothing, or as much on both sides", () => {
    expect(mcnemar(0, 0)).toMatchObject({ exactP: 1, statistic: 0, p: 1, oddsRatio: Number.NaN });
    expect(mcnemar(3, 3)).toMatchObject({ exactP: 1, statistic: 0 });
  });

  test("stays a number of thousands, and refuses halves", () => {
    expect(mcnemar(1500, 1500).exactP).toBeCloseTo(1, 6);
    expect(() => mcnemar(0.5, 1)).toThrow("0.5 cases");
  });
});
