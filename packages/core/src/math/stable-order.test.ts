import { describe, expect, test } from "vitest";
import { byFallingValue, byRisingKey, inputOrder } from "./stable-order";

describe("byFallingValue", () => {
  test("puts the highest first and keeps the order of equals", () => {
    const scores = Float64Array.of(0.5, 0.9, 0.5, -1, 0.9, 0, -0, -2.5, 1e300, 5e-324);
    // Values that differ fall; 0 and -0 are equal.
    expect([...byFallingValue(inputOrder(10), scores)]).toEqual([8, 1, 4, 0, 2, 9, 5, 6, 3, 7]);
  });

  test("keeps the order that was given among equals, and leaves it as it is", () => {
    const order = Uint32Array.of(2, 0, 1);
    expect([...byFallingValue(order, Float64Array.of(0.1, 0.2, 0.1))]).toEqual([1, 2, 0]);
    expect([...order]).toEqual([2, 0, 1]);
  });

  test("of nothing is nothing, of equals a copy", () => {
    expect(byFallingValue(inputOrder(0), new Float64Array())).toHaveLength(0);
    const order = inputOrder(3);
    const sorted = byFallingValue(order, new Float64Array(3));
    expect([...sorted]).toEqual([0, 1, 2]);
    expect(sorted).not.toBe(order);
  });
});

describe("byRisingKey", () => {
  test("groups by key and keeps the order within", () => {
    expect([...byRisingKey(Uint32Array.of(4, 3, 2, 1, 0), Uint32Array.of(2, 0, 2, 1, 0), 3)]).toEqual([4, 1, 3, 2, 0]);
  });
});
