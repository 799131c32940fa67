import { describe, expect, test } from "vitest";
import { ArgumentError } from "../errors";
import { classWeights } from "./class-weights";

describe("classWeights", () => {
  test("with power 1 are scikit-learn's balanced weights", () => {
    // compute_class_weight("balanced"): 100 / (2 * 95) and 100 / (2 * 5).
    const [common, rare] = classWeights([95, 5], 1);
    expect(common).toBeCloseTo(100 / 190, 12);
    expect(rare).toBeCloseTo(10, 12);
  });

  test("with power 0 are 1", () => {
    expect(classWeights([95, 5, 0], 0)).toEqual([1, 1, 1]);
  });

  test("with power 0.5 stand as the roots of the frequencies, with a mean of 1 over the boxes", () => {
    // 64 and 4 boxes: 4 to 1. 64 a + 4 * 4 a = 68.
    const [common, rare] = classWeights([64, 4], 0.5);
    expect(common).toBeCloseTo(68 / 80, 12);
    expect(rare).toBeCloseTo((4 * 68) / 80, 12);
  });

  test("leave a class without boxes at 1, and the others as they are without it", () => {
    expect(classWeights([95, 0, 5], 1)).toEqual([classWeights([95, 5], 1)[0], 1, classWeights([95, 5], 1)[1]]);
    expect(classWeights([0, 0], 1)).toEqual([1, 1]);
    expect(classWeights([], 1)).toEqual([]);
  });

  test.each([-0.1, 1.1, Number.NaN])("refuse a power of %d", (power) => {
    expect(() => classWeights([1, 2], power)).toThrow(ArgumentError);
  });

  test("refuse a negative count", () => {
    expect(() => classWeights([1, -2], 0.5)).toThrow("got -2 boxes");
  });
});
