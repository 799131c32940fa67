/**
 * @file Average precision per class, as the public YOLO tools compute it.
 *
 * Precision is made non-rising in recall, interpolated linearly at 101 recalls and integrated by trapezoids (release
 * 8.4). COCO takes the step value instead; on few lesions the two differ by several hundredths.
 */
import { ShapeError } from "../errors";
import { interpolate } from "../math/interpolate";

export interface AveragePrecisionInput {
  /** n x T, row-major: 1 where a detection is a hit at a threshold of overlap. */
  readonly tp: Uint8Array;
  /** Confidences, n. */
  readonly conf: ArrayLike<number>;
  /** Class of each detection, n. */
  readonly predClass: ArrayLike<number>;
  /** Class of each labelled lesion, any number. */
  readonly targetClass: ArrayLike<number>;
  /** T. @default 10 */
  readonly thresholds?: number;
}

/** Curves of one class at `CURVE_POINTS` even steps of 0 ... 1. */
export interface ClassCurves {
  /** Precision, recall and F1 by confidence, at the first threshold. */
  readonly precision: Float64Array;
  readonly recall: Float64Array;
  readonly f1: Float64Array;
  /** Precision by recall, at the first threshold. */
  readonly precisionAtRecall: Float64Array;
}

export interface ClassPrecision {
  readonly classId: number;
  /** Labelled lesions. */
  readonly labels: number;
  readonly detections: number;
  /** At the confidence where the mean F1 of all classes is best, and the first threshold. */
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** T values. */
  readonly ap: Float64Array;
  readonly curves: ClassCurves;
}

export interface AveragePrecision {
  /** Classes that have labels, by rising id. Detections of a class without labels count nowhere. */
  readonly classes: readonly ClassPrecision[];
  /** Confidence where the mean F1, smoothed, is best; 0 without classes. */
  readonly bestConfidence: number;
}

/** Points of every curve. */
export const CURVE_POINTS = 1000;

/** Keeps 0 / 0 at 0; the public tools' own. */
const EPSILON = 1e-16;

/** `n` even steps of 0 ... 1, multiplied as NumPy does: a recall that falls on one of them must fall on it here too. */
function evenSteps(n: number): Float64Array {
  const step = 1 / (n - 1);
  return Float64Array.from({ length: n }, (_, i) => (i === n - 1 ? 1 : i * step));
}

const GRID = evenSteps(CURVE_POINTS);
const RECALLS = evenSteps(101);

/**
 * Average precision, and precision and recall at the best F1, of every class that has labels.
 *
 * Equal confidences keep input order.
 *
 * @throws {ShapeError} if the lengths do not fit
 */
export function apPerClass({
  tp,
  conf,
  predClass,
  targetClass,
  thresholds = 10,
}: AveragePrecisionInput): AveragePrecision {
  const n = conf.length;
  if (predClass.length !== n || tp.length !== n * thresholds) {
    throw new ShapeError(
      `apPerClass: ${n} confidences, ${predClass.length} classes and ${tp.length} hits, expected ${n * thresholds}`,
    );
  }
  const order = Uint32Array.from({ length: n }, (_, i) => i).sort((i, j) => conf[j] - conf[i] || i - j);
  const labels = new Map<number, number>();
  for (let i = 0; i < targetClass.length; i++) labels.set(targetClass[i], (labels.get(targetClass[i]) ?? 0) + 1);
  const measured = [...labels]
    .sort(([a], [b]) => a - b)
    .map(([classId, count]) => {
      const own = order.filter((i) => predClass[i] === classId);
      return { classId, labels: count, detections: own.length, ...classCurves(tp, conf, own, count, thresholds) };
    });
  const best = bestF1(measured.map(({ curves }) => curves.f1));
  return {
    classes: measured.map((one) => ({
      ...one,
      precision: one.curves.precision[best],
      recall: one.curves.recall[best],
      f1: one.curves.f1[best],
    })),
    bestConfidence: GRID[best],
  };
}

/** Curves and AP of the detections `own`, most confident first, against `labels` lesions of their class. */
function classCurves(
  tp: Uint8Array,
  conf: ArrayLike<number>,
  own: Uint32Array,
  labels: number,
  thresholds: number,
): { readonly ap: Float64Array; readonly curves: ClassCurves } {
  const n = own.length;
  const ap = new Float64Array(thresholds);
  const flat = () => new Float64Array(CURVE_POINTS);
  let curves: ClassCurves = { precision: flat(), recall: flat(), f1: flat(), precisionAtRecall: flat() };
  if (n === 0) return { ap, curves };
  const recall = new Float64Array(n);
  const precision = new Float64Array(n);
  for (let t = 0; t < thresholds; t++) {
    let hits = 0;
    for (let i = 0; i < n; i++) {
      hits += tp[own[i] * thresholds + t];
      recall[i] = hits / (labels + EPSILON);
      precision[i] = hits / (i + 1);
    }
    const { recalls, envelope } = precisionEnvelope(recall, precision);
    ap[t] = integrate(interpolate(RECALLS, recalls, envelope));
    if (t > 0) continue;
    // By falling confidence, hence by rising negated confidence.
    const confidence = Float64Array.from(own, (i) => -conf[i]);
    const at = GRID.map((x) => -x);
    const p = interpolate(at, confidence, precision, 1);
    const r = interpolate(at, confidence, recall, 0);
    const f1 = p.map((value, i) => (2 * value * r[i]) / (value + r[i] + EPSILON));
    curves = { precision: p, recall: r, f1, precisionAtRecall: interpolate(GRID, recalls, envelope) };
  }
  return { ap, curves };
}

/**
 * Precision by recall made non-rising, from (0, 1) on. Beyond the last recall that was reached it is 0: releases of the
 * public tools before 8.4 went on to (1, 0) in a straight line instead, which gives more.
 */
function precisionEnvelope(recall: Float64Array, precision: Float64Array) {
  const n = recall.length;
  const recalls = new Float64Array(n + 3);
  const envelope = new Float64Array(n + 3);
  recalls.set(recall, 1);
  envelope.set(precision, 1);
  recalls[n + 1] = recall[n - 1];
  recalls[n + 2] = 1;
  envelope[0] = 1;
  for (let i = n; i >= 0; i--) envelope[i] = Math.max(envelope[i], envelope[i + 1]);
  return { recalls, envelope };
}

/** Integral over 0 ... 1 of a function known at even steps, by trapezoids. */
function integrate(values: Float64Array): number {
  let sum = 0;
  for (let i = 1; i < values.length; i++) sum += (values[i - 1] + values[i]) / 2;
  return sum / (values.length - 1);
}

/** Width of the box filter over the mean F1: a tenth of the curve and one point, so that it has a middle. */
const SMOOTHING = CURVE_POINTS / 10 + 1;

/** Index of the best point of the mean of `curves`, smoothed, its ends carried on. */
function bestF1(curves: readonly Float64Array[]): number {
  if (curves.length === 0) return 0;
  const mean = GRID.map((_, i) => curves.reduce((sum, curve) => sum + curve[i], 0) / curves.length);
  const reach = (SMOOTHING - 1) / 2;
  let best = 0;
  let bestSum = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < CURVE_POINTS; i++) {
    let sum = 0;
    for (let k = i - reach; k <= i + reach; k++) sum += mean[Math.min(Math.max(k, 0), CURVE_POINTS - 1)];
    // A hair of slack: on a plateau the first point wins, whatever the rounding of the sums.
    if (sum > bestSum + 1e-12) {
      bestSum = sum;
      best = i;
    }
  }
  return best;
}
