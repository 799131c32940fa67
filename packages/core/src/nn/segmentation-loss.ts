/**
 * @file The mask term of a segmenting detector's loss, on top of the detection loss.
 *
 * Bolya et al., YOLACT, 2019, arXiv:1904.02689: each foreground anchor's coefficients weigh the image's prototypes; the
 * result is compared with the mask of its ground truth inside the box. B images of N anchors; Q slots for an image's
 * foreground anchors; P pixels of the prototypes.
 */
import type { Tensor } from "../graph/op";
import { fixed, product } from "../graph/shape";
import {
  add,
  and,
  cast,
  concat,
  constant,
  div,
  equal,
  gather,
  gatherElements,
  greater,
  input,
  less,
  matMul,
  max,
  mul,
  not,
  reduceSum,
  reshape,
  slice,
  sub,
  topKOf,
  transpose,
} from "../graph/tensor";
import type { TruthInputs } from "./assign";
import { crossEntropy } from "./class-loss";
import { batchSize, type DetectionLoss, detectionLoss } from "./detection-loss";
import { joinLevels, type RawMaps } from "./head";
import type { LossOptions } from "./loss-options";

/** What the mask loss is fed beside the ground truths. */
export interface MaskInputs {
  /** (B, H / 4, W / 4) uint8: 0 background, k the k-th ground truth of the image. */
  readonly masks: Tensor;
  /** (M): position within its image, from 1. */
  readonly ranks: Tensor;
  /** (1) int64: most foreground anchors that an image can have, ten for each ground truth. */
  readonly slots: Tensor;
}

/** Inputs named `masks`, `truth_ranks`, `mask_slots`. */
function maskInputs(prototypes: Tensor): MaskInputs {
  return {
    masks: input("masks", "uint8", [prototypes.shape[0], ...prototypes.shape.slice(2)]),
    ranks: input("truth_ranks", "float32", ["truths"]),
    slots: input("mask_slots", "int64", [1]),
  };
}

/** Loss of a batch; items are box, seg, cls, dfl. The mask term is weighted by the box gain. */
export function segmentationLoss(
  maps: RawMaps,
  strides: readonly number[],
  truths: TruthInputs,
  options: LossOptions = {},
): Pick<DetectionLoss, "total" | "items" | "iouMean"> {
  const detection = detectionLoss(maps, strides, truths, options);
  const { coefficients, prototypes } = maps;
  if (!coefficients || !prototypes) throw new Error("unreachable: a segmenting head without prototypes");
  const term = mul(
    maskTerm(detection, joinLevels(coefficients), prototypes, truths, maskInputs(prototypes), strides[0]),
    options.box ?? 7.5,
  );
  const items = concat([slice(detection.items, 0, 0, 1), reshape(term, [1]), slice(detection.items, 0, 1, 3)], {
    axis: 0,
  });
  return { total: mul(reduceSum(items), batchSize(coefficients[0])), items, iouMean: detection.iouMean };
}

/**
 * Mean over foreground anchors of the cropped cross-entropy divided by the relative area of the box, each weighing what
 * its ground truth weighs.
 */
function maskTerm(
  { assignment }: DetectionLoss,
  coefficients: Tensor,
  prototypes: Tensor,
  truths: TruthInputs,
  { masks, ranks, slots }: MaskInputs,
  finestStride: number,
): Tensor {
  const [batch, depth, height, width] = prototypes.shape;
  const count = coefficients.shape[2];
  const pixels = product([height, width]);
  const perImage = (x: Tensor) => reshape(x, [batch, count]);

  // The foreground anchors of each image, then background ones, which count nothing.
  const found = topKOf(perImage(assignment.foreground), slots, "slots");
  const active = found.values; // (B, Q) 1 or 0
  const pick = (x: Tensor) => gatherElements(x, found.indices, { axis: 1 });
  const truth = pick(perImage(assignment.truth)); // (B, Q)
  const own = transpose(coefficients, [0, 2, 1]); // (B, N, 32)
  const wide = add(mul(reshape(found.indices, [batch, "slots", 1]), one()), zeros(fixed(depth, "masks")));
  const weights = gatherElements(own, wide, { axis: 1 }); // (B, Q, 32)
  const logits = matMul(weights, reshape(prototypes, [batch, depth, pixels])); // (B, Q, P)

  const rank = reshape(gather(ranks, truth, { axis: 0 }), [batch, "slots", 1]);
  const target = cast(equal(reshape(cast(masks, "float32"), [batch, 1, pixels]), rank), "float32");
  // Boxes in prototype pixels, twice as fine as the finest level.
  const boxes = mul(gather(truths.boxes, truth, { axis: 0 }), 2 / finestStride); // (B, Q, 4)
  const inside = within(boxes, fixed(height, "masks"), fixed(width, "masks"));
  const [x1, y1, x2, y2] = [0, 1, 2, 3].map((i) => slice(boxes, 2, i, i + 1));
  const area = mul(mul(sub(x2, x1), sub(y2, y1)), 1 / fixed(pixels, "masks")); // (B, Q, 1)
  const loss = mul(crossEntropy(logits, target), inside);
  const mean = mul(reduceSum(loss, { axes: [2], keepdims: true }), 1 / fixed(pixels, "masks"));
  // Unused slots may point at a box without area.
  const safe = max(area, 1e-12);
  const weight = truths.weights ? mul(active, gather(truths.weights, truth, { axis: 0 })) : active;
  const counted = mul(div(mean, safe), reshape(weight, [batch, "slots", 1]));
  return div(reduceSum(counted), max(reduceSum(weight), 1));
}

const one = () => constant(BigInt64Array.of(1n), [], "int64");
const zeros = (n: number) => constant(new BigInt64Array(n), [1, 1, n], "int64");

/** 1 on pixels whose whole-number position lies in the box: x1 <= column < x2, y1 <= row < y2. (B, Q, P) */
function within(boxes: Tensor, height: number, width: number): Tensor {
  const columns = new Float32Array(height * width);
  const rows = new Float32Array(height * width);
  for (let i = 0; i < columns.length; i++) {
    columns[i] = i % width;
    rows[i] = Math.floor(i / width);
  }
  const across = constant(columns, [1, 1, columns.length]);
  const down = constant(rows, [1, 1, rows.length]);
  const [x1, y1, x2, y2] = [0, 1, 2, 3].map((i) => slice(boxes, 2, i, i + 1));
  const between = (v: Tensor, low: Tensor, high: Tensor) => and(not(less(v, low)), greater(high, v));
  return cast(and(between(across, x1, x2), between(down, y1, y2)), "float32");
}
