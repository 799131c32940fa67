/**
 * @file FROC of judged images, of all lesions and of groups of them, by image or by whatever several images are read
 * together as: a patient, a series.
 *
 * Lesions of different images are different lesions, of one patient too.
 */
import { ArgumentError } from "../errors";
import type { BootstrapOptions, Interval } from "../math/stats";
import { type CaseAccuracy, caseAccuracy, caseScores, TRUE_NEGATIVE } from "./case-scores";
import { type AucEstimate, delong } from "./delong";
import { attributeGroups, classGroups, millimetreGroups, pixelSizeGroups } from "./evaluation-groups";
import type { EvaluationRecord, JudgedCase } from "./evaluation-record";
import { evaluationView, type Selection, selectedScans } from "./evaluation-view";
import { cpm, type FrocCurve, froc, LUNA16_POINTS, sensitivityAt } from "./froc";
import { type FrocScans, frocIntervals } from "./froc-intervals";
import { type OperatingPoint, type OperatingRule, operatingPoint } from "./operating-point";
import { rocCurve } from "./roc";

export interface FrocReportOptions extends BootstrapOptions {
  /** What is read at once: `image`, `patient`, or the name of an attribute. @default "image" */
  readonly per?: string;
  /** Of a scan with more detections, those count that are more confident than the next. @default all */
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
  const view = evaluationView(record);
  const scanOf = scansOf(view.cases, per);
  const measure = (label: { by: string; value: string }, selection: Selection): FrocGroup => {
    const scans = readTogether(view.cases, selectedScans(view, selection), scanOf, selection, topK);
    return { ...label, scans: scans.scanCount, lesions: scans.lesionCount, ...sensitivities(scans, points, bootstrap) };
  };
  const all = readTogether(view.cases, selectedScans(view), scanOf, {}, topK);
  const curve = froc(all);
  const cases = caseScores({ ...all, cases: all.scans, lesionCases: all.lesionScans, caseCount: all.scanCount });
  const positives = cases.positive.reduce((sum, one) => sum + one, 0);
  const bothKinds = positives > 0 && positives < all.scanCount;
  const roc = bothKinds ? rocCurve(cases.scores, cases.positive) : undefined;
  const context = { lesionsPerScan: all.lesionCount / all.scanCount, roc };
  const point = rule && operatingPoint(curve, rule, context);
  const groups = (list: readonly { by: string; value: string; selection: Selection }[]) =>
    list.map(({ selection, ...label }) => measure({ by: label.by, value: label.value }, selection));
  return {
    ...{ per, scans: all.scanCount, points, all: measure({ by: "all", value: "all" }, {}) },
    classes: groups(classGroups(view)),
    sizes: groups([...pixelSizeGroups(view), ...millimetreGroups(view)]),
    subgroups: by.length === 0 ? [] : groups(attributeGroups(view, by)),
    cases: {
      positives,
      negatives: all.scanCount - positives,
      trueNegative: TRUE_NEGATIVE,
      ...(bothKinds && { auc: delong(cases.scores, cases.positive, { level: bootstrap.level }) }),
      ...(point && { accuracy: caseAccuracy(cases, point.threshold, bootstrap.level) }),
    },
    ...(point && { operatingPoint: point }),
    curve,
  };
}

function sensitivities(scans: FrocScans, points: readonly number[], options: BootstrapOptions) {
  if (scans.lesionCount === 0) return { sensitivity: [], intervals: [] };
  const curve = froc(scans);
  const [intervals] = frocIntervals([{ curve: scans, points }], options);
  return { sensitivity: points.map((at) => sensitivityAt(curve, at)), intervals, cpm: cpm(curve) };
}

/** The scan of each image, by number. */
export function scansOf(cases: readonly JudgedCase[], per: string): Int32Array {
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

/** A FROC by image as one by scan. @param selection what `scans` was selected by */
export function readTogether(
  cases: readonly JudgedCase[],
  scans: FrocScans,
  scanOf: Int32Array,
  { image = () => true }: Selection = {},
  topK?: number,
): FrocScans {
  const numbers = new Map<number, number>();
  const own: number[] = [];
  cases.forEach((_, s) => {
    if (!image(s)) return;
    const number = numbers.get(scanOf[s]) ?? numbers.size;
    numbers.set(scanOf[s], number);
    own.push(number);
  });
  const together: FrocScans = {
    ...scans,
    scans: Int32Array.from(scans.scans, (s) => own[s]),
    lesionScans: Int32Array.from(scans.lesionScans, (s) => own[s]),
    scanCount: numbers.size,
  };
  return topK === undefined ? together : mostConfident(together, topK);
}

/** As LUNA16 has it: what is more confident than the first that is too many. */
function mostConfident(curve: FrocScans, topK: number): FrocScans {
  const { scores, hits, scans, scanCount } = curve;
  const lists = Array.from({ length: scanCount }, (): number[] => []);
  for (let i = 0; i < scores.length; i++) lists[scans[i]].push(scores[i]);
  const limits = lists.map((list) => list.sort((a, b) => b - a)[topK] ?? Number.NEGATIVE_INFINITY);
  const kept = Array.from({ length: scores.length }, (_, i) => i).filter((i) => scores[i] > limits[scans[i]]);
  return {
    ...curve,
    scores: Float32Array.from(kept, (i) => scores[i]),
    hits: Int32Array.from(kept, (i) => hits[i]),
    scans: Int32Array.from(kept, (i) => scans[i]),
  };
}
