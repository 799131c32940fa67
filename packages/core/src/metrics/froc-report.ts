/**
 * @file FROC of judged images, of all lesions and of groups of them, by image or by whatever several images are read
 * together as: a patient, a series. Patients are drawn for the intervals where every image says whose it is, else scans.
 *
 * Lesions of different images are different lesions, of one patient too.
 */
import { ArgumentError } from "../errors";
import type { BootstrapOptions, Interval } from "../math/stats";
import { type CaseAccuracy, type CaseScores, caseAccuracy, caseScores, TRUE_NEGATIVE } from "./case-scores";
import { type AucEstimate, delong } from "./delong";
import { attributeGroups, classGroups, millimetreGroups, pixelSizeGroups } from "./evaluation-groups";
import type { EvaluationRecord, JudgedCase } from "./evaluation-record";
import { type EvaluationView, evaluationView, type Selection, selectedScans } from "./evaluation-view";
import { cpm, type FrocCurve, froc, LUNA16_POINTS } from "./froc";
import type { FrocScans } from "./froc-intervals";
import { measuredFroc } from "./measured-froc";
import { type OperatingPoint, type OperatingRule, operatingPoint } from "./operating-point";
import { rocCurve } from "./roc";

export interface FrocReportOptions extends BootstrapOptions {
  /** What is read at once: `image`, `patient`, or the name of an attribute. @default "image" */
  readonly per?: string;
  /** Of a scan with more detections, of all classes, those count that are more confident than the next. @default all kept */
  readonly topK?: number;
  /** False positives per scan to read the curves at. @default LUNA16's seven */
  readonly points?: readonly number[];
  /** Attributes that make subgroups. @default none */
  readonly by?: readonly string[];
  /** How an operating point is chosen. @default none is */
  readonly rule?: OperatingRule;
}

/** Sensitivities of some of the lesions. */
export interface FrocGroup {
  /** `all`, `class`, `size_px`, `size_mm`, or an attribute. */
  readonly by: string;
  readonly value: string;
  readonly scans: number;
  readonly lesions: number;
  /** At the report's points; empty without lesions. */
  readonly sensitivity: readonly number[];
  readonly intervals: readonly Interval[];
  /** Mean at LUNA16's points; absent without lesions. */
  readonly cpm?: number;
}

/** Scans as cases that are ill or healthy. */
export interface CaseReport {
  readonly positives: number;
  readonly negatives: number;
  /** Without lesions, but with a region in which nothing is judged: left out. */
  readonly neither: number;
  readonly trueNegative: string;
  /** Absent where all are of one kind. */
  readonly auc?: AucEstimate;
  /** At the operating point, if one was asked for. */
  readonly accuracy?: CaseAccuracy;
}

export interface FrocReport {
  readonly per: string;
  readonly scans: number;
  readonly points: readonly number[];
  readonly all: FrocGroup;
  readonly classes: readonly FrocGroup[];
  readonly sizes: readonly FrocGroup[];
  readonly subgroups: readonly FrocGroup[];
  readonly cases: CaseReport;
  readonly operatingPoint?: OperatingPoint;
  readonly curve: FrocCurve;
}

/**
 * @throws {ArgumentError} if there is no lesion, an image lacks the attribute that says which scan it is of, or no
 * threshold keeps the rule
 */
export function frocReport(record: EvaluationRecord, options: FrocReportOptions = {}): FrocReport {
  const { per = "image", topK, points = LUNA16_POINTS, by = [], rule, ...bootstrap } = options;
  const whole = evaluationView(record);
  const scanOf = scansOf(whole.cases, per);
  const view = topK === undefined ? whole : mostConfident(whole, scanOf, topK);
  const measure = (label: { by: string; value: string }, selection: Selection): FrocGroup => {
    const scans = readTogether(view.cases, selectedScans(view, selection), scanOf, selection);
    return { ...label, scans: scans.scanCount, lesions: scans.lesionCount, ...sensitivities(scans, points, bootstrap) };
  };
  const all = readTogether(view.cases, selectedScans(view), scanOf);
  const curve = froc(all);
  const cases = judgedScans(view, all, scanOf);
  const judged = cases.positive.length;
  const positives = cases.positive.reduce((sum, one) => sum + one, 0);
  const bothKinds = positives > 0 && positives < judged;
  const roc = bothKinds ? rocCurve(cases.scores, cases.positive) : undefined;
  const context = { lesionsPerScan: all.lesionCount / all.scanCount, roc };
  const point = rule && { ...operatingPoint(curve, rule, context), per };
  const groups = (list: readonly { by: string; value: string; selection: Selection }[]) =>
    list.map(({ selection, ...label }) => measure({ by: label.by, value: label.value }, selection));
  return {
    ...{ per, scans: all.scanCount, points, all: measure({ by: "all", value: "all" }, {}) },
    classes: groups(classGroups(view)),
    sizes: groups([...pixelSizeGroups(view), ...millimetreGroups(view)]),
    subgroups: by.length === 0 ? [] : groups(attributeGroups(view, by)),
    cases: {
      positives,
      negatives: judged - positives,
      neither: all.scanCount - judged,
      trueNegative: TRUE_NEGATIVE,
      ...(bothKinds && { auc: delong(cases.scores, cases.positive, { level: bootstrap.level }) }),
      ...(point && { accuracy: caseAccuracy(cases, point.threshold, bootstrap.level) }),
    },
    ...(point && { operatingPoint: point }),
    curve,
  };
}

function sensitivities(scans: ScansTogether, points: readonly number[], options: BootstrapOptions) {
  const measured = measuredFroc(scans, points, options);
  return {
    sensitivity: measured.map(({ value }) => value),
    intervals: measured.map(({ low, high }) => ({ low, high })),
    ...(scans.lesionCount > 0 && { cpm: cpm(froc(scans)) }),
  };
}

/** Scans with a lesion, and those of which it is certain that they have none: all images are without and judged throughout. */
function judgedScans({ negative }: EvaluationView, all: FrocScans, scanOf: Int32Array): CaseScores {
  const { scores, positive } = caseScores({
    ...{ scores: all.scores, cases: all.scans },
    ...{ lesionCases: all.lesionScans, caseCount: all.scanCount },
  });
  const certain = new Uint8Array(all.scanCount).fill(1);
  negative.forEach((one, s) => {
    if (one === 0) certain[scanOf[s]] = 0;
  });
  const judged = Array.from(positive.keys()).filter((s) => positive[s] === 1 || certain[s] === 1);
  return {
    scores: Float64Array.from(judged, (s) => scores[s]),
    positive: Uint8Array.from(judged, (s) => positive[s]),
  };
}

/** The scan of each image, by number. */
function scansOf(cases: readonly JudgedCase[], per: string): Int32Array {
  if (per === "image") return Int32Array.from(cases.keys());
  const numbers = new Map<string, number>();
  return Int32Array.from(cases, ({ file, patient, attributes }) => {
    const name = per === "patient" ? (patient ?? attributes.patient) : attributes[per];
    if (name === undefined || name === null || name === "") {
      const advice = `give a table with a column "${per}" for every image, or read by image`;
      throw new ArgumentError(`${file}: no ${per} is known; ${advice}`);
    }
    const number = numbers.get(String(name)) ?? numbers.size;
    numbers.set(String(name), number);
    return number;
  });
}

/** Scans, and whose each is. */
type ScansTogether = FrocScans & { readonly clusters: Int32Array };

/** A FROC by image as one by scan. @param selection what `scans` was selected by */
function readTogether(
  cases: readonly JudgedCase[],
  scans: ScansTogether,
  scanOf: Int32Array,
  { image = () => true }: Selection = {},
): ScansTogether {
  const numbers = new Map<number, number>();
  const own: number[] = [];
  cases.forEach((_, s) => {
    if (!image(s)) return;
    const number = numbers.get(scanOf[s]) ?? numbers.size;
    numbers.set(scanOf[s], number);
    own.push(number);
  });
  return {
    ...scans,
    scans: Int32Array.from(scans.scans, (s) => own[s]),
    lesionScans: Int32Array.from(scans.lesionScans, (s) => own[s]),
    scanCount: numbers.size,
    clusters: clustersOf(own, scans.clusters, numbers.size),
  };
}

/** The cluster of each scan: that of all its images, or the scan itself where they are not of one. */
function clustersOf(scanOf: readonly number[], clusters: Int32Array, count: number): Int32Array {
  const own = new Int32Array(count).fill(-1);
  for (const [image, scan] of scanOf.entries()) {
    if (own[scan] >= 0 && own[scan] !== clusters[image]) return Int32Array.from({ length: count }, (_, s) => s);
    own[scan] = clusters[image];
  }
  return own;
}

/** As LUNA16 has it: of each scan what is more confident than the first that is too many, second hits counted. */
function mostConfident(view: EvaluationView, scanOf: Int32Array, topK: number): EvaluationView {
  const lists = new Map<number, number[]>();
  view.cases.forEach(({ detections }, s) => {
    const list = lists.get(scanOf[s]) ?? [];
    for (const score of detections.scores) list.push(score);
    lists.set(scanOf[s], list);
  });
  const limits = new Map<number, number>();
  for (const [scan, list] of lists) limits.set(scan, list.sort((a, b) => b - a)[topK] ?? Number.NEGATIVE_INFINITY);
  const counts = (image: number, score: number) => score > (limits.get(scanOf[image]) as number);
  const { lesions, alarms } = view;
  const kept = Array.from(alarms.image.keys()).filter((k) => counts(alarms.image[k], alarms.score[k]));
  return {
    ...view,
    lesions: { ...lesions, score: lesions.score.map((score, j) => (counts(lesions.image[j], score) ? score : -1)) },
    alarms: {
      image: Int32Array.from(kept, (k) => alarms.image[k]),
      place: Int32Array.from(kept, (k) => alarms.place[k]),
      classId: Int32Array.from(kept, (k) => alarms.classId[k]),
      score: Float32Array.from(kept, (k) => alarms.score[k]),
    },
  };
}
