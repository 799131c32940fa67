/**
 * @file The task-aligned assigner inside a graph, on candidate lists.
 *
 * Feng et al., "TOOD: task-aligned one-stage object detection", 2021, arXiv:2108.07755, with top 10, alpha 0.5, beta 6.
 * Overlap is CIoU, whatever boxes are trained by. Nothing here carries a gradient. M ground truths with L candidates together, at most K each; B images of N anchors,
 * C classes.
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
  fullLike,
  gather,
  greater,
  input,
  less,
  max,
  mul,
  not,
  or,
  pow,
  reshape,
  scatterND,
  sigmoid,
  slice,
  sqrt,
  sub,
  topK,
} from "../graph/tensor";
import { ciou } from "./iou";
import type { LossOptions } from "./loss-options";

const TOP = 10;
const EPSILON = 1e-9;

/** Where all ground truths are to be assigned, each has an anchor whose target is at least this. */
const LEAST_TARGET = 0.1;

export type TruthInputOptions = Pick<LossOptions, "assignAll" | "softLabels">;

/** Ground truths as graph inputs; see `Truths` for what to feed. */
export interface TruthInputs {
  /** (M, 4) pixels x1 y1 x2 y2. */
  readonly boxes: Tensor;
  /** (M) int64 */
  readonly classes: Tensor;
  /** (L) int64: image * N + anchor. */
  readonly candidates: Tensor;
  /** (L) int64: ground truth of each candidate. */
  readonly rows: Tensor;
  /** (M, K) int64: places of a ground truth's candidates in the list. */
  readonly slots: Tensor;
  /** (L) 1 or 0. */
  readonly valid: Tensor;
  /** (L): 1 on the pair of each ground truth with the anchor that is kept for it; only if all are to be assigned. */
  readonly kept?: Tensor;
  /** (M): weight of each ground truth in the loss, 0 to 1; only with soft labels. */
  readonly weights?: Tensor;
  /** (I) int64: image * N + anchor to ignore; may repeat; only with soft labels. */
  readonly ignored?: Tensor;
}

/** Graph inputs of symbolic size, named as `truthFeeds` names them; those that an option asks for come last. */
export function truthInputs({ assignAll = false, softLabels = false }: TruthInputOptions = {}): TruthInputs {
  return {
    boxes: input("truth_boxes", "float32", ["truths", 4]),
    classes: input("truth_classes", "int64", ["truths"]),
    candidates: input("candidates", "int64", ["candidates"]),
    rows: input("candidate_rows", "int64", ["candidates"]),
    slots: input("candidate_slots", "int64", ["truths", "columns"]),
    valid: input("candidates_valid", "float32", ["candidates"]),
    ...(assignAll && { kept: input("candidates_kept", "float32", ["candidates"]) }),
    ...(softLabels && {
      weights: input("truth_weights", "float32", ["truths"]),
      ignored: input("ignored_anchors", "int64", ["ignored"]),
    }),
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
  const { candidates, rows, valid } = truths;
  const classes = fixed(logits.shape[1], "assign");
  const anchors = tuples(candidates);
  const ofTruth = (x: Tensor) => gather(x, rows, { axis: 0 });

  // Position of each candidate's own class among all logits.
  const own = add(mul(candidates, int64Scalar(classes)), ofTruth(truths.classes));
  const probability = sigmoid(gather(reshape(logits, [product(logits.shape)]), own, { axis: 0 })); // (L)
  const iou = reshape(ciou(ofTruth(truths.boxes), gather(boxes, candidates, { axis: 0 })), candidates.shape);
  const overlap = mul(clip(iou, { min: 0 }), valid);
  const metric = mul(mul(sqrt(probability), pow(overlap, 6)), valid);

  const perAnchor = reshape(fullLike(slice(boxes, 1, 0, 1), 0), [boxes.shape[0]]);
  const chosen = mul(atLeastTenth(metric, truths), cast(greater(metric, 0), "float32"));
  const positive = mul(resolveConflicts(chosen, overlap, perAnchor, truths), valid);

  // The best anchor of a ground truth gets its overlap as target, the others less by their metric.
  const perTruth = cast(fullLike(truths.classes, 0), "float32");
  const best = (x: Tensor) => ofTruth(scatterND(perTruth, tuples(rows), mul(x, positive), "max"));
  const usual = div(mul(mul(metric, positive), best(overlap)), add(best(metric), EPSILON));
  const { target, taken } = truths.kept
    ? withKept(usual, positive, truths.kept, (x) => ofTruth(scatterND(perTruth, tuples(rows), x, "max")))
    : { target: usual, taken: positive };

  const numbers = add(cast(rows, "float32"), 1);
  const truth = scatterND(perAnchor, anchors, mul(taken, numbers), "max");
  const perClass = reshape(fullLike(logits, 0), [product(logits.shape)]);
  return {
    scores: scatterND(perClass, tuples(own), target, "add"),
    weights: scatterND(perAnchor, anchors, target, "add"),
    truth: cast(clip(sub(truth, 1), { min: 0 }), "int64"),
    foreground: cast(greater(truth, 0), "float32"),
  };
}

const int64Scalar = (value: number) => constant(BigInt64Array.of(BigInt(value)), [], "int64");

/** Positions (L) as the index tuples of ScatterND: (L, 1). */
function tuples(positions: Tensor): Tensor {
  return reshape(positions, [positions.shape[0], 1]);
}

/** 1 where a candidate is among the ten best of its ground truth; all of several that tie for the tenth place. */
function atLeastTenth(metric: Tensor, { rows, slots }: TruthInputs): Tensor {
  const best = topK(gather(metric, slots, { axis: 0 }), TOP).values; // (M, 10)
  const tenth = reshape(slice(best, 1, TOP - 1, TOP), [slots.shape[0]]);
  return cast(not(greater(gather(tenth, rows, { axis: 0 }), metric)), "float32");
}

/**
 * A ground truth that found no anchor, or none with a target worth the name, takes the one that is kept for it.
 *
 * Nobody else can have chosen that anchor, so that one pass does for all. A rule about the target, not about having an
 * anchor: with an overlap near 0 the target is near 0 too, and nothing would be learned.
 *
 * @param best largest value over the pairs of each one's ground truth
 */
function withKept(target: Tensor, positive: Tensor, kept: Tensor, best: (x: Tensor) => Tensor) {
  const needed = mul(kept, cast(less(best(target), LEAST_TARGET), "float32"));
  return { target: max(target, mul(needed, LEAST_TARGET)), taken: max(positive, needed) };
}

/**
 * An anchor that several ground truths chose goes to the one it overlaps most; the first of equals.
 *
 * @param perAnchor zeros (B N)
 */
function resolveConflicts(chosen: Tensor, overlap: Tensor, perAnchor: Tensor, truths: TruthInputs): Tensor {
  const { candidates, rows } = truths;
  const overAnchors = (x: Tensor, reduction: "add" | "max") =>
    gather(scatterND(perAnchor, tuples(candidates), x, reduction), candidates, { axis: 0 });
  const leads = and(equal(overlap, overAnchors(overlap, "max")), greater(overlap, 0));
  // Bids fall with the row, so that the first of equals bids most.
  const order = div(1, add(cast(rows, "float32"), 1));
  const wins = and(leads, equal(order, overAnchors(mul(cast(leads, "float32"), order), "max")));
  const disputed = greater(overAnchors(chosen, "add"), 1.5);
  const undisputed = and(not(disputed), greater(chosen, 0.5));
  return cast(or(undisputed, and(disputed, wins)), "float32");
}
