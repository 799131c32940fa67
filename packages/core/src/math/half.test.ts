import { describe, expect, test } from "vitest";
import { floatFromBfloat16, floatFromHalf, halfFromFloat } from "./half";

// IEEE 754-2019, 3.4: binary16 has 1 sign, 5 exponent (bias 15) and 10 fraction bits.
const EXACT: readonly (readonly [number, number])[] = [
  [0x0000, 0],
  [0x8000, -0],
  [0x3c00, 1],
  [0xc000, -2],
  [0x3555, 0.333251953125], // 1365 / 4096
  [0x7bff, 65504], // largest: (2 - 2^-10) 2^15
  [0x0400, 2 ** -14], // smallest normal
  [0x03ff, 1023 * 2 ** -24], // largest subnormal
  [0x0001, 2 ** -24], // smallest subnormal
  [0x8001, -(2 ** -24)],
  [0x7c00, Infinity],
  [0xfc00, -Infinity],
];

describe("floatFromHalf", () => {
  test.each(EXACT)("reads %d as %d", (half, value) => {
    expect(floatFromHalf(Uint16Array.of(half))[0]).toBe(value);
  });

  test("reads not-a-number as such", () => {
    expect(floatFromHalf(Uint16Array.of(0x7e00, 0xfc01))).toEqual(Float32Array.of(NaN, NaN));
  });

  test("gives nothing for nothing", () => {
    expect(floatFromHalf(new Uint16Array(0)).length).toBe(0);
  });
});

describe("halfFromFloat", () => {
  test.each(EXACT)("writes %d for %d", (half, value) => {
    expect(halfFromFloat(Float32Array.of(value))[0]).toBe(half);
  });

  test("gives back every half that was read", () => {
    const all = Uint16Array.from({ length: 65536 }, (_, i) => i).filter((h) => (h & 0x7c00) !== 0x7c00 || !(h & 0x3ff));
    expect(halfFromFloat(floatFromHalf(all))).toEqual(all);
  });

  test.each([
    ["a tie downwards to even", 1 + 2 ** -11, 0x3c00],
    ["a tie upwards to even", 1 + 3 * 2 ** -11, 0x3c02],
    ["above a tie upwards", 1 + 2 ** -11 + 2 ** -20, 0x3c01],
    ["a subnormal tie to even", 2.5 * 2 ** -24, 0x0002],
    ["a subnormal tie to even", 1.5 * 2 ** -24, 0x0002],
    ["half of the smallest subnormal to zero", 2 ** -25, 0x0000],
    ["just above it to the smallest subnormal", 2 ** -25 * 1.001, 0x0001],
    ["just below the smallest normal to it", 2 ** -14 * (1 - 2 ** -20), 0x0400],
    ["below 65520 to the largest half", 65519.99, 0x7bff],
    ["65520 to infinity", 65520, 0x7c00],
    ["-1e10 to minus infinity", -1e10, 0xfc00],
    ["not-a-number to a quiet one", NaN, 0x7e00],
  ])("rounds %s", (_, value, half) => {
    expect(halfFromFloat(Float32Array.of(value))[0] & 0x7fff).toBe(half & 0x7fff);
  });
});

describe("floatFromBfloat16", () => {
  // The upper 16 bits of float32: 0x3f80 is 1, 0x4049 is 3.140625, 0xff80 is -infinity, 0x0001 is 2^-133.
  test("reads the upper half of a float32", () => {
    const read = floatFromBfloat16(Uint16Array.of(0x3f80, 0x4049, 0xff80, 0x0001, 0x8000));
    expect([...read]).toEqual([1, 3.140625, -Infinity, 2 ** -133, -0]);
  });
});
