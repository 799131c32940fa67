/**
 * @file The loss of a detector: box (CIoU or another overlap), class (`class-loss.ts`) and distribution focal loss.
 *
 * A ground truth of weight w has w times the loss at its anchors, and w times their share in what the loss is divided
 * by: with 0 they are as if they were not there, neither lesion nor background. It takes part in the assignment as any
 * other. Anchors to ignore that belong to no ground truth have no class loss.
 *
 * B images, N anchors, C classes, F anchors in the foreground. Only those have a box to learn, so that the box terms are
 * computed on them alone. Box logits are (B N, 4, 16) with the bins last.
 */
import type { Tensor } from "../graph/op";
import { fixed, product } from "../graph/shape";
import {
  abs,
  add,
  cast,
  clip,
  concat,
  constant,
  detach,
  div,
  expandLike,
  fullLike,
  gather,
  input,
  log,
  matMul,
  max,
  mul,
  nonZero,
  reduceMax,
  reduceMean,
  reduceSum,
  relu,
  reshape,
  shapeOf,
  slice,
  softmax,
  sub,
  transpose,
  withPullback,
} from "../graph/tensor";
import { type Assignment, assign, type TruthInputs } from "./assign";
import { classLoss } from "./class-loss";
import { type Anchors, anchorsOf, joinLevels, type RawMaps, REG_MAX } from "./head";
import { iouLoss, wiou } from "./iou";
import { checkLossOptions, type LossOptions } from "./loss-options";

export interface DetectionLoss {
  /** Scalar to differentiate: sum of the items times the batch size. */
  readonly total: Tensor;
  /** (3): box, cls, dfl, weighted by their gains. */
  readonly items: Tensor;
  readonly assignment: Assignment;
  /** Scalar: sum of the target scores, each times its ground truth's weight. The loss is divided by it, by 1 at least. */
  readonly targetSum: Tensor;
  /** (1): mean of 1 - IoU over the foreground, `iou_mean` itself if there is none; only of WIoU with `wiouScale`. */
  readonly iouMean?: Tensor;
  /** Scalar, with `iouMean`: boxes in the foreground, each counted by its ground truth's weight. */
  readonly iouCount?: Tensor;
}

/**
 * Loss of a batch.
 *
 * @param truths with what `assignAll` and `softLabels` add to them; the options are not looked at here
 * @throws {ArgumentError} if an option is out of range
 */
export function detectionLoss(
  maps: RawMaps,
  strides: readonly number[],
  truths: TruthInputs,
  options: LossOptions = {},
): DetectionLoss {
  const { box = 7.5, cls = 0.5, dfl = 1.5 } = options;
  const scores = joinLevels(maps.scores); // (B, C, N)
  const [batch, classes, count] = scores.shape;
  checkLossOptions(options, fixed(classes, "detectionLoss"));
  const all = product([batch, count]);
  const logits = reshape(transpose(scores, [0, 2, 1]), [all, classes]); // (B N, C)
  const bins = reshape(transpose(joinLevels(maps.boxes), [0, 2, 1]), [all, 4, REG_MAX]); // (B N, 4, 16)
  const guess = reshape(expectation(softmax(detach(bins))), [batch, count, 4]);
  const anchors = anchorRows(maps.boxes, strides, guess);
  const predicted = reshape(mul(boxesAround(anchors.points, guess, 2), anchors.strides), [all, 4]); // pixels
  const assignment = assign(predicted, detach(logits), truths);

  const foreground = nonZero(assignment.foreground, "foreground"); // (F)
  const chosen = <T extends Tensor>(x: T, width: readonly number[]) =>
    gather(reshape(x, [all, ...width]), foreground, { axis: 0 });
  const owners = chosen(assignment.truth, []);
  const points = chosen(anchors.points, [2]);
  const goal = div(gather(truths.boxes, owners, { axis: 0 }), chosen(anchors.strides, [1])); // (F, 4)
  const own = chosen(bins, [4, REG_MAX]);
  const spread = softmax(own);
  const box4 = boxesAround(points, reshape(expectation(spread), ["foreground", 4]), 1); // (F, 4), strides
  const importance = truths.weights && gather(truths.weights, owners, { axis: 0 }); // (F)
  const strength = chosen(assignment.weights, [1]);
  const weights = importance ? mul(strength, reshape(importance, ["foreground", 1])) : strength;
  const targetSum = reduceSum(importance ? weights : assignment.scores);
  const total = max(targetSum, 1);
  const boxes = boxLoss(box4, goal, importance, options);

  const mean = (loss: Tensor, gain: number) => mul(div(reduceSum(loss), total), gain);
  const items = [
    mean(mul(boxes.loss, transpose(weights, [1, 0])), box),
    mean(classLoss({ logits, assignment, truths, foreground, owners, importance }, options), cls),
    mean(mul(focalDistance(own, spread, distancesTo(goal, points)), weights), dfl),
  ];
  const vector = concat(
    items.map((item) => reshape(item, [1])),
    { axis: 0 },
  );
  const { iouMean, iouCount } = boxes;
  return { total: mul(reduceSum(vector), batchSize(scores)), items: vector, assignment, targetSum, iouMean, iouCount };
}

/**
 * Loss of each foreground box (1, F), and what the running mean of 1 - IoU learns where there is one.
 *
 * The graph judges a batch by the mean of those before it.
 */
function boxLoss(
  boxes: Tensor,
  goal: Tensor,
  importance: Tensor | undefined,
  { iouType = "ciou", wiouScale = false }: LossOptions,
): { readonly loss: Tensor } & Pick<DetectionLoss, "iouMean" | "iouCount"> {
  if (iouType !== "wiou" || !wiouScale) return { loss: iouLoss(iouType, boxes, goal) };
  const running = input("iou_mean", "float32", [1]);
  const wise = wiou(boxes, goal, running);
  const ones = reshape(importance ?? fullLike(wise.iouLoss, 1), [1, "foreground"]);
  const count = reduceSum(ones);
  // Where less than one box counts, the running mean fills up.
  const sum = add(reduceSum(mul(wise.iouLoss, ones)), mul(running, relu(sub(1, count))));
  return { loss: wise.loss, iouMean: div(sum, max(count, 1)), iouCount: count };
}

/** B as a float32 scalar. */
export function batchSize(x: Tensor): Tensor {
  return reshape(cast(shapeOf(x, 0, 1), "float32"), []);
}

/** Anchors of every image in rows: points (B, N, 2) in strides, strides (B, N, 1) in pixels. */
function anchorRows(levels: readonly Tensor[], strides: readonly number[], like: Tensor): Anchors {
  const { points, strides: pixels } = anchorsOf(levels, strides);
  const [, count] = like.shape;
  const rows = (x: Tensor, width: number) =>
    expandLike(reshape(transpose(x, [1, 0]), [1, count, width]), slice(like, 2, 0, width));
  return { points: rows(points, 2), strides: rows(pixels, 1) };
}

/** Mean bin of each side: (..., 16) to (..., 1). */
function expectation(probabilities: Tensor): Tensor {
  return matMul(probabilities, constant(BINS, [REG_MAX, 1]));
}

const BINS = Float32Array.from({ length: REG_MAX }, (_, i) => i);

/** Boxes x1 y1 x2 y2 around points, from distances left, top, right, bottom; all along the same axis. */
function boxesAround(points: Tensor, distances: Tensor, axis: number): Tensor {
  const near = sub(points, slice(distances, axis, 0, 2));
  const far = add(points, slice(distances, axis, 2, 4));
  return concat([near, far], { axis });
}

/** Distances left, top, right, bottom (F, 4) from anchors to a box's sides, within what the bins can say. */
function distancesTo(boxes: Tensor, points: Tensor): Tensor {
  const near = sub(points, slice(boxes, 1, 0, 2));
  const far = sub(slice(boxes, 1, 2, 4), points);
  return clip(concat([near, far], { axis: 1 }), { min: 0, max: REG_MAX - 1 - 0.01 });
}

/**
 * Cross-entropy with the two bins beside each distance, weighted by nearness, averaged over the sides: (F, 1).
 *
 * The target's weight of a bin is max(0, 1 - |bin - distance|), which is the published pair of weights in one formula.
 */
function focalDistance(bins: Tensor, spread: Tensor, distances: Tensor): Tensor {
  const apart = sub(constant(BINS, [1, 1, REG_MAX]), reshape(distances, [...distances.shape, 1]));
  const nearness = relu(sub(1, abs(apart)));
  const loss = sub(logSumExp(bins, spread), reduceSum(mul(bins, nearness), { axes: [2] })); // (F, 4)
  return reduceMean(loss, { axes: [1], keepdims: true });
}

/** log of the sum of exponentials along the last axis, from logits and their softmax, which is its gradient. */
function logSumExp(logits: Tensor, probabilities: Tensor): Tensor {
  const axes = [logits.shape.length - 1];
  // The largest probability is at least one over the number of bins, so that its logarithm is safe.
  const value = sub(reduceMax(logits, { axes }), log(reduceMax(probabilities, { axes })));
  return withPullback(value, {
    inputs: [logits],
    rule: (g) => [mul(probabilities, reshape(g, [...g.shape, 1]))],
  });
}
