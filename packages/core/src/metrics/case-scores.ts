/**
 * @file Cases - images, or patients with all their images - as a test that is positive or negative.
 *
 * A case scores what its most confident detection scores, and -Infinity without any. It is positive if it has a lesion,
 * wherever it was marked. So a true negative is a case without any lesion in which no detection reaches the threshold; a
 * case with a lesion is a true positive even where only something else in it was marked.
 */
import { ShapeError } from "../errors";
import type { Interval } from "../math/stats";
import { wilsonInterval } from "../math/wilson-interval";

/** What the numbers mean by a true negative, for whoever reads them. */
export const TRUE_NEGATIVE =
  "a case (image or patient) without any lesion in which no detection has at least the threshold's confidence";

export interface CaseScoresInput {
  /** Confidences of all detections, n, in any order. */
  readonly scores: ArrayLike<number>;
  /** Case of each detection, n, from 0. */
  readonly cases: ArrayLike<number>;
  /** Case of each lesion. */
  readonly lesionCases: ArrayLike<number>;
  readonly caseCount: number;
}

export interface CaseScores {
  /** Highest confidence in each case, -Infinity without detections. */
  readonly scores: Float64Array;
  /** 1 for a case with a lesion. */
  readonly positive: Uint8Array;
}

/** @throws {ShapeError} if the lengths differ */
export function caseScores({ scores, cases, lesionCases, caseCount }: CaseScoresInput): CaseScores {
  if (scores.length !== cases.length) {
    throw new ShapeError(`caseScores: ${scores.length} scores for ${cases.length} cases of detections`);
  }
  const highest = new Float64Array(caseCount).fill(Number.NEGATIVE_INFINITY);
  for (let i = 0; i < scores.length; i++) highest[cases[i]] = Math.max(highest[cases[i]], scores[i]);
  const positive = new Uint8Array(caseCount);
  for (let j = 0; j < lesionCases.length; j++) positive[lesionCases[j]] = 1;
  return { scores: highest, positive };
}

/** A share with Wilson's interval; the value is NaN of nothing. */
export interface MeasuredShare extends Interval {
  readonly value: number;
}

export interface CaseAccuracy {
  readonly threshold: number;
  readonly truePositives: number;
  readonly falseNegatives: number;
  readonly trueNegatives: number;
  readonly falsePositives: number;
  readonly sensitivity: MeasuredShare;
  readonly specificity: MeasuredShare;
}

/** Cases called rightly and wrongly where those of at least `threshold` are called positive. */
export function caseAccuracy({ scores, positive }: CaseScores, threshold: number, level = 0.95): CaseAccuracy {
  const count = (ill: boolean, called: boolean) =>
    scores.reduce((sum, score, i) => sum + Number(Boolean(positive[i]) === ill && score >= threshold === called), 0);
  const [truePositives, falseNegatives] = [count(true, true), count(true, false)];
  const [trueNegatives, falsePositives] = [count(false, false), count(false, true)];
  const share = (some: number, all: number) => ({ value: some / all, ...wilsonInterval(some, all, level) });
  return {
    ...{ threshold, truePositives, falseNegatives, trueNegatives, falsePositives },
    sensitivity: share(truePositives, truePositives + falseNegatives),
    specificity: share(trueNegatives, trueNegatives + falsePositives),
  };
}
