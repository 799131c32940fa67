/**
 * @file Free-response ROC: lesion sensitivity against false positives per scan. A scan is what is read at once: a volume,
 * or an image.
 *
 * Bunch et al., "A free response approach to the measurement and characterization of radiographic observer
 * performance", 1977. The seven operating points, the straight lines between the points of the curve and the mean at the
 * seven are those of the LUNA16 challenge: Setio et al., Medical Image Analysis 42 (2017),
 * doi:10.1016/j.media.2017.06.015.
 */
import { ArgumentError, ShapeError } from "../errors";
import { orderByScore } from "../geometry/nms";
import { interpolate } from "../math/interpolate";

/** False positives per scan at which LUNA16 reads the curve. */
export const LUNA16_POINTS: readonly number[] = [1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8];

/** What a detection hits that hits no lesion. */
export const NO_LESION = -1;

export interface FrocInput {
  /** Confidences of all scans' detections, n, in any order, not NaN. */
  readonly scores: ArrayLike<number>;
  /** The lesion that each detection hits, n: its number over all scans, from 0, or `NO_LESION`. */
  readonly hits: ArrayLike<number>;
  /** Lesions of all scans, found or not. */
  readonly lesionCount: number;
  /** Scans, those without lesions or detections too. */
  readonly scanCount: number;
}

/** From (0, 0) on one point for each different score, neither axis ever falling. */
export interface FrocCurve {
  /** False positives per scan. */
  readonly fpPerScan: Float64Array;
  /** Share of the lesions that are found, in [0, 1]. */
  readonly sensitivity: Float64Array;
  /** Detections of at least this score count; infinite at the first point. */
  readonly thresholds: Float64Array;
}

/**
 * FROC curve of one reader or model.
 *
 * A lesion counts once: its second and later hits are neither true nor false positives. All detections of equal score
 * enter together, so the order of the input does not matter.
 *
 * @throws {ShapeError} if `scores` and `hits` differ in length
 * @throws {ArgumentError} if there is no lesion or no scan, or a hit is on a lesion that does not exist
 */
export function froc(input: FrocInput): FrocCurve {
  const { scores, hits, lesionCount, scanCount } = input;
  const order = countedDetections(input);
  const fpPerScan = new Float64Array(order.length + 1);
  const sensitivity = new Float64Array(order.length + 1);
  const thresholds = new Float64Array(order.length + 1);
  thresholds[0] = Number.POSITIVE_INFINITY;
  let found = 0;
  let points = 1;
  for (let k = 0; k < order.length; k++) {
    const i = order[k];
    if (hits[i] !== NO_LESION) found++;
    if (k + 1 < order.length && scores[order[k + 1]] === scores[i]) continue;
    fpPerScan[points] = (k + 1 - found) / scanCount;
    sensitivity[points] = found / lesionCount;
    thresholds[points++] = scores[i];
  }
  return {
    fpPerScan: fpPerScan.slice(0, points),
    sensitivity: sensitivity.slice(0, points),
    thresholds: thresholds.slice(0, points),
  };
}

/**
 * Indices of the detections that are true or false positives, by falling score: of several hits on a lesion only the most
 * confident is there.
 *
 * @throws as `froc`
 */
export function countedDetections({ scores, hits, lesionCount, scanCount }: FrocInput): Uint32Array {
  const n = scores.length;
  if (hits.length !== n) throw new ShapeError(`froc: ${n} scores for ${hits.length} hits`);
  if (!(scanCount > 0)) throw new ArgumentError(`froc: ${scanCount} scans, wanted at least one`);
  if (!(lesionCount > 0)) {
    throw new ArgumentError(`froc: ${lesionCount} lesions, wanted at least one: without any there is no sensitivity`);
  }
  const found = new Uint8Array(lesionCount);
  return byFallingScore(scores).filter((i) => {
    const lesion = hits[i];
    if (lesion === NO_LESION) return true;
    if (!(lesion >= 0 && lesion < lesionCount)) {
      throw new ArgumentError(`froc: detection ${i} hits lesion ${lesion}, wanted ${NO_LESION} to ${lesionCount - 1}`);
    }
    if (found[lesion] === 1) return false;
    found[lesion] = 1;
    return true;
  });
}

/** Single precision sorts by its bits, which takes a third of the time. */
function byFallingScore(scores: ArrayLike<number>): Uint32Array {
  if (scores instanceof Float32Array) return orderByScore(scores);
  return Uint32Array.from({ length: scores.length }, (_, i) => i).sort((i, j) => scores[j] - scores[i] || i - j);
}

/** Sensitivity at so many false positives per scan; beyond the end of the curve that of its last point. */
export function sensitivityAt({ fpPerScan, sensitivity }: FrocCurve, at: number): number {
  return interpolate(Float64Array.of(at), fpPerScan, sensitivity)[0];
}

/** Competition performance metric: mean of the sensitivities at the seven points of LUNA16. */
export function cpm(curve: FrocCurve): number {
  return LUNA16_POINTS.reduce((sum, at) => sum + sensitivityAt(curve, at), 0) / LUNA16_POINTS.length;
}
