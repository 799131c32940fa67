/**
 * @file What happens at the operating point: to lesions, to images, to patients.
 *
 * A case (image or patient) with a lesion is called rightly if any finding is reported in it, wherever; one without is a
 * true negative if none is. Images without lesions but with a region in which nothing is judged are neither.
 */

import { ArgumentError } from "../errors";
import type { BootstrapOptions } from "../math/stats";
import { type ClusterRatio, clusterRatios, sumByCluster } from "./cluster-ratio";
import type { CaseMeasures, Evaluation, EvaluationWarning, OperatingMeasures } from "./evaluation";
import { type EvaluationView, judgedImages, selectedCounts, selectedScans } from "./evaluation-view";
import { froc } from "./froc";
import { type OperatingPoint, type OperatingRule, operatingPoint, operatingRuleText } from "./operating-point";
import { rocCurve } from "./roc";

/** A threshold, and what is to be said of it. */
export interface ChosenThreshold {
  readonly rule: string;
  /** Infinite where there is no detection. */
  readonly threshold: number;
  readonly warnings: readonly EvaluationWarning[];
}

/** The threshold by `rule`; where none keeps it, the highest score there is. */
export function chooseThreshold(view: EvaluationView, rule: OperatingRule): ChosenThreshold {
  const text = operatingRuleText(rule);
  const scans = selectedScans(view);
  const { lesionCount, scanCount, scores } = scans;
  const best = Array.from(scores).reduce((most, score) => Math.max(most, score), Number.NEGATIVE_INFINITY);
  if (scores.length === 0) return { rule: text, threshold: Number.POSITIVE_INFINITY, warnings: [] };
  // Without lesions there is no sensitivity, but false positives are counted all the same.
  const curve = froc(lesionCount > 0 ? scans : { ...scans, lesionCount: 1 });
  const { scores: caseScores, positive, bothKinds } = judgedImages(view);
  try {
    const roc = bothKinds ? rocCurve(caseScores, positive) : undefined;
    const { threshold } = operatingPoint(curve, rule, { lesionsPerScan: lesionCount / scanCount, roc });
    return { rule: text, threshold, warnings: [{ code: "threshold_chosen_here" }] };
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    return { rule: text, threshold: best, warnings: [{ code: "rule_not_kept", rule: text }] };
  }
}

/** The point of an evaluation as it is kept with a model; nothing where no threshold keeps its rule, or it has none. */
export function operatingPointOf({
  operating: { rule, threshold, fpPerImage, sensitivity },
  warnings,
}: Pick<Evaluation, "operating" | "warnings">): OperatingPoint | undefined {
  const kept = !warnings.some(({ code }) => code === "rule_not_kept");
  if (threshold === undefined || !kept || !Number.isFinite(sensitivity.value)) return undefined;
  return { threshold, fpPerScan: fpPerImage.value, sensitivity: sensitivity.value, rule, per: "image" };
}

/** All measures at a threshold. */
export function operatingMeasures(
  view: EvaluationView,
  { rule, threshold }: Pick<ChosenThreshold, "rule" | "threshold">,
  given: boolean,
  options: BootstrapOptions,
): OperatingMeasures {
  const { clusters, clusterCount, byPatient, imageScores, positive, negative } = view;
  const { images, lesions, found, falseAlarms } = selectedCounts(view, threshold);
  const called = Uint8Array.from(imageScores, (score) => Number(score >= threshold));
  const counts = caseCounts(clusters, clusterCount, called, positive, negative);
  const patients = byPatient ? patientCounts(view, called) : undefined;
  const ratios: ClusterRatio[] = [
    { over: found, under: lesions },
    { over: found, under: found.map((n, c) => n + falseAlarms[c]) },
    { over: falseAlarms, under: images, share: false },
    { over: falseAlarms, under: images.map(() => 1), share: false },
    ...shares(counts),
    ...(patients ? shares(patients) : []),
  ];
  const measured = clusterRatios(ratios, clusters, options);
  return {
    ...{ rule, given },
    ...(Number.isFinite(threshold) && { threshold }),
    ...{ lesions: total(lesions), found: total(found), falseAlarms: total(falseAlarms) },
    ...{ sensitivity: measured[0], precision: measured[1], fpPerImage: measured[2] },
    ...(byPatient && { fpPerPatient: measured[3] }),
    images: { ...totals(counts), sensitivity: measured[4], specificity: measured[5] },
    ...(patients && { patients: { ...totals(patients), sensitivity: measured[6], specificity: measured[7] } }),
  };
}

/** By cluster. */
interface CaseCounts {
  readonly truePositives: Float64Array;
  readonly falseNegatives: Float64Array;
  readonly trueNegatives: Float64Array;
  readonly falsePositives: Float64Array;
}

function caseCounts(
  clusters: ArrayLike<number>,
  count: number,
  called: ArrayLike<number>,
  positive: ArrayLike<number>,
  negative: ArrayLike<number>,
): CaseCounts {
  const of = (kind: ArrayLike<number>, wanted: number) =>
    sumByCluster(
      clusters,
      count,
      Array.from(kind, (one, s) => one * Number(called[s] === wanted)),
    );
  return {
    truePositives: of(positive, 1),
    falseNegatives: of(positive, 0),
    trueNegatives: of(negative, 0),
    falsePositives: of(negative, 1),
  };
}

/** A patient is positive with any positive image, negative if all images are, and called if any image is. */
function patientCounts({ clusters, clusterCount, positive, negative }: EvaluationView, called: Uint8Array): CaseCounts {
  const images = sumByCluster(clusters, clusterCount);
  const positives = sumByCluster(clusters, clusterCount, positive).map((n) => Number(n > 0));
  const negatives = sumByCluster(clusters, clusterCount, negative).map((n, c) => Number(n === images[c]));
  const calls = sumByCluster(clusters, clusterCount, called).map((n) => Number(n > 0));
  return caseCounts(Uint32Array.from(images.keys()), clusterCount, calls, positives, negatives);
}

function shares({ truePositives, falseNegatives, trueNegatives, falsePositives }: CaseCounts): ClusterRatio[] {
  return [
    { over: truePositives, under: truePositives.map((n, c) => n + falseNegatives[c]) },
    { over: trueNegatives, under: trueNegatives.map((n, c) => n + falsePositives[c]) },
  ];
}

function totals(counts: CaseCounts): Omit<CaseMeasures, "sensitivity" | "specificity"> {
  return {
    truePositives: total(counts.truePositives),
    falseNegatives: total(counts.falseNegatives),
    trueNegatives: total(counts.trueNegatives),
    falsePositives: total(counts.falsePositives),
  };
}

function total(values: Float64Array): number {
  return values.reduce((sum, n) => sum + n, 0);
}
