import { describe, expect, test } from "vitest";
import { ArgumentError } from "../../errors";
import { Random } from "../../math/random";
import { displace, displacePoints, largestAlpha, randomDisplacement } from "./displacement";

describe("randomDisplacement", () => {
  test("is as strong and as smooth as its parameters say", () => {
    const values: number[] = [];
    const slopes: number[] = [];
    for (let seed = 0; seed < 40; seed++) {
      const { dx, columns, spacing } = randomDisplacement({ alpha: 120, sigma: 10 }, 200, new Random(seed));
      expect(spacing).toBe(5);
      values.push(...dx);
      for (let i = 1; i < columns; i++) slopes.push((dx[i] - dx[i - 1]) / spacing);
    }
    const spread = (all: readonly number[]) =>
      Math.sqrt(all.reduce((sum, value) => sum + value * value, 0) / all.length);
    // Uniform noise has the deviation .57735, its mean under a Gaussian that of / (2 sqrt(pi) 10): times 120, 1.954 px.
    // Some 40 x 200^2 / (4 pi 10^2) = 1270 independent values: standard error 2 %.
    expect(Math.abs(spread(values) / 1.954 - 1)).toBeLessThan(0.08);
    // The slope has that / (sqrt(2) sigma) = .138; a step of half a sigma shows 97 % of it.
    expect(spread(slopes)).toBeGreaterThan(0.115);
    expect(spread(slopes)).toBeLessThan(0.15);
  });

  test("never folds, however strong", () => {
    for (let seed = 0; seed < 10; seed++) {
      const { dx, dy, columns, spacing } = randomDisplacement({ alpha: 125, sigma: 6 }, 160, new Random(seed));
      for (let i = 0; i < dx.length - columns - 1; i++) {
        if (i % columns === columns - 1) continue;
        const slope = (field: Float32Array, step: number) => (field[i + step] - field[i]) / spacing;
        const area = (1 + slope(dx, 1)) * (1 + slope(dy, columns)) - slope(dx, columns) * slope(dy, 1);
        expect(area).toBeGreaterThan(0.19);
      }
    }
  });

  test("is drawn by the seed", () => {
    const of = (seed: number) => randomDisplacement({ alpha: 50, sigma: 8 }, 64, new Random(seed));
    expect(of(1)).toEqual(of(1));
    expect(of(1).dx).not.toEqual(of(2).dx);
    expect(of(1).dx).not.toEqual(of(1).dy);
  });

  test("refuses to fold tissue", () => {
    // .4 x 36 x 2 sqrt(2 pi) / .57735 = 125.04.
    expect(largestAlpha(6)).toBeCloseTo(125.04, 2);
    expect(() => randomDisplacement({ alpha: 126, sigma: 6 }, 64, new Random(1))).toThrow(ArgumentError);
  });
});

describe("displacePoints", () => {
  test("finds the positions that are read from the points", () => {
    const random = new Random(3);
    for (let seed = 0; seed < 20; seed++) {
      const field = randomDisplacement({ alpha: 120, sigma: 6 }, 100, new Random(seed));
      const points = Float32Array.from({ length: 40 }, () => random.uniform(10, 90));
      const moved = displacePoints(field, points.slice());
      const xs = Float64Array.from({ length: 20 }, (_, i) => moved[2 * i]);
      const ys = Float64Array.from({ length: 20 }, (_, i) => moved[2 * i + 1]);
      displace(field, xs, ys);
      for (let i = 0; i < 20; i++) {
        expect(Math.hypot(xs[i] - points[2 * i], ys[i] - points[2 * i + 1])).toBeLessThan(0.2);
      }
    }
  });
});
