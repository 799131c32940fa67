/**
 * @file The class term of a detector's loss: binary cross-entropy with soft targets, and what may be asked of it.
 *
 * B images, N anchors, C classes, F anchors in the foreground. A target z is in [0, 1], p the sigmoid of a logit x.
 *
 *     l = w z softplus(-x) + (1 - z) softplus(x)        w: weight of the class; PyTorch calls it `pos_weight`
 *     L = |z - p|^gamma (a z + (1 - a) (1 - z)) l       gamma, a: focal loss
 *
 * For targets of 0 and 1 the factors are those of the focal loss (Lin et al., 2017, arXiv:1708.02002); for targets in
 * between |z - p| takes the place of 1 - p_t, as in the quality focal loss (Li et al., 2020, arXiv:2006.04388). The
 * factor is part of what is differentiated, as in both papers.
 *
 * Label smoothing (Szegedy et al., 2016, arXiv:1512.00567) spreads a share of a foreground anchor's target over all
 * classes, its own too; background stays 0, and so does the network of one class. The sum of the targets stays.
 */
import type { Tensor } from "../graph/op";
import { fixed } from "../graph/shape";
import {
  abs,
  add,
  clip,
  constant,
  fullLike,
  gather,
  matMul,
  mul,
  oneHot,
  pow,
  reduceSum,
  reshape,
  scatterND,
  sigmoid,
  softplus,
  square,
  sub,
} from "../graph/tensor";
import type { Assignment, TruthInputs } from "./assign";
import type { LossOptions } from "./loss-options";

/** Binary cross-entropy of logits with soft targets: log(1 + e^x) - x z. */
export function crossEntropy(logits: Tensor, targets: Tensor): Tensor {
  return sub(softplus(logits), mul(logits, targets));
}

/** What is scored, and against what. */
export interface ClassLossInput {
  /** (B N, C) */
  readonly logits: Tensor;
  readonly assignment: Assignment;
  readonly truths: TruthInputs;
  /** (F) int64: the foreground anchors among all. */
  readonly foreground: Tensor;
  /** (F) int64: ground truth of each of them. */
  readonly owners: Tensor;
  /** (F): weight of each one's ground truth; none where all weigh 1. */
  readonly importance?: Tensor;
}

type ClassLossOptions = Pick<LossOptions, "focalGamma" | "focalAlpha" | "labelSmoothing" | "classWeights">;

/** Sum over anchors and classes, a scalar. */
export function classLoss(input: ClassLossInput, options: ClassLossOptions): Tensor {
  const { focalGamma = 0, focalAlpha = 0, labelSmoothing = 0, classWeights } = options;
  const { logits, assignment, importance } = input;
  if (focalGamma || focalAlpha || labelSmoothing || classWeights || importance) {
    return add(backgroundLoss(input, options), foregroundLoss(input, options));
  }
  return reduceSum(crossEntropy(logits, reshape(assignment.scores, logits.shape)));
}

/**
 * All anchors but those of the foreground, whose targets are 0: the only passes over all logits. Anchors to ignore count
 * nothing.
 */
function backgroundLoss({ logits, assignment, truths }: ClassLossInput, options: ClassLossOptions): Tensor {
  const { focalGamma = 0, focalAlpha = 0 } = options;
  const background = sub(1, assignment.foreground);
  const counted = truths.ignored ? mul(background, sub(1, marked(truths.ignored, background))) : background;
  const loss = softplus(logits);
  const modulated = focalGamma ? mul(power(sigmoid(logits), focalGamma), loss) : loss;
  // As a product of matrices, since a column beside narrow rows is slow.
  const sum = reduceSum(matMul(reshape(counted, [1, logits.shape[0]]), modulated));
  return focalAlpha ? mul(sum, 1 - focalAlpha) : sum;
}

/** 1 at the positions, which may repeat, else 0; a vector like `like`. */
function marked(positions: Tensor, like: Tensor): Tensor {
  const tuples = reshape(positions, [...positions.shape, 1]);
  return scatterND(fullLike(like, 0), tuples, fullLike(positions, 1), "max");
}

/** The few anchors with a ground truth. */
function foregroundLoss(input: ClassLossInput, options: ClassLossOptions): Tensor {
  const { focalGamma = 0, focalAlpha = 0, classWeights } = options;
  const { foreground, importance } = input;
  const logits = gather(input.logits, foreground, { axis: 0 }); // (F, C)
  const targets = targetsOf(input, options);
  const absent = sub(1, targets);
  const ifAbsent = softplus(logits);
  const weighted = classWeights
    ? mul(targets, constant(Float32Array.from(classWeights), [classWeights.length]))
    : targets;
  let loss = add(mul(weighted, sub(ifAbsent, logits)), mul(absent, ifAbsent));
  if (focalGamma) loss = mul(loss, power(abs(sub(targets, sigmoid(logits))), focalGamma));
  if (focalAlpha) loss = mul(loss, add(mul(targets, focalAlpha), mul(absent, 1 - focalAlpha)));
  if (importance) loss = mul(loss, reshape(importance, [...importance.shape, 1]));
  return reduceSum(loss);
}

/** Soft targets of the foreground anchors, (F, C). */
function targetsOf(input: ClassLossInput, { labelSmoothing = 0 }: ClassLossOptions): Tensor {
  const { logits, assignment, truths, foreground, owners } = input;
  const classes = fixed(logits.shape[1], "classLoss");
  const own = oneHot(gather(truths.classes, owners, { axis: 0 }), classes);
  const smooth = labelSmoothing ? add(mul(own, 1 - labelSmoothing), labelSmoothing / classes) : own;
  const strength = gather(assignment.weights, foreground, { axis: 0 });
  return mul(smooth, reshape(strength, [...strength.shape, 1]));
}

/** x^exponent of what is not negative. Below exponent 1 the slope at 0 has no bound, and is 0 from 1e-6 down. */
function power(x: Tensor, exponent: number): Tensor {
  if (exponent === 1) return x;
  if (exponent === 2) return square(x);
  return pow(exponent < 1 ? clip(x, { min: 1e-6 }) : x, exponent);
}
