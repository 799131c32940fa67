import { describe, expect, test } from "vitest";
import { interpolate } from "./interpolate";

const at = (...positions: number[]) => Float64Array.from(positions);

describe("interpolate", () => {
  test("is linear between points and constant beyond them", () => {
    expect([...interpolate(at(-1, 0, 0.25, 1, 9), at(0, 1), at(10, 20))]).toEqual([10, 10, 12.5, 20, 20]);
  });

  test("takes the given values beyond the ends", () => {
    expect([...interpolate(at(-1, 2), at(0, 1), at(10, 20), 7, 8)]).toEqual([7, 8]);
  });

  test("takes the last of several values at one place", () => {
    expect([...interpolate(at(1, 1.5), at(0, 1, 1, 2), at(0, 1, 5, 7))]).toEqual([5, 6]);
  });

  test("of one point is constant", () => {
    expect([...interpolate(at(0, 3), at(3), at(4))]).toEqual([4, 4]);
  });
});
