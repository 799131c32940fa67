import { describe, expect, test } from "vitest";
import type { Sample } from "./sample";
import { composition, drawEpoch, type SamplingOptions, type SamplingPlan, samplingPlan } from "./sampling";

/** An image with one box of each class given. */
const image = (...classIds: readonly number[]): Sample => ({
  file: "x.png",
  labels: classIds.map((classId) => ({ classId, cx: 0.5, cy: 0.5, w: 0.1, h: 0.1 })),
});

function plan(samples: readonly Sample[], options: SamplingOptions): SamplingPlan {
  const found = samplingPlan(samples, options);
  if (found === undefined) throw new Error("no plan");
  return found;
}

/** How often each image is shown in one epoch. */
function counts({ factors, ...rest }: SamplingPlan, epoch: number): number[] {
  const shown = new Array<number>(factors.length).fill(0);
  for (const index of drawEpoch({ factors, ...rest }, 5, epoch)) shown[index]++;
  return shown;
}

const close = (found: ArrayLike<number>, wanted: readonly number[]) => {
  expect(found.length).toBe(wanted.length);
  wanted.forEach((value, i) => {
    expect(found[i]).toBeCloseTo(value, 9);
  });
};

// Ten images: class 0 on eight of them (f = 0.8), class 1 on one of those (0.1), two without lesions.
const TEN = [image(0, 1), ...Array.from({ length: 7 }, () => image(0, 0)), image(), image()];

describe("samplingPlan", () => {
  test("is none where every image is shown once", () => {
    expect(samplingPlan(TEN)).toBeUndefined();
    expect(samplingPlan(TEN, { sampler: "none", oversample_ratio: 1, negatives: -1 })).toBeUndefined();
  });

  test("repeats by the rarest class of an image", () => {
    // sqrt(0.4 / 0.1) = 2 for the first image; 0.8 is above the threshold. 2 + 7 + 2 images.
    const { factors, length, replacement } = plan(TEN, { sampler: "repeat", repeat_threshold: 0.4 });
    close(factors, [2, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
    expect([length, replacement]).toEqual([11, false]);
  });

  test("rounds the length up and spreads what is missing", () => {
    // sqrt(0.225 / 0.1) = 1.5: 10.5 in all, so 11, each factor 11 / 10.5 times as much.
    const { factors, length } = plan(TEN, { sampler: "repeat", repeat_threshold: 0.225 });
    expect(length).toBe(11);
    expect(factors[0]).toBeCloseTo((1.5 * 11) / 10.5, 9);
    expect(factors[1]).toBeCloseTo(11 / 10.5, 9);
  });

  test("weights by inverse frequency, images without lesions as they are", () => {
    // 1 / 0.1 = 10 and seven times 1 / 0.8 = 1.25: mean 18.75 / 8 = 2.34375 over the images with lesions.
    const { factors, length, replacement } = plan(TEN, { sampler: "inverse" });
    close(factors, [10 / 2.34375, ...Array(7).fill(1.25 / 2.34375), 1, 1]);
    expect([length, replacement]).toEqual([10, true]);
  });

  test("shows images with lesions more often", () => {
    const { factors, length } = plan(TEN, { oversample_ratio: 2.5 });
    close(factors, [...Array(8).fill(2.5), 1, 1]);
    expect(length).toBe(22);
  });

  test("sets the share of images without lesions, fewer or more", () => {
    // 8 with lesions are 80 % of 10, 50 % of 16 and 100 % of 8.
    close(plan(TEN, { negatives: 0.2 }).factors, Array(10).fill(1));
    close(plan(TEN, { negatives: 0.5 }).factors, [...Array(8).fill(1), 4, 4]);
    const none = plan(TEN, { negatives: 0 });
    close(none.factors, [...Array(8).fill(1), 0, 0]);
    expect(none.length).toBe(8);
  });

  test("composes: class, then lesions, then the share without", () => {
    // (2 + 7) * 2 = 18 with lesions; a tenth of 20 without: two images once each.
    const { factors, length } = plan(TEN, {
      sampler: "repeat",
      repeat_threshold: 0.4,
      oversample_ratio: 2,
      negatives: 0.1,
    });
    close(factors, [4, 2, 2, 2, 2, 2, 2, 2, 1, 1]);
    expect(length).toBe(20);
    // Inverse: the share is kept among ten draws, half of 10 over 2 images.
    close(plan(TEN, { sampler: "inverse", negatives: 0.5 }).factors.slice(8), [2.5, 2.5]);
  });

  test.each([
    [{ sampler: "random" as "none" }, 'sampler is "random"'],
    [{ repeat_threshold: 0 }, "repeat_threshold is 0"],
    [{ oversample_ratio: 0.5 }, "oversample_ratio is 0.5"],
    [{ oversample_ratio: Number.NaN }, "oversample_ratio is NaN"],
    [{ negatives: 1 }, "negatives is 1"],
    [{ negatives: -0.5 }, "negatives is -0.5"],
  ])("refuses %j", (options, message) => {
    expect(() => samplingPlan(TEN, options)).toThrow(message);
  });

  test("refuses a share of what is not there", () => {
    expect(() => samplingPlan([image(0)], { negatives: 0.2 })).toThrow("every image shows a lesion");
    expect(() => samplingPlan([image()], { negatives: 0.2 })).toThrow("no image shows a lesion");
    expect(samplingPlan([image(0)], { negatives: 0 })?.length).toBe(1);
  });
});

describe("drawEpoch", () => {
  test("shows every image its factor times, rounded either way, on the average exactly", () => {
    // 1.5 for images with lesions: 8 * 1.5 + 2 = 14 positions, whole, so that nothing is spread.
    const sampling = plan(TEN, { oversample_ratio: 1.5 });
    const sums = new Array<number>(10).fill(0);
    for (let epoch = 0; epoch < 400; epoch++) {
      const shown = counts(sampling, epoch);
      expect(shown.reduce((a, b) => a + b)).toBe(14);
      for (const count of shown.slice(0, 8)) expect([1, 2]).toContain(count);
      expect(shown.slice(8)).toEqual([1, 1]);
      shown.forEach((count, i) => {
        sums[i] += count;
      });
    }
    // 400 times a coin: 600 with a standard deviation of 10.
    for (const sum of sums.slice(0, 8)) expect(Math.abs(sum - 600)).toBeLessThan(45);
  });

  test("draws with replacement in proportion to the factors", () => {
    const sampling = plan(TEN, { sampler: "inverse" });
    const sums = new Array<number>(10).fill(0);
    for (let epoch = 0; epoch < 1000; epoch++) {
      counts(sampling, epoch).forEach((count, i) => {
        sums[i] += count;
      });
    }
    // 10000 draws; 4.267 of 10 for the first: 4267 with a standard deviation of 49. The others 533 (23) and 1000 (30).
    expect(Math.abs(sums[0] - 4267)).toBeLessThan(250);
    for (const sum of sums.slice(1, 8)) expect(Math.abs(sum - 533)).toBeLessThan(115);
    for (const sum of sums.slice(8)) expect(Math.abs(sum - 1000)).toBeLessThan(150);
  });

  test("depends on seed and epoch alone", () => {
    for (const options of [{ sampler: "inverse" }, { oversample_ratio: 1.7 }] as const) {
      const sampling = plan(TEN, options);
      expect(drawEpoch(sampling, 1, 2)).toEqual(drawEpoch(sampling, 1, 2));
      expect(drawEpoch(sampling, 1, 2)).not.toEqual(drawEpoch(sampling, 1, 3));
      expect(drawEpoch(sampling, 1, 2)).not.toEqual(drawEpoch(sampling, 2, 2));
    }
  });

  test("never leaves out an image of factor 1, in a large set either", () => {
    const many = Array.from({ length: 5000 }, (_, i) => image(i % 97 === 0 ? 1 : 0));
    const sampling = plan(many, { sampler: "repeat", repeat_threshold: 0.3 });
    for (const epoch of [0, 1, 2]) expect(new Set(drawEpoch(sampling, 0, epoch)).size).toBe(5000);
  });
});

describe("composition", () => {
  test("counts images, those without lesions, different ones, and boxes by class", () => {
    const samples = [image(0, 1), image(0, 0), image()];
    expect(composition([0, 1, 1, 2, 2, 2], { samples, nc: 3 })).toEqual({
      images: 6,
      negatives: 3,
      distinct: 3,
      boxes: [5, 1, 0],
    });
    expect(composition([], { samples, nc: 1 })).toEqual({ images: 0, negatives: 0, distinct: 0, boxes: [0] });
  });
});
