/**
 * @file FROC as MONAI computes it for tumour detection on slides (CAMELYON16): points against a mask of labelled lesions.
 *
 * Bejnordi et al., JAMA 318 (2017), doi:10.1001/jama.2017.14585. Other than `froc.ts` the points of the curve are the
 * different scores but the lowest, which the missed lesions, entered with 0, are meant to have; without a missed lesion the
 * lowest real score is left out.
 */
import { ArgumentError, ShapeError } from "../errors";
import { interpolate } from "../math/interpolate";

/** Detections as points of the full resolution. */
export interface PointDetections {
  readonly scores: ArrayLike<number>;
  /** Pixels of level 0. */
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
}

/** Rows of lesion numbers from 1, 0 where there is none, at a level of half the resolution of the one before. */
export interface LesionMask {
  readonly rows: readonly (readonly number[])[];
  /** Level of the mask. @default 0 */
  readonly level?: number;
  /** Lesions that are not judged: neither hits nor targets. */
  readonly excluded?: readonly number[];
}

export interface FpTpScores {
  /** Scores of the detections on no lesion. */
  readonly fp: number[];
  /** For each lesion the highest score on it; 0 if it was missed or is excluded. */
  readonly tp: number[];
  /** Lesions that are judged. */
  readonly targets: number;
}

/**
 * Scores of false positives and of lesions (`compute_fp_tp_probs`).
 *
 * @throws {ShapeError} if the lengths differ
 * @throws {ArgumentError} if a point lies outside of the mask
 */
export function fpTpScores(
  { scores, x, y }: PointDetections,
  { rows, level = 0, excluded = [] }: LesionMask,
): FpTpScores {
  if (x.length !== scores.length || y.length !== scores.length) {
    throw new ShapeError(`fpTpScores: ${scores.length} scores for ${x.length} x and ${y.length} y`);
  }
  const lesions = rows.reduce((most, row) => row.reduce((a, b) => Math.max(a, b), most), 0);
  const left = new Set(excluded.filter((lesion) => lesion >= 1 && lesion <= lesions));
  const fp: number[] = [];
  const tp: number[] = new Array(lesions).fill(0);
  for (let i = 0; i < scores.length; i++) {
    const lesion = rows[Math.floor(y[i] / 2 ** level)]?.[Math.floor(x[i] / 2 ** level)];
    if (lesion === undefined) throw new ArgumentError(`fpTpScores: point ${x[i]}, ${y[i]} lies outside of the mask`);
    if (lesion === 0) fp.push(scores[i]);
    else if (!left.has(lesion)) tp[lesion - 1] = Math.max(tp[lesion - 1], scores[i]);
  }
  return { fp, tp, targets: lesions - left.size };
}

/** By rising false positives. */
export interface MonaiCurve {
  readonly fpPerImage: Float64Array;
  readonly sensitivity: Float64Array;
}

/** The curve over all images (`compute_froc_curve_data`, in the order of its score). */
export function monaiCurve({ fp, tp, targets }: FpTpScores, images: number): MonaiCurve {
  if (!(targets > 0 && images > 0)) {
    throw new ArgumentError(`monaiCurve: ${targets} lesions in ${images} images, wanted at least one of each`);
  }
  const thresholds = [...new Set([...fp, ...tp])].sort((a, b) => b - a).slice(0, -1);
  const atLeast = (scores: readonly number[], threshold: number) => scores.filter((score) => score >= threshold).length;
  return {
    fpPerImage: Float64Array.from([0, ...thresholds.map((threshold) => atLeast(fp, threshold) / images)]),
    sensitivity: Float64Array.from([0, ...thresholds.map((threshold) => atLeast(tp, threshold) / targets)]),
  };
}

/** CAMELYON16's false positives per slide. */
const SLIDE_POINTS = [0.25, 0.5, 1, 2, 4, 8];

/** Mean sensitivity at so many false positives per image (`compute_froc_score`). */
export function monaiScore({ fpPerImage, sensitivity }: MonaiCurve, points: readonly number[] = SLIDE_POINTS): number {
  const values = interpolate(Float64Array.from(points), fpPerImage, sensitivity);
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
