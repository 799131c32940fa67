import { describe, expect, test } from "vitest";
import { ArgumentError } from "../errors";
import { Random } from "../math/random";
import { image } from "./image";
import { addGaussNoise, addIsoNoise, addSpeckle } from "./noise";

const SIDE = 400;
const COUNT = SIDE * SIDE;
const grey = (value: number) => image(SIDE, SIDE, 1, new Uint8Array(COUNT).fill(value));

function moments(data: ArrayLike<number>): [mean: number, deviation: number] {
  const values = Array.from(data);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return [mean, Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)];
}

describe("addGaussNoise", () => {
  test("has mean 0 and the variance asked for", () => {
    const [mean, deviation] = moments(addGaussNoise(grey(128), { deviation: 6 }, new Random(1)).data);
    // Standard errors of 160 000 values: 6 / 400 = .015 and 6 / sqrt(320 000) = .011; rounding adds 1 / 12 of variance.
    expect(Math.abs(mean - 128)).toBeLessThan(0.06);
    expect(Math.abs(deviation - Math.sqrt(36 + 1 / 12))).toBeLessThan(0.05);
  });

  test("leaves neighbours independent, and 2.28 % beyond two deviations on either side", () => {
    const { data } = addGaussNoise(image(COUNT, 1, 1, new Float32Array(COUNT)), { deviation: 255 }, new Random(2));
    let product = 0;
    for (let i = 1; i < COUNT; i++) product += data[i] * data[i - 1];
    expect(Math.abs(product / COUNT)).toBeLessThan(0.01);
    // Standard error sqrt(.0228 x .9772 / 160 000) = .0004.
    expect(Math.abs(data.filter((z) => z > 2).length / COUNT - 0.0228)).toBeLessThan(0.0016);
    expect(Math.abs(data.filter((z) => z < -2).length / COUNT - 0.0228)).toBeLessThan(0.0016);
  });

  test("is the same in all channels if asked to be", () => {
    const colour = image(50, 1, 3, new Uint8Array(150).fill(100));
    const { data } = addGaussNoise(colour, { deviation: 10, perChannel: false }, new Random(3));
    for (let p = 0; p < 150; p += 3) expect([data[p + 1], data[p + 2]]).toEqual([data[p], data[p]]);
    expect(new Set(data).size).toBeGreaterThan(10);
  });

  test("scales with the range of 16 bits and stays in it", () => {
    const deep = image(SIDE, SIDE, 1, new Uint16Array(COUNT).fill(30_000));
    expect(moments(addGaussNoise(deep, { deviation: 2 }, new Random(4)).data)[1]).toBeCloseTo(2 * 257, -1);
    const dark = addGaussNoise(image(SIDE, SIDE, 1, new Uint16Array(COUNT)), { deviation: 2 }, new Random(4));
    // Half of the noise is cut off at 0: the rest has the mean 514 / sqrt(2 pi) = 205.
    expect(Math.abs(moments(dark.data)[0] - 205)).toBeLessThan(4);
  });

  test("scales with the range that is given", () => {
    // Grey levels of 85 steps: 2 of them are 170.
    const range = [21_845, 43_520] as const;
    const levels = image(SIDE, SIDE, 1, new Uint16Array(COUNT).fill(30_000));
    const [mean, deviation] = moments(addGaussNoise(levels, { deviation: 2, range }, new Random(4)).data);
    // Standard errors 170 / 400 = .4 and 170 / 566 = .3.
    expect(Math.abs(mean - 30_000)).toBeLessThan(2);
    expect(Math.abs(deviation - 170)).toBeLessThan(1.5);
  });

  test("is drawn by the seed", () => {
    const of = (seed: number) => addGaussNoise(grey(9), { deviation: 3 }, new Random(seed)).data;
    expect(of(1)).toEqual(of(1));
    expect(of(1)).not.toEqual(of(2));
  });

  test("refuses a negative deviation", () => {
    expect(() => addGaussNoise(grey(1), { deviation: -1 }, new Random(1))).toThrow(ArgumentError);
  });
});

describe("addSpeckle", () => {
  test("multiplies by a Rayleigh variable of mean 1", () => {
    for (const strength of [0.2, 0.4]) {
      const [mean, deviation] = moments(addSpeckle(grey(100), strength, new Random(5)).data);
      // Relative deviation sqrt(4 / pi - 1) = .5227; standard error 52 / 400 x strength.
      expect(Math.abs(mean - 100)).toBeLessThan(0.3);
      expect(Math.abs(deviation - 52.27 * strength)).toBeLessThan(0.3);
    }
  });

  test("leaves black black, and grows with the signal", () => {
    expect(new Set(addSpeckle(grey(0), 1, new Random(6)).data)).toEqual(new Set([0]));
    const spread = (value: number) => moments(addSpeckle(grey(value), 0.3, new Random(6)).data)[1];
    expect(spread(120) / spread(40)).toBeCloseTo(3, 1);
  });

  test("leaves what is called black where it is", () => {
    const of = (value: number) =>
      moments(addSpeckle(image(SIDE, SIDE, 1, new Uint16Array(COUNT).fill(value)), 0.4, new Random(6), 1000).data);
    expect(of(1000)).toEqual([1000, 0]);
    // 5000 above it: deviation .5227 x .4 x 5000 = 1045, standard errors 2.6 and 1.9.
    const [mean, deviation] = of(6000);
    expect(Math.abs(mean - 6000)).toBeLessThan(12);
    expect(Math.abs(deviation - 1045)).toBeLessThan(12);
  });

  test("has the long tail to the bright side", () => {
    const { data } = addSpeckle(image(COUNT, 1, 1, new Float32Array(COUNT).fill(1)), 1, new Random(7));
    // P(r > 2) = exp(-pi) = .0432 for mean 1; nothing is below 0.
    expect(Math.abs(data.filter((r) => r > 2).length / COUNT - Math.exp(-Math.PI))).toBeLessThan(0.002);
    expect(Math.min(...data.subarray(0, 1000))).toBeGreaterThanOrEqual(0);
  });

  test("refuses a strength beyond 1", () => {
    expect(() => addSpeckle(grey(1), 1.1, new Random(1))).toThrow("expected 0 to 1");
  });
});

describe("addIsoNoise", () => {
  test("adds Poisson noise of the expected mean to a grey image", () => {
    // Half 100, half 150: lightness has the deviation 25 / 255; mean noise .4 x 25 = 10 grey levels before the damping.
    const data = Uint8Array.from({ length: COUNT }, (_, i) => (i % 2 ? 150 : 100));
    const noisy = addIsoNoise(image(SIDE, SIDE, 1, data), { colorShift: 0.05, intensity: 0.4 }, new Random(8)).data;
    const dark = noisy.filter((_, i) => i % 2 === 0);
    // 100 + n (1 - 100 / 255), n Poisson of 10: mean 106.08, deviation sqrt(10) x .6078 = 1.92; rounding adds about 1 / 12 of
    // variance, not evenly, because the steps of .6078 fall on few fractions.
    const [mean, deviation] = moments(dark);
    expect(Math.abs(mean - 106.08)).toBeLessThan(0.05);
    expect(Math.abs(deviation - Math.sqrt(1.922 ** 2 + 1 / 12))).toBeLessThan(0.1);
  });

  test("turns hues and keeps the lightness without intensity", () => {
    // (200, 100, 100): lightness 150, saturation by chroma 100.
    const red = Uint8Array.from({ length: 3 * COUNT }, (_, i) => (i % 3 === 0 ? 200 : 100));
    const { data } = addIsoNoise(image(SIDE, SIDE, 3, red), { colorShift: 0.02, intensity: 0 }, new Random(9));
    const seconds: number[] = [];
    const lightness = new Set<number>();
    for (let p = 0; p < data.length; p += 3) {
      const values = [data[p], data[p + 1], data[p + 2]];
      lightness.add(Math.max(...values) + Math.min(...values));
      seconds.push(values[1] - values[2]);
    }
    expect([...lightness]).toEqual([300]);
    // A turn t of the circle changes one of two channels by 600 |t|: deviation 600 x .02 = 12 of their difference.
    const [mean, deviation] = moments(seconds);
    expect(Math.abs(mean)).toBeLessThan(0.15);
    expect(Math.abs(deviation - 12)).toBeLessThan(0.15);
  });

  test("leaves an image without colour, spread or shift as it is", () => {
    expect(new Set(addIsoNoise(grey(80), { colorShift: 0.1, intensity: 1 }, new Random(1)).data)).toEqual(
      new Set([80]),
    );
  });

  test("refuses negative strengths", () => {
    expect(() => addIsoNoise(grey(1), { colorShift: -1, intensity: 0 }, new Random(1))).toThrow(ArgumentError);
  });
});
