import { describe, expect, test } from "vitest";
import { ArgumentError } from "../errors";
import {
  composeProjective,
  invertProjective,
  type Projective,
  projective,
  projectOutline,
  squareToCorners,
} from "./projective";

const rounded = (values: ArrayLike<number>) => Array.from(values, (value) => Math.round(value * 1e4) / 1e4 + 0);

describe("squareToCorners", () => {
  test("takes the corners of the square where they belong", () => {
    const corners = [1, 2, 9, 0, 12, 11, -2, 8] as const;
    const square = Float32Array.of(0, 0, 4, 0, 4, 4, 0, 4);
    expect(rounded(projectOutline(squareToCorners(4, corners), square))).toEqual([...corners]);
  });

  test("is affine for a parallelogram", () => {
    // (x, y) to (3 + 2 x, 1 + x + y).
    expect(rounded(squareToCorners(2, [3, 1, 7, 3, 7, 5, 3, 3]))).toEqual([2, 0, 3, 1, 1, 1, 0, 0, 1]);
  });

  test("refuses corners on a line", () => {
    expect(() => squareToCorners(1, [0, 0, 1, 1, 2, 2, 3, 3])).toThrow(ArgumentError);
  });
});

describe("invertProjective", () => {
  test("undoes", () => {
    const transform: Projective = [1, 0.2, 3, -0.1, 1.1, 5, 0.01, 0.02, 1];
    const both = composeProjective(invertProjective(transform), transform);
    expect(rounded(both)).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
    expect(invertProjective(projective([3, 0, 1, 0, 7, 1])).slice(6)).toEqual([0, 0, 1]);
  });

  test("refuses what flattens", () => {
    expect(() => invertProjective([1, 1, 0, 1, 1, 0, 0, 0, 1])).toThrow("determinant");
  });
});

describe("projectOutline", () => {
  test("divides by the depth", () => {
    // w = 1 + x / 2: (2, 4) to (2, 4) / 2.
    const outline = Float32Array.of(0, 0, 2, 4, 0, 4);
    expect([...projectOutline([1, 0, 0, 0, 1, 0, 0.5, 0, 1], outline)]).toEqual([0, 0, 1, 2, 0, 4]);
  });

  test("cuts off what lies beyond the horizon", () => {
    // w = 1 - x: the square [0, 2] x [0, 1] is cut where w = .01, at x = .99, which goes to 99.
    const square = Float32Array.of(0, 0, 2, 0, 2, 1, 0, 1);
    const seen = projectOutline([1, 0, 0, 0, 1, 0, -1, 0, 1], square);
    expect(rounded(seen).map(Math.round)).toEqual([0, 0, 99, 0, 99, 100, 0, 1]);
    expect([...projectOutline([1, 0, 0, 0, 1, 0, -1, 0, 1], Float32Array.of(3, 0, 4, 0, 4, 1))]).toEqual([]);
  });
});
