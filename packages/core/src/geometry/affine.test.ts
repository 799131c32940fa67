import { describe, expect, test } from "vitest";
import { ArgumentError } from "../errors";
import {
  type Affine,
  compose,
  IDENTITY,
  invert,
  rotation,
  scaling,
  shear,
  transformBoxes,
  transformPoints,
  translation,
} from "./affine";

function closeTo(found: ArrayLike<number>, expected: readonly number[]): void {
  expect(found.length).toBe(expected.length);
  expected.forEach((value, i) => {
    expect(found[i]).toBeCloseTo(value, 5);
  });
}

describe("compose", () => {
  test("does the last transform first", () => {
    // (1, 1) scaled to (2, 2), then moved to (12, 2); the other way round (11, 1) becomes (22, 2).
    closeTo(transformPoints(compose(translation(10, 0), scaling(2)), [1, 1]), [12, 2]);
    closeTo(transformPoints(compose(scaling(2), translation(10, 0)), [1, 1]), [22, 2]);
  });

  test("of nothing is the identity", () => {
    expect(compose()).toEqual(IDENTITY);
  });
});

describe("rotation", () => {
  test("by 90 degrees turns right to up", () => {
    closeTo(transformPoints(rotation(90), [1, 0]), [0, -1]);
  });
});

describe("shear", () => {
  test("by 45 degrees in x moves a point by its y", () => {
    closeTo(transformPoints(shear(45, 0), [0, 3]), [3, 3]);
  });
});

describe("invert", () => {
  test("undoes a transform", () => {
    const transform = compose(translation(3, -4), rotation(30), shear(10, 5), scaling(2, 0.5));
    closeTo(transformPoints(invert(transform), transformPoints(transform, [7, 9])), [7, 9]);
  });

  test("refuses what flattens the plane", () => {
    const flat: Affine = [1, 2, 0, 2, 4, 0];
    expect(() => invert(flat)).toThrow(ArgumentError);
    expect(() => invert(flat)).toThrow("determinant 0");
  });
});

describe("transformBoxes", () => {
  test("gives the upright box around the turned corners", () => {
    // 10 x 20 turned by 90 degrees about the origin: x from y, y from -x.
    closeTo(transformBoxes(rotation(90), Float32Array.of(0, 0, 10, 20)), [0, -10, 20, 0]);
  });

  test("keeps corners in order under a mirror", () => {
    closeTo(transformBoxes([-1, 0, 100, 0, 1, 0], Float32Array.of(10, 5, 30, 15)), [70, 5, 90, 15]);
  });

  test("takes none", () => {
    expect(transformBoxes(rotation(10), new Float32Array(0)).length).toBe(0);
  });
});
