import { describe, expect, test } from "vitest";
import { hashDistance, lowFrequencies, perceptualHash } from "./perceptual-hash";

/** cos((2 x + 1) u pi / 64) cos((2 y + 1) v pi / 64): the pattern of one frequency. */
const wave = (u: number, v: number) =>
  Float64Array.from({ length: 1024 }, (_, i) => {
    const [y, x] = [Math.floor(i / 32), i % 32];
    return Math.cos(((2 * x + 1) * u * Math.PI) / 64) * Math.cos(((2 * y + 1) * v * Math.PI) / 64);
  });

describe("lowFrequencies", () => {
  test("of a wave are its own frequency alone: 16 in each direction, by the orthogonality of the DCT", () => {
    const out = lowFrequencies(wave(3, 5));
    out.forEach((value, i) => {
      // Rows are the vertical frequencies 1 ... 8.
      expect(value).toBeCloseTo(i === 4 * 8 + 2 ? 16 * 16 : 0, 8);
    });
  });

  test("do not know brightness or slow ramps of one direction only", () => {
    expect(lowFrequencies(wave(0, 0)).every((value) => Math.abs(value) < 1e-8)).toBe(true);
  });

  test("refuse another size", () => {
    expect(() => perceptualHash(new Uint8Array(64))).toThrow(/64 values, expected 32 x 32/);
  });
});

describe("perceptualHash", () => {
  /** Every frequency, every second one negative. */
  const pattern = Float64Array.from({ length: 1024 }, (_, i) => {
    let sum = 128;
    for (let k = 0; k < 64; k++) sum += (k % 2 === 0 ? 1 : -1) * wave(1 + (k % 8), 1 + Math.floor(k / 8))[i];
    return sum;
  });

  test("has the bits of what lies above the median", () => {
    expect(perceptualHash(pattern)).toEqual({ high: 0xaaaaaaaa, low: 0xaaaaaaaa });
  });

  test("stays the same under another brightness and contrast", () => {
    expect(perceptualHash(pattern.map((value) => 3 * value - 40))).toEqual(perceptualHash(pattern));
  });

  test("turns all bits in the negative picture", () => {
    expect(hashDistance(perceptualHash(pattern), perceptualHash(pattern.map((value) => -value)))).toBe(64);
  });
});

test("hashDistance counts bits", () => {
  expect(hashDistance({ high: 0xffffffff, low: 0 }, { high: 0, low: 1 })).toBe(33);
  expect(hashDistance({ high: 7, low: 0x80000000 }, { high: 7, low: 0 })).toBe(1);
});
