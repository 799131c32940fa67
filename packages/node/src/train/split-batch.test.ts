import { describe, expect, test } from "vitest";
import type { Batch } from "../data/batch";
import { splitBatch } from "./split-batch";

/** Images of 1 x 2 pixels, filled with their number; `counts` targets on each, numbered on as they come. */
function batchOf(...counts: readonly number[]): Batch {
  const owners = counts.flatMap((count, image) => new Array<number>(count).fill(image));
  return {
    images: Uint8Array.from({ length: 6 * counts.length }, (_, i) => Math.floor(i / 6)),
    ...{ size: counts.length, width: 2, height: 1 },
    targets: Float32Array.from(owners.flatMap((image, row) => [image, row, 0, 0, 0, 0])),
    weights: Float32Array.from(owners, (_, row) => row / 8),
    ignored: Uint8Array.from(owners, (_, row) => row % 2),
    files: counts.map((_, image) => `scan${image}.png`),
    sources: [],
    release: () => undefined,
  };
}

const seen = ({ images, size, targets, weights, ignored, files }: Batch) => ({
  images: [...images].filter((_, i) => i % 6 === 0),
  size,
  // Image and number of each target.
  targets: Array.from({ length: targets.length / 6 }, (_, i) => [targets[6 * i], targets[6 * i + 1]]),
  weights: weights && [...weights].map((weight) => 8 * weight),
  ignored: ignored && [...ignored],
  files,
});

describe("splitBatch", () => {
  test("cuts images with their targets, weights and marks, the larger part first", () => {
    const [first, second] = splitBatch(batchOf(1, 2, 0, 0, 2), 2);
    expect(seen(first)).toEqual({
      ...{ images: [0, 1, 2], size: 3, weights: [0, 1, 2], ignored: [0, 1, 0] },
      targets: [
        [0, 0],
        [1, 1],
        [1, 2],
      ],
      files: ["scan0.png", "scan1.png", "scan2.png"],
    });
    expect(seen(second)).toEqual({
      ...{ images: [3, 4], size: 2, weights: [3, 4], ignored: [1, 0] },
      targets: [
        [1, 3],
        [1, 4],
      ],
      files: ["scan3.png", "scan4.png"],
    });
  });

  test.each([
    [7, 3, [3, 2, 2]],
    [8, 4, [2, 2, 2, 2]],
    [2, 3, [1, 1]],
    [5, 1, [5]],
  ])("shares %d images between %d: %j", (images, count, sizes) => {
    expect(splitBatch(batchOf(...new Array<number>(images).fill(1)), count).map(({ size }) => size)).toEqual(sizes);
  });

  test("knows no weights and marks where the batch has none", () => {
    const { weights, ignored, ...plain } = batchOf(1, 1);
    expect(splitBatch(plain, 2)[1]).toMatchObject({ weights: undefined, ignored: undefined });
  });

  test("leaves the batch's own targets alone", () => {
    const batch = batchOf(1, 1);
    splitBatch(batch, 2);
    expect(seen(batch).targets).toEqual([
      [0, 0],
      [1, 1],
    ]);
  });
});
