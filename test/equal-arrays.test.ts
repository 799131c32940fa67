import { describe, expect, test } from "vitest";
import { sameArrays } from "./equal-arrays";

describe("sameArrays", () => {
  test("knows arrays of one type and the same numbers, NaN among them", () => {
    expect(sameArrays(Float32Array.of(1, Number.NaN), Float32Array.of(1, Number.NaN))).toBe(true);
    expect(sameArrays(new Uint8Array(0), new Uint8Array(0))).toBe(true);
  });

  test.each([
    ["another number", Float32Array.of(1, 2), Float32Array.of(1, 3)],
    ["another sign of zero", Float32Array.of(0), Float32Array.of(-0)],
    ["another length", Uint8Array.of(1), Uint8Array.of(1, 0)],
    ["another type", Uint8Array.of(1), Uint16Array.of(1)],
    ["no typed array", [1], Uint8Array.of(1)],
    ["no numbers", new DataView(new ArrayBuffer(1)), new DataView(new ArrayBuffer(1))],
  ])("leaves %s to toEqual", (_, a, b) => {
    expect(sameArrays(a, b)).toBeUndefined();
  });
});

test("toEqual still tells a difference of one number in a nested array, or of the type", () => {
  const of = (last: number) => ({ images: [new Uint8Array(1000).fill(last, 999)] });
  expect(of(1)).toEqual(of(1));
  expect(of(1)).not.toEqual(of(2));
  expect(Float32Array.of(0)).not.toEqual(Float32Array.of(-0));
  expect({ a: Uint8Array.of(1) }).not.toEqual({ a: Uint16Array.of(1) });
});
