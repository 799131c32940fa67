/**
 * @file The measures of the PI-CAI challenge: lesions that were found, missed and invented, with their confidences, case
 * by case.
 *
 * Saha et al., Lancet Oncology 25 (2024), doi:10.1016/S1470-2045(24)00220-1, as its tool picai_eval computes them: average
 * precision by steps, area under the ROC curve of cases, sensitivity as a step function of false positives per case, and
 * the mean of the first two as the score.
 */
import { ArgumentError } from "../errors";
import { rocAuc } from "./roc";

/** One lesion, or one false positive. */
export interface PicaiLesion {
  readonly isLesion: boolean;
  /** More than 0; exactly 0 for a lesion that was missed. */
  readonly confidence: number;
}

export interface PicaiCase {
  readonly lesions: readonly PicaiLesion[];
  /** Of the whole case. @default its most confident lesion or false positive, 0 of none */
  readonly score?: number;
  /** Whether the case shows a lesion. @default whether there is one in `lesions` */
  readonly positive?: boolean;
}

export interface PicaiMetrics {
  readonly cases: number;
  readonly lesions: number;
  readonly ap: number;
  /** Absent where all cases are of one kind. */
  readonly auroc?: number;
  /** Mean of the two; absent with the second. */
  readonly score?: number;
  /** By falling threshold. The tool writes infinite false positives for the last, where missed lesions enter. */
  readonly thresholds: readonly number[];
  readonly tpr: readonly number[];
  /** False positives per case. */
  readonly fpr: readonly number[];
}

/**
 * Measures of all cases.
 *
 * @throws {ArgumentError} if there is no case, or a confidence is below 0 or none
 */
export function picaiMetrics(cases: readonly PicaiCase[]): PicaiMetrics {
  if (cases.length === 0) throw new ArgumentError("picaiMetrics: no case, wanted at least one");
  const all = cases.flatMap(({ lesions }) => lesions);
  const bad = all.find(({ confidence }) => !(confidence >= 0));
  if (bad) throw new ArgumentError(`picaiMetrics: confidence ${bad.confidence}, wanted 0 or more`);
  const lesions = all.filter(({ isLesion }) => isLesion).length;
  const steps = stepsOf(all);
  let ap = 0;
  let recall = 0;
  for (const { threshold, truePositives, falsePositives } of steps) {
    const own = lesions === 0 ? 0 : truePositives / lesions;
    // At 0 nothing was found: the missed lesions are only counted there.
    const precision = threshold === 0 ? 0 : truePositives / (truePositives + falsePositives);
    ap += (own - recall) * precision;
    recall = own;
  }
  const auroc = caseAuc(cases);
  const last = steps.length - 1;
  return {
    cases: cases.length,
    lesions,
    ap: lesions === 0 ? Number.NaN : ap,
    ...(auroc !== undefined && { auroc, score: (auroc + ap) / 2 }),
    thresholds: steps.map(({ threshold }) => threshold),
    // The tool takes the last threshold for that of the missed lesions, whether or not there are any.
    tpr: steps.map((_, k) => (k === last && k > 0 ? steps[k - 1] : steps[k]).truePositives / lesions),
    fpr: steps.map(({ falsePositives }, k) => (k === last ? Number.POSITIVE_INFINITY : falsePositives / cases.length)),
  };
}

/** Sensitivity at so many false positives per case at most; 0 if the curve begins beyond. */
export function tprAtFpr({ tpr, fpr }: Pick<PicaiMetrics, "tpr" | "fpr">, at: number): number {
  return tpr.reduce((most, own, k) => (fpr[k] <= at ? Math.max(most, own) : most), 0);
}

function caseAuc(cases: readonly PicaiCase[]): number | undefined {
  const positive = cases.map((one) => Number(one.positive ?? one.lesions.some(({ isLesion }) => isLesion)));
  if (new Set(positive).size < 2) return undefined;
  return rocAuc(
    cases.map(({ score, lesions }) => score ?? lesions.reduce((most, one) => Math.max(most, one.confidence), 0)),
    positive,
  );
}

/** Counts at or above each different confidence, falling. */
function stepsOf(all: readonly PicaiLesion[]) {
  const sorted = [...all].sort((a, b) => b.confidence - a.confidence);
  const steps: { threshold: number; truePositives: number; falsePositives: number }[] = [];
  let [truePositives, falsePositives] = [0, 0];
  sorted.forEach(({ isLesion, confidence }, k) => {
    if (isLesion) truePositives++;
    else falsePositives++;
    if (sorted[k + 1]?.confidence !== confidence) steps.push({ threshold: confidence, truePositives, falsePositives });
  });
  return steps;
}
