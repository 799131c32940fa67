/**
 * @file All judged images as columns, and the groups of lesions and images that an evaluation looks at one by one.
 */

import { sumByCluster } from "./cluster-ratio";
import type { EvaluationRecord, FalseAlarmColumns, JudgedCase, LesionColumns } from "./evaluation-record";
import { NO_LESION } from "./froc";
import type { FrocScans } from "./froc-intervals";

export interface EvaluationView {
  readonly names: readonly string[];
  readonly cases: readonly JudgedCase[];
  readonly lesions: LesionColumns;
  readonly alarms: FalseAlarmColumns;
  /** What is drawn for intervals: the patient of each image, or the image itself, as numbers from 0. */
  readonly clusters: Int32Array;
  readonly clusterCount: number;
  /** Whether clusters are patients: so if every image says whose it is. */
  readonly byPatient: boolean;
  /** Of the most confident detection of each image, -Infinity without one. */
  readonly imageScores: Float64Array;
  /** 1 for an image with a lesion. */
  readonly positive: Uint8Array;
  /** 1 for an image without a lesion in which nothing is left unjudged: its findings are all false. */
  readonly negative: Uint8Array;
}

export function evaluationView(record: EvaluationRecord): EvaluationView {
  const { cases, names } = record;
  const byPatient = cases.length > 0 && cases.every(({ patient }) => patient !== undefined && patient !== "");
  const numbers = new Map<string, number>();
  const clusters = Int32Array.from(cases, ({ patient = "" }, i) => {
    if (!byPatient) return i;
    const number = numbers.get(patient) ?? numbers.size;
    numbers.set(patient, number);
    return number;
  });
  return {
    names,
    cases,
    lesions: record.lesions(),
    alarms: record.falseAlarms(),
    clusters,
    clusterCount: byPatient ? numbers.size : cases.length,
    byPatient,
    imageScores: Float64Array.from(cases, ({ detections }) => detections.scores[0] ?? Number.NEGATIVE_INFINITY),
    positive: Uint8Array.from(cases, ({ truth }) => Number(truth.classIds.length > 0)),
    negative: Uint8Array.from(cases, ({ truth, regions }) =>
      Number(truth.classIds.length === 0 && regions.length === 0),
    ),
  };
}

/** Images as cases: those with a lesion, and those of which it is certain that they have none. */
export interface JudgedImages {
  /** Their numbers. */
  readonly images: readonly number[];
  readonly scores: Float64Array;
  /** 1 for one with a lesion. */
  readonly positive: Uint8Array;
  /** Whether there are cases with and without. */
  readonly bothKinds: boolean;
}

/** Images without a lesion but with a region in which nothing is judged are left out: they are neither. */
export function judgedImages({ imageScores, positive, negative }: EvaluationView): JudgedImages {
  const images = Array.from(positive.keys()).filter((s) => positive[s] === 1 || negative[s] === 1);
  const own = Uint8Array.from(images, (s) => positive[s]);
  return {
    images,
    scores: Float64Array.from(images, (s) => imageScores[s]),
    positive: own,
    bothKinds: own.includes(1) && own.includes(0),
  };
}

/** Some lesions, false alarms and images of a view, by their numbers there. @default all */
export interface Selection {
  readonly lesion?: (j: number) => boolean;
  readonly alarm?: (k: number) => boolean;
  readonly image?: (s: number) => boolean;
}

/** What a FROC curve of a selection is made of, and whose its images are; images are numbered anew. */
export function selectedScans(
  { lesions, alarms, cases, clusters }: EvaluationView,
  { lesion = () => true, alarm = () => true, image = () => true }: Selection = {},
): FrocScans & { readonly clusters: Int32Array } {
  const places = new Int32Array(cases.length).fill(-1);
  const images = cases.flatMap((_, s) => (image(s) ? [s] : []));
  images.forEach((s, i) => {
    places[s] = i;
  });
  const rows = (images: Int32Array, chosen: (i: number) => boolean) =>
    Array.from(images.keys()).filter((i) => places[images[i]] >= 0 && chosen(i));
  const ownLesions = rows(lesions.image, lesion);
  const ownAlarms = rows(alarms.image, alarm);
  const found = ownLesions.flatMap((j, number) => (lesions.score[j] >= 0 ? [{ j, number }] : []));
  const n = found.length + ownAlarms.length;
  const [scores, hits, scans] = [new Float32Array(n), new Int32Array(n).fill(NO_LESION), new Int32Array(n)];
  found.forEach(({ j, number }, i) => {
    [scores[i], hits[i], scans[i]] = [lesions.score[j], number, places[lesions.image[j]]];
  });
  ownAlarms.forEach((k, i) => {
    scores[found.length + i] = alarms.score[k];
    scans[found.length + i] = places[alarms.image[k]];
  });
  const numbers = new Map<number, number>();
  return {
    scores,
    hits,
    scans,
    lesionScans: Int32Array.from(ownLesions, (j) => places[lesions.image[j]]),
    lesionCount: ownLesions.length,
    scanCount: images.length,
    clusters: Int32Array.from(images, (s) => {
      const number = numbers.get(clusters[s]) ?? numbers.size;
      numbers.set(clusters[s], number);
      return number;
    }),
  };
}

/** What happens at one threshold in a selection, by cluster. */
export interface SelectionCounts {
  readonly images: Float64Array;
  readonly lesions: Float64Array;
  readonly found: Float64Array;
  readonly falseAlarms: Float64Array;
}

/** Counts of a selection at `threshold`: detections of at least this score count. */
export function selectedCounts(
  { lesions, alarms, cases, clusters, clusterCount }: EvaluationView,
  threshold: number,
  { lesion = () => true, alarm = () => true, image = () => true }: Selection = {},
): SelectionCounts {
  const of = (images: ArrayLike<number>, counts: (i: number) => boolean) =>
    sumByCluster(
      Array.from(images, (s) => clusters[s]),
      clusterCount,
      Array.from(images, (s, i) => Number(image(s) && counts(i))),
    );
  return {
    images: of(Array.from(cases.keys()), () => true),
    lesions: of(lesions.image, lesion),
    found: of(lesions.image, (j) => lesion(j) && lesions.score[j] >= threshold),
    falseAlarms: of(alarms.image, (k) => alarm(k) && alarms.score[k] >= threshold),
  };
}
