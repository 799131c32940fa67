/**
 * @file A record of judged images becomes an evaluation.
 */
import { ArgumentError } from "../errors";
import { expectedCalibrationError, fitTemperature, reliability, withTemperature } from "./calibration";
import { ConfusionMatrix } from "./confusion-matrix";
import { delong } from "./delong";
import type { Calibration, CaseRoc, CaseRow, Evaluation, EvaluationWarning, Reason } from "./evaluation";
import {
  attributeGroups,
  classGroups,
  frocPoints,
  measureGroups,
  millimetreGroups,
  pixelSizeGroups,
} from "./evaluation-groups";
import type { EvaluationRecord } from "./evaluation-record";
import { type EvaluationView, evaluationView, judgedImages, selectedScans } from "./evaluation-view";
import { cpm, type FrocCurve, froc, LUNA16_POINTS, NO_LESION } from "./froc";
import { chooseThreshold, operatingMeasures } from "./operating-measures";
import { type OperatingRule, operatingRuleText } from "./operating-point";
import { cocoNumbers } from "./record-tables";
import { rocCurve } from "./roc";
import { reasonsOf, worstCases } from "./worst-cases";

export interface EvaluateOptions {
  /** @default "Evaluation" */
  readonly title?: string;
  /** Names and values to show. @default none */
  readonly subject?: Evaluation["subject"];
  /** How the operating point is chosen. @default at most one false positive per image */
  readonly rule?: OperatingRule;
  /** Take this threshold instead, chosen elsewhere. @default by the rule, on these images */
  readonly threshold?: number;
  /** Attributes that make subgroups. @default all that make between two and twelve */
  readonly groups?: readonly string[];
  /** Images or patients that the model was trained on, among these. @default none known */
  readonly shared?: { readonly count: number; readonly what: "image" | "patient" };
  /** Misses, and false alarms, that are shown. @default 12 */
  readonly worst?: number;
  /** Of the intervals. @default 1000 */
  readonly resamples?: number;
  /** @default 0 */
  readonly seed?: number;
}

/** Octaves that a chart of the curve spans, and points to an octave. */
const OCTAVES = 6;
const STEPS = 4;

/**
 * Where the curve is read: LUNA16's points, and four to an octave over the six octaves that end where the curve does, at
 * 8 false positives per image at most.
 */
function bandPoints({ fpPerScan }: FrocCurve): number[] {
  const end = fpPerScan[fpPerScan.length - 1];
  const top = end > 0 ? Math.min(3, Math.max(-3, Math.ceil(Math.log2(end)))) : 3;
  const grid = Array.from({ length: OCTAVES * STEPS + 1 }, (_, k) => 2 ** (top - OCTAVES + k / STEPS));
  return [...new Set([...grid, ...LUNA16_POINTS])].sort((a, b) => a - b);
}

const LEVEL = 0.95;

/** @throws {ArgumentError} if there is no image */
export function evaluate(record: EvaluationRecord, options: EvaluateOptions = {}): Evaluation {
  const { rule = { by: "fp", atMost: 1 }, worst = 12, resamples = 1000, seed = 0 } = options;
  if (record.cases.length === 0) throw new ArgumentError("evaluate: the truth has no image, wanted at least one");
  const view = evaluationView(record);
  const { cases, lesions } = view;
  const bootstrap = { resamples, seed, level: LEVEL };
  const given = options.threshold !== undefined;
  const choice =
    options.threshold !== undefined
      ? // Scores are of single precision: one of 0.7 counts at 0.7.
        {
          rule: options.rule ? operatingRuleText(rule) : "threshold",
          threshold: Math.fround(options.threshold),
          warnings: [],
        }
      : chooseThreshold(view, rule);
  const { threshold } = choice;
  const operating = operatingMeasures(view, choice, given, bootstrap);
  const lesionCount = lesions.image.length;
  const curve = lesionCount > 0 ? froc(selectedScans(view)) : undefined;
  const coco = cocoNumbers(record);
  const precisionRecall = record.metrics.averagePrecision();
  const summary = record.metrics.summary();
  const classes = classGroups(view);
  const measuredClasses = measureGroups(view, classes, threshold, bootstrap);
  const sized = (groups: ReturnType<typeof pixelSizeGroups>) => measureGroups(view, groups, threshold, bootstrap);
  const worstOptions = { threshold, hitIou: record.hitOptions.hitIou, most: worst };
  const reasons = reasonsOf(view, worstOptions);
  const evaluation: Omit<Evaluation, "warnings"> = {
    title: options.title ?? "Evaluation",
    subject: options.subject ?? [],
    names: record.names,
    rules: {
      ...record.hitOptions,
      unit: view.byPatient ? "patient" : "image",
      ...bootstrap,
      mostDetections: record.mostDetections,
    },
    counts: {
      images: cases.length,
      positiveImages: view.positive.reduce((sum, one) => sum + one, 0),
      ...(view.byPatient && { patients: view.clusterCount }),
      lesions: lesionCount,
      detections: cases.reduce((sum, { hits }) => sum + hits.length, 0),
      ignoredRegions: cases.reduce((sum, { regions }) => sum + regions.length / 4, 0),
    },
    operating,
    ...(curve && {
      froc: { ...thinned(curve), points: frocPoints(view, {}, bandPoints(curve), bootstrap), cpm: cpm(curve) },
    }),
    classes: measuredClasses.map((one, i) => {
      const { classId } = classes[i];
      const measured = summary.perClass.find((own) => own.classId === classId);
      const { ap50 = Number.NaN, ap = Number.NaN } = measured ?? {};
      return { ...one, classId, ap50, ap, cocoAp: coco.perClass[classId] };
    }),
    sizesPx: sized(pixelSizeGroups(view)),
    sizesMm: sized(millimetreGroups(view)),
    subgroups: sized(attributeGroups(view, options.groups)),
    precisionRecall,
    map50: summary.map50,
    map5095: summary.map5095,
    coco: coco.all,
    roc: [imageRoc(view), patientRoc(view)].filter((one) => one !== undefined),
    calibration: calibration(view),
    confusion: confusionAt(view, threshold),
    reasons: { misses: countReasons(reasons.misses), falseAlarms: countReasons(reasons.falseAlarms) },
    worst: worstCases(view, reasons, worstOptions),
    cases: caseRows(view, threshold),
  };
  return { ...evaluation, warnings: warningsOf(evaluation, choice.warnings, curve, options.shared) };
}

/** Points of a curve that are seen apart: a step of 0.1 % in sensitivity, or of 1 % in false positives. */
function thinned({ fpPerScan, sensitivity, thresholds }: FrocCurve) {
  const kept: number[] = [];
  let last = -1;
  for (let k = 0; k < fpPerScan.length; k++) {
    const far =
      last < 0 ||
      k === fpPerScan.length - 1 ||
      Math.abs(sensitivity[k] - sensitivity[last]) >= 1e-3 ||
      fpPerScan[k] - fpPerScan[last] >= Math.max(2e-3, 1e-2 * fpPerScan[last]);
    if (!far) continue;
    kept.push(k);
    last = k;
  }
  const of = (values: Float64Array) => kept.map((k) => values[k]);
  return { fpPerImage: of(fpPerScan), sensitivity: of(sensitivity), thresholds: of(thresholds) };
}

function imageRoc(view: EvaluationView): CaseRoc | undefined {
  const { scores, positive } = judgedImages(view);
  return caseRoc("image", [...scores], [...positive]);
}

/** A patient scores what the best of the images scores. */
function patientRoc({ byPatient, clusters, clusterCount, imageScores, positive, negative }: EvaluationView) {
  if (!byPatient) return undefined;
  const scores = new Float64Array(clusterCount).fill(Number.NEGATIVE_INFINITY);
  const [ill, unknown] = [new Uint8Array(clusterCount), new Uint8Array(clusterCount)];
  clusters.forEach((c, s) => {
    scores[c] = Math.max(scores[c], imageScores[s]);
    if (positive[s]) ill[c] = 1;
    else if (!negative[s]) unknown[c] = 1;
  });
  const judged = Array.from(scores.keys()).filter((c) => ill[c] === 1 || unknown[c] === 0);
  return caseRoc(
    "patient",
    judged.map((c) => scores[c]),
    judged.map((c) => ill[c]),
  );
}

function caseRoc(of: CaseRoc["of"], scores: readonly number[], positive: readonly number[]): CaseRoc | undefined {
  const positives = positive.reduce((sum, one) => sum + one, 0);
  const negatives = positive.length - positives;
  if (positives === 0 || negatives === 0) return undefined;
  const { auc, interval } = delong(scores, positive, { level: LEVEL });
  const { fpr, tpr, thresholds } = rocCurve(scores, positive);
  const curve = { fpr: [...fpr], tpr: [...tpr], thresholds: [...thresholds] };
  return { of, positives, negatives, auc: { value: auc, ...interval }, ...curve };
}

/** Below, a detector's thousands of weak findings would drown those that anybody looks at. */
const CALIBRATION_FLOOR = 0.05;

function calibration({ lesions, alarms }: EvaluationView): Calibration | undefined {
  const scores = [...lesions.score, ...alarms.score].map((score) => Math.min(score, 1));
  const right = scores.map((_, i) => Number(i < lesions.score.length));
  const used = scores.flatMap((score, i) => (score >= CALIBRATION_FLOOR ? [i] : []));
  if (used.length === 0) return undefined;
  const own = used.map((i) => scores[i]);
  const outcomes = used.map((i) => right[i]);
  const bins = reliability(own, outcomes);
  const base = { floor: CALIBRATION_FLOOR, detections: own.length, bins, ece: expectedCalibrationError(bins) };
  const hits = outcomes.reduce((sum, one) => sum + one, 0);
  if (hits === 0 || hits === outcomes.length) return base;
  const temperature = fitTemperature(own, outcomes);
  const mended = reliability(withTemperature(own, temperature.temperature), outcomes);
  return { ...base, temperature, eceAfter: expectedCalibrationError(mended) };
}

/** Overlaps as `ConfusionMatrix` takes them, detections from the threshold on. */
function confusionAt({ cases, names }: EvaluationView, threshold: number): Float64Array {
  // The matrix leaves out what is at its threshold; the operating point does not.
  const matrix = new ConfusionMatrix(names.length, { conf: Number.isFinite(threshold) ? below(threshold) : 1 });
  for (const { detections, truth } of cases) matrix.add(detections, truth);
  return matrix.counts;
}

function below(threshold: number): number {
  return threshold - Math.max(Math.abs(threshold), 1e-30) * 1e-9;
}

function countReasons(reasons: readonly (Reason | undefined)[]): Record<Reason, number> {
  const counts: Record<Reason, number> = { unsure: 0, loose: 0, class: 0, nothing: 0 };
  for (const reason of reasons) if (reason) counts[reason]++;
  return counts;
}

function caseRows({ cases, imageScores }: EvaluationView, threshold: number): CaseRow[] {
  return cases.map(({ file, patient, truth, detections, hits }, s) => {
    const counted = Array.from(hits).filter((_, i) => detections.scores[i] >= threshold);
    const found = new Set(counted.filter((hit) => hit !== NO_LESION)).size;
    const lesions = truth.classIds.length;
    return {
      ...{ file, patient, score: Math.max(0, imageScores[s]), positive: lesions > 0, lesions },
      ...{ hits: found, misses: lesions - found, falseAlarms: counted.filter((hit) => hit === NO_LESION).length },
    };
  });
}

/** Fewer make every number of an evaluation shaky. */
const FEW_LESIONS = 50;
const FEW_PATIENTS = 30;
const FEW_NEGATIVES = 30;
const WIDE = 0.2;

function warningsOf(
  { counts, operating, rules, froc: line }: Omit<Evaluation, "warnings">,
  ofThreshold: readonly EvaluationWarning[],
  curve: FrocCurve | undefined,
  shared: EvaluateOptions["shared"],
): EvaluationWarning[] {
  const { lesions, patients, detections } = counts;
  const { sensitivity, images } = operating;
  const negatives = images.trueNegatives + images.falsePositives;
  const end = curve?.fpPerScan.at(-1) ?? 0;
  const all: readonly (EvaluationWarning | false | undefined)[] = [
    shared && shared.count > 0 && { code: "leakage", shared: shared.count, what: shared.what },
    lesions === 0 && { code: "no_lesions" },
    detections === 0 && { code: "no_detections" },
    lesions > 0 && lesions < FEW_LESIONS && { code: "few_lesions", lesions },
    patients !== undefined && patients < FEW_PATIENTS && { code: "few_patients", patients },
    sensitivity.high - sensitivity.low > WIDE && {
      code: "wide_interval",
      low: sensitivity.low,
      high: sensitivity.high,
    },
    negatives === 0 && { code: "no_negatives" },
    negatives > 0 && negatives < FEW_NEGATIVES && { code: "few_negatives", images: negatives },
    rules.unit === "image" && { code: "patients_unknown" },
    line && detections > 0 && end < 1 && { code: "curve_ends", fpPerImage: end },
    ...ofThreshold,
  ];
  return all.filter((one) => one !== false && one !== undefined);
}
