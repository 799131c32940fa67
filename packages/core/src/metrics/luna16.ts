/**
 * @file The evaluation of the LUNA16 challenge: marks in CT scans against the nodules of its reference.
 *
 * Setio et al., Medical Image Analysis 42 (2017), doi:10.1016/j.media.2017.06.015, by the rules of its script
 * (noduleCADEvaluationLUNA16). Positions and diameters are in millimetres of the world.
 */
import { ArgumentError } from "../errors";
import type { BootstrapOptions, Interval } from "../math/stats";
import { cpm, type FrocCurve, froc, LUNA16_POINTS, NO_LESION, sensitivityAt } from "./froc";
import { type FrocScans, frocIntervals } from "./froc-intervals";

/** A place in a scan, millimetres. */
export interface ScanPoint {
  /** Series instance UID of the scan. */
  readonly series: string;
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

export interface Nodule extends ScanPoint {
  /** Millimetres; below 0 where it was not measured, which counts as 10. */
  readonly diameter: number;
}

export interface NoduleMark extends ScanPoint {
  readonly probability: number;
}

export interface Luna16Input {
  /** Scans that are evaluated; whatever lies in others is left out. */
  readonly series: readonly string[];
  /** What is to be found. */
  readonly nodules: readonly Nodule[];
  /** Findings on which a mark is neither right nor wrong. */
  readonly excluded: readonly Nodule[];
  readonly marks: readonly NoduleMark[];
}

export interface Luna16Options extends BootstrapOptions {
  /** Of a scan with more marks than this, those count that are more probable than the next. @default 100 */
  readonly maxMarks?: number;
}

/** What became of the marks, as the script counts them. */
export interface Luna16Counts {
  readonly scans: number;
  readonly nodules: number;
  /** Nodules that were found. */
  readonly truePositives: number;
  /** Nodules that were not. */
  readonly falseNegatives: number;
  /** Marks on nothing. */
  readonly falsePositives: number;
  /** Marks of the evaluated scans, after the limit. */
  readonly candidates: number;
  readonly onExcluded: number;
  /** Marks on a nodule that another mark is on too, less one for each nodule. */
  readonly doubles: number;
}

/** One entry of the list that curves are made of. */
export interface Luna16Candidate {
  /** Index into the scans. */
  readonly scan: number;
  readonly isNodule: boolean;
  /** Highest of the marks on the nodule; absent for a nodule that was missed. */
  readonly probability?: number;
}

export interface Luna16Result {
  readonly counts: Luna16Counts;
  readonly candidates: readonly Luna16Candidate[];
  readonly curve: FrocCurve;
  /** False positives per scan. */
  readonly operatingPoints: readonly number[];
  /** At the operating points. */
  readonly sensitivity: readonly number[];
  readonly intervals: readonly Interval[];
  /** Mean of the sensitivities: the challenge's score. */
  readonly cpm: number;
}

/** Diameter of findings that nobody measured, millimetres. */
const USUAL_DIAMETER = 10;

/**
 * Evaluates marks.
 *
 * A mark is on a nodule if it is nearer to its centre than half of the diameter; one mark may be on several. A nodule
 * enters the curve with the most probable of its marks, or as missed. Marks on excluded findings only count nowhere; all
 * others are false positives.
 *
 * @throws {ArgumentError} if there is no scan, no nodule in the scans, or a number is none
 */
export function luna16(input: Luna16Input, { maxMarks = 100, ...bootstrap }: Luna16Options = {}): Luna16Result {
  const { candidates, counts } = matchMarks(input, maxMarks);
  const curve = frocScansOf(candidates, input.series.length);
  const points = LUNA16_POINTS;
  const drawn = froc(curve);
  const [intervals] = frocIntervals([{ curve, points }], bootstrap);
  return {
    counts,
    candidates,
    curve: drawn,
    operatingPoints: points,
    sensitivity: points.map((at) => sensitivityAt(drawn, at)),
    intervals,
    cpm: cpm(drawn),
  };
}

/** What the curve and its intervals are made of. */
export function frocScansOf(candidates: readonly Luna16Candidate[], scanCount: number): FrocScans {
  const scores: number[] = [];
  const hits: number[] = [];
  const scans: number[] = [];
  const lesionScans: number[] = [];
  for (const { scan, isNodule, probability } of candidates) {
    if (probability !== undefined) {
      scores.push(probability);
      hits.push(isNodule ? lesionScans.length : NO_LESION);
      scans.push(scan);
    }
    if (isNodule) lesionScans.push(scan);
  }
  return { scores, hits, scans, lesionScans, lesionCount: lesionScans.length, scanCount };
}

function matchMarks({ series, nodules, excluded, marks }: Luna16Input, maxMarks: number) {
  const scans = new Map(series.map((uid, scan) => [uid, scan]));
  if (scans.size !== series.length) {
    const twice = series.find((uid, scan) => scans.get(uid) !== scan);
    throw new ArgumentError(`luna16: scan ${twice} is listed twice`);
  }
  const nodulesOf = byScan(nodules, scans);
  const excludedOf = byScan(excluded, scans);
  const marksOf = byScan(marks, scans);
  const candidates: Luna16Candidate[] = [];
  const tally = { truePositives: 0, falseNegatives: 0, falsePositives: 0, candidates: 0, onExcluded: 0, doubles: 0 };
  for (let scan = 0; scan < series.length; scan++) {
    const own = mostProbable(marksOf[scan], maxMarks);
    tally.candidates += own.length;
    const spent = new Uint8Array(own.length);
    for (const nodule of nodulesOf[scan]) {
      const on = marksOn(nodule, own);
      for (const i of on) spent[i] = 1;
      if (on.length === 0) {
        tally.falseNegatives++;
        candidates.push({ scan, isNodule: true });
        continue;
      }
      tally.truePositives++;
      tally.doubles += on.length - 1;
      candidates.push({ scan, isNodule: true, probability: Math.max(...on.map((i) => own[i].probability)) });
    }
    for (const finding of excludedOf[scan]) {
      for (const i of marksOn(finding, own)) {
        if (spent[i] === 0) tally.onExcluded++;
        spent[i] = 1;
      }
    }
    own.forEach(({ probability }, i) => {
      if (spent[i] === 1) return;
      tally.falsePositives++;
      candidates.push({ scan, isNodule: false, probability });
    });
  }
  const counts = { scans: series.length, nodules: tally.truePositives + tally.falseNegatives, ...tally };
  return { candidates, counts };
}

function byScan<P extends ScanPoint>(points: readonly P[], scans: ReadonlyMap<string, number>): P[][] {
  const lists: P[][] = Array.from(scans, () => []);
  for (const point of points) {
    const scan = scans.get(point.series);
    if (scan !== undefined) lists[scan].push(point);
  }
  return lists;
}

/**
 * Of more than `most` marks those that are more probable than the one after: where several are as probable as it, fewer
 * than `most`.
 */
export function mostProbable<M extends { readonly probability: number }>(marks: readonly M[], most: number): M[] {
  if (marks.length <= most) return [...marks];
  const limit = marks.map(({ probability }) => probability).sort((a, b) => b - a)[most];
  return marks.filter(({ probability }) => probability > limit);
}

/** Indices of the marks nearer to the centre of `nodule` than its radius. */
function marksOn({ x, y, z, diameter }: Nodule, marks: readonly NoduleMark[]): number[] {
  const squared = ((diameter < 0 ? USUAL_DIAMETER : diameter) / 2) ** 2;
  return marks.flatMap((mark, i) => ((mark.x - x) ** 2 + (mark.y - y) ** 2 + (mark.z - z) ** 2 < squared ? [i] : []));
}
