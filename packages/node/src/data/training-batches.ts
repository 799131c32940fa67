/**
 * @file Which positions of an epoch's order share a training batch, and how large its images are.
 *
 * All of it depends on seed, epoch and data set alone.
 */
import type { EpochOrder } from "@fovea/core/dataset/epoch-order";
import type { Sample } from "@fovea/core/dataset/sample";
import { ArgumentError } from "@fovea/core/errors";
import { hashSeed, Random } from "@fovea/core/math/random";
import { type BatchShape, proportions, squareBatches } from "./validation-batches";

export interface TrainingBatchOptions {
  /** Side of the images, pixels. */
  readonly imgsz: number;
  /** Images in a batch. */
  readonly batch: number;
  readonly seed: number;
  /** Batches of images of like proportions, with little margin. @default false */
  readonly rect?: boolean;
  /** Sides vary by up to this share of `imgsz`, in [0, 1). @default 0 */
  readonly multiScale?: number;
  /** Sides other than `imgsz` are multiples of it. @default 32 */
  readonly stride?: number;
}

/** Batches that follow one another in one size: opening the network for another one takes longer than a step. */
const BATCHES_PER_SIDE = 10;

/** Keep these numbers apart from those of images and samplers. */
const SIDE_STREAM = 2 ** 32 - 2;
const RECT_STREAM = 2 ** 32 - 3;

/** Sums of shares that should be whole may be off by this much. */
const ROUNDING = 1e-9;

/**
 * Side of the images of a batch under `multiScale`: a multiple of the stride from `imgsz * (1 - multiScale)` to
 * `imgsz * (1 + multiScale)`, all equally likely, drawn anew every ten batches. Without, `imgsz`.
 */
export function sideAt(
  { imgsz, seed, multiScale = 0, stride = 32 }: Omit<TrainingBatchOptions, "batch">,
  epoch: number,
  batchIndex: number,
): number {
  if (multiScale === 0) return imgsz;
  const least = Math.max(1, Math.ceil((imgsz * (1 - multiScale)) / stride - ROUNDING));
  const most = Math.floor((imgsz * (1 + multiScale)) / stride + ROUNDING);
  const random = new Random(hashSeed(seed, epoch, SIDE_STREAM, Math.floor(batchIndex / BATCHES_PER_SIDE)));
  return stride * random.integer(least, most + 1);
}

/**
 * Largest side that any batch can have.
 *
 * @throws {ArgumentError} if `multiScale` is out of range, or sides are to vary or differ and `imgsz` is no multiple of
 * the stride
 */
export function largestSide({
  imgsz,
  rect = false,
  multiScale = 0,
  stride = 32,
}: Omit<TrainingBatchOptions, "batch" | "seed">): number {
  if (!(multiScale >= 0 && multiScale < 1)) {
    throw new ArgumentError(`multi_scale is ${multiScale}, expected a share from 0 to below 1`);
  }
  if ((rect || multiScale > 0) && imgsz % stride !== 0) {
    throw new ArgumentError(`imgsz is ${imgsz}, expected a multiple of ${stride} under rect and multi_scale`);
  }
  return multiScale === 0 ? imgsz : Math.floor((imgsz * (1 + multiScale)) / stride + ROUNDING) * stride;
}

/**
 * Batches of an epoch. Squares follow the order; rectangles hold images of like height / width, sorted so that equal
 * ones meet in the epoch's order, and come in an order of their own, drawn for the epoch.
 *
 * @throws {ArgumentError} if the size of an image is not known, under `rect`
 */
export function trainingBatches(
  order: EpochOrder,
  samples: readonly Sample[],
  epoch: number,
  options: TrainingBatchOptions,
): BatchShape[] {
  const { batch, seed, rect = false, stride = 32 } = options;
  const squares = squareBatches(order.length, options.imgsz, batch);
  if (!rect) {
    return squares.map((shape, i) => {
      const side = sideAt(options, epoch, i);
      return { ...shape, width: side, height: side };
    });
  }
  const ratios = proportions(samples);
  const ratioAt = (position: number) => ratios[order.at(position)];
  const sorted = Array.from({ length: order.length }, (_, i) => i).sort((a, b) => ratioAt(a) - ratioAt(b) || a - b);
  const groups = squares.map(({ positions }) => positions.map((i) => sorted[i]));
  new Random(hashSeed(seed, epoch, RECT_STREAM)).shuffle(groups);
  return groups.map((positions, i) => {
    const side = sideAt(options, epoch, i);
    const length = (share: number) => Math.ceil((share * side) / stride - ROUNDING) * stride;
    const flattest = ratioAt(positions[0]);
    const tallest = ratioAt(positions[positions.length - 1]);
    return { width: length(Math.min(1, 1 / flattest)), height: length(Math.min(1, tallest)), positions };
  });
}
