/**
 * @file Which images share a batch, and how large its images are.
 */
import type { Sample } from "@fovea/core/dataset/sample";
import { ArgumentError } from "@fovea/core/errors";

export interface BatchShape {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** Numbers of its images in the data set; in training, positions in the order of the epoch. */
  readonly positions: readonly number[];
}

/** Squares, in the order of the data set. */
export function squareBatches(count: number, imgsz: number, batch: number): BatchShape[] {
  const numbers = Array.from({ length: count }, (_, i) => i);
  return inBatches(numbers, batch).map((positions) => ({ width: imgsz, height: imgsz, positions }));
}

/**
 * Rectangles around images sorted by height / width, the longer side about `imgsz`.
 *
 * The margin of half a stride is that of the public tools: a square image of 640 px is seen in 672 px.
 *
 * @throws {ArgumentError} if the size of an image is not known
 */
export function rectBatches(samples: readonly Sample[], imgsz: number, batch: number, stride: number): BatchShape[] {
  const ratios = proportions(samples);
  const sorted = ratios.map((_, i) => i).sort((a, b) => ratios[a] - ratios[b] || a - b);
  const side = (share: number) => Math.ceil((share * imgsz) / stride + 0.5) * stride;
  return inBatches(sorted, batch).map((positions) => {
    const flattest = ratios[positions[0]];
    const tallest = ratios[positions[positions.length - 1]];
    return {
      width: side(Math.min(1, 1 / flattest)),
      height: side(Math.min(1, tallest)),
      positions,
    };
  });
}

/**
 * Height / width of every image.
 *
 * @throws {ArgumentError} if the size of an image is not known
 */
export function proportions(samples: readonly Sample[]): number[] {
  return samples.map(({ file, width, height }) => {
    if (width && height) return height / width;
    throw new ArgumentError("rect needs the size of every image in the data set", { file });
  });
}

function inBatches(numbers: readonly number[], batch: number): number[][] {
  return Array.from({ length: Math.ceil(numbers.length / batch) }, (_, i) => numbers.slice(i * batch, (i + 1) * batch));
}
