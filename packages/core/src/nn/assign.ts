/**
 * @file The task-aligned assigner inside a graph, on candidate lists.
 *
 * Feng et al., "TOOD: task-aligned one-stage object detection", 2021, arXiv:2108.07755, with top 10, alpha 0.5, beta 6.
 * Nothing here carries a gradient. M ground truths, K candidates each, B images of N anchors, C classes.
 */
import type { Tensor } from "../graph/op";
import { fixed, product } from "../graph/shape";
import {
  add,
  and,
  cast,
  clip,
  constant,
  div,
  equal,
  expandLike,
  fullLike,
  gather,
  greater,
  input,
  mul,
  not,
  or,
  pow,
  range,
  reduceMax,
  reshape,
  scatterND,
  shapeOf,
  sigmoid,
  slice,
  sqrt,
  sub,
  topK,
} from "../graph/tensor";
import { ciou } from "./iou";

const TOP = 10;
const EPSILON = 1e-9;

/** Ground truths as graph inputs; see `Truths` for what to feed. */
export interface TruthInputs {
  /** (M, 4) pixels x1 y1 x2 y2. */
  readonly boxes: Tensor;
  /** (M) int64 */
  readonly classes: Tensor;
  /** (M, K) int64: image * N + anchor. */
  readonly candidates: Tensor;
  /** (M, K) 1 or 0. */
  readonly valid: Tensor;
}

/** Inputs named `truth_boxes`, `truth_classes`, `candidates`, `candidates_valid`, of symbolic size. */
export function truthInputs(): TruthInputs {
  return {
    boxes: input("truth_boxes", "float32", ["truths", 4]),
    classes: input("truth_classes", "int64", ["truths"]),
    candidates: input("candidates", "int64", ["truths", "candidates"]),
    valid: input("candidates_valid", "float32", ["truths", "candidates"]),
  };
}

/** What the assigner decides for each of the B N anchors. */
export interface Assignment {
  /** (B N C): soft one-hot targets. */
  readonly scores: Tensor;
  /** (B N): the target of the anchor's own class, 0 where it is background. */
  readonly weights: Tensor;
  /** (B N) int64: row of its ground truth; 0 where it is background. */
  readonly truth: Tensor;
  /** (B N): 1 on anchors that belong to a ground truth, else 0. */
  readonly foreground: Tensor;
}

/**
 * Assigns anchors to ground truths by classification and overlap together.
 *
 * @param boxes predictions (B N, 4), pixels
 * @param logits class logits (B N, C)
 */
export function assign(boxes: Tensor, logits: Tensor, truths: TruthInputs): Assignment {
  const { candidates, valid } = truths;
  const classes = fixed(logits.shape[1], "assign");
  const tuples = flatIndices(candidates);

  // Position of each candidate's own class among all logits.
  const own = add(mul(candidates, int64Scalar(classes)), reshape(truths.classes, ["truths", 1]));
  const probability = sigmoid(gather(reshape(logits, [product(logits.shape)]), own, { axis: 0 })); // (M, K)
  const predicted = gather(boxes, candidates, { axis: 0 }); // (M, K, 4)
  const iou = ciou(reshape(truths.boxes, ["truths", 1, 4]), predicted, { axis: 2 });
  const overlap = mul(clip(reshape(iou, candidates.shape), { min: 0 }), valid);
  const metric = mul(mul(sqrt(probability), pow(overlap, 6)), valid);

  const chosen = mul(atLeastTenth(metric), cast(greater(metric, 0), "float32"));
  const positive = mul(resolveConflicts(chosen, overlap, boxes, truths, tuples), valid);

  // The best anchor of a ground truth gets its overlap as target, the others less by their metric.
  const best = (x: Tensor) => reduceMax(mul(x, positive), { axes: [1], keepdims: true });
  const target = div(mul(mul(metric, positive), best(overlap)), add(best(metric), EPSILON));

  const perAnchor = fullLike(slice(boxes, 1, 0, 1), 0);
  const anchors = reshape(perAnchor, [boxes.shape[0]]);
  const rows = add(reshape(rowNumbers(truths), ["truths", 1]), 1);
  const truth = scatterND(anchors, tuples, flat(mul(positive, rows)), "max");
  const perClass = reshape(fullLike(logits, 0), [product(logits.shape)]);
  return {
    scores: scatterND(perClass, flatIndices(own), flat(target), "add"),
    weights: scatterND(anchors, tuples, flat(target), "add"),
    truth: cast(clip(sub(truth, 1), { min: 0 }), "int64"),
    foreground: cast(greater(truth, 0), "float32"),
  };
}

const int64Scalar = (value: number) => constant(BigInt64Array.of(BigInt(value)), [], "int64");

const flat = (x: Tensor) => reshape(x, [product(x.shape)]);

/** (M, K) positions as the index tuples of ScatterND: (M K, 1). */
function flatIndices(x: Tensor): Tensor {
  return reshape(x, [product(x.shape), 1]);
}

/** 0, 1 ... M - 1 as float32 (M). */
function rowNumbers(truths: TruthInputs): Tensor {
  return cast(range(reshape(shapeOf(truths.classes), []), "truths"), "float32");
}

/** 1 where a value is among the ten largest of its row; all of several that tie for the tenth place. */
function atLeastTenth(metric: Tensor): Tensor {
  const tenth = slice(topK(metric, TOP).values, 1, TOP - 1, TOP);
  return cast(not(greater(tenth, metric)), "float32");
}

/** An anchor that several ground truths chose goes to the one it overlaps most; the first of equals. */
function resolveConflicts(chosen: Tensor, overlap: Tensor, boxes: Tensor, truths: TruthInputs, tuples: Tensor): Tensor {
  const { candidates } = truths;
  const zeros = reshape(fullLike(slice(boxes, 1, 0, 1), 0), [boxes.shape[0]]);
  const at = (perAnchor: Tensor) => gather(perAnchor, candidates, { axis: 0 }); // (M, K)
  const contenders = at(scatterND(zeros, tuples, flat(chosen), "add"));
  const most = at(scatterND(zeros, tuples, flat(overlap), "max"));
  const leads = and(equal(overlap, most), greater(overlap, 0));
  // Bids fall with the row, so that the first of equals bids most.
  const order = div(1, add(reshape(rowNumbers(truths), ["truths", 1]), 1));
  const bid = mul(cast(leads, "float32"), order);
  const winner = at(scatterND(zeros, tuples, flat(bid), "max"));
  const wins = and(leads, equal(expandLike(order, overlap), winner));
  const disputed = greater(contenders, 1.5);
  const undisputed = and(not(disputed), greater(chosen, 0.5));
  return cast(or(undisputed, and(disputed, wins)), "float32");
}
