/**
 * @file Each reader against the consensus of the others, made without the reader.
 *
 * Truth is what a majority of the others who read the case saw. A mark on what only a minority of them saw is not judged:
 * neither a hit nor a false positive. As for FROC, a lesion counts once and a second hit on it is no mistake.
 */
import { NO_LESION } from "../metrics/froc";
import type { FrocScans } from "../metrics/froc-intervals";
import { type ConsensusOptions, type Lesion, lesionsOf, majority } from "./consensus";
import { type Measure, PatientSum, patientsOf } from "./estimates";
import { groupSightings, overlapWanted } from "./groups";
import type { Readings, Sighting } from "./readings";
import { lesionIou } from "./sightings";

/** One reader's marks, judged by the others. */
export interface ReaderRecord {
  readonly reader: number;
  /** Cases that the reader and another one read. */
  readonly cases: PatientSum;
  /** Lesions of the others' consensus. */
  readonly lesions: PatientSum;
  /** Of these, found by the reader. */
  readonly found: PatientSum;
  readonly falsePositives: PatientSum;
  /** Judged marks by case, for FROC. */
  readonly froc: FrocScans;
}

type Boxes = Sighting["boxes"];

export function leaveOneOut(
  readings: Readings,
  sightings: readonly Sighting[],
  options: ConsensusOptions,
): ReaderRecord[] {
  return readings.readers.map((_, reader) => recordOf(readings, sightings, reader, options));
}

function recordOf(
  readings: Readings,
  sightings: readonly Sighting[],
  reader: number,
  options: ConsensusOptions,
): ReaderRecord {
  const iou = overlapWanted(readings, options);
  const { patientOf, patients } = patientsOf(readings);
  const others = sightings.filter((one) => one.reader !== reader);
  const lesions = lesionsOf(readings, others, groupSightings(readings, others, options), options);
  const byCase = casewise(lesions, (lesion) => lesion.case);
  const own = casewise(
    sightings.filter((one) => one.reader === reader),
    (one) => one.case,
  );
  const [cases, all, found, falsePositives] = Array.from({ length: 4 }, () => new PatientSum(patients));
  const froc = { scores: [] as number[], hits: [] as number[], scans: [] as number[], lesionScans: [] as number[] };
  let scanCount = 0;
  readings.cases.forEach(({ readBy }, at) => {
    if (!readBy.includes(reader) || readBy.length < 2) return;
    const patient = patientOf[at];
    const scan = scanCount++;
    cases.add(patient, 1);
    const judged = (byCase.get(at) ?? []).filter((lesion) => lesion.readBy.includes(reader));
    const truth = judged.filter((lesion) => isTruth(lesion, reader)).map(boxesOf);
    const minority = judged.filter((lesion) => !isTruth(lesion, reader)).map(boxesOf);
    all.add(patient, truth.length);
    const first = froc.lesionScans.length;
    for (const _ of truth) froc.lesionScans.push(scan);
    const hit = new Set<number>();
    for (const { one, lesion } of hitsOf(own.get(at) ?? [], truth, iou)) {
      if (lesion === NO_LESION && minority.some((boxes) => lesionIou(one.boxes, boxes) >= iou)) continue;
      if (lesion === NO_LESION) falsePositives.add(patient, 1);
      else hit.add(lesion);
      froc.scores.push(one.score);
      froc.hits.push(lesion === NO_LESION ? NO_LESION : first + lesion);
      froc.scans.push(scan);
    }
    found.add(patient, hit.size);
  });
  const scans = { ...froc, lesionCount: froc.lesionScans.length, scanCount };
  return { reader, cases, lesions: all, found, falsePositives, froc: scans };
}

function isTruth({ readers, readBy }: Lesion, reader: number): boolean {
  return readers.length >= majority(readBy.filter((one) => one !== reader).length);
}

/** Box by image; the disputed ends of a lesion in a volume too. */
function boxesOf({ boxes }: Lesion): Boxes {
  return new Map(boxes.map(({ image, box }) => [image, box]));
}

/** The most confident first, each takes the free lesion that it overlaps most; if none is free, it hits one again. */
function hitsOf(own: readonly Sighting[], truth: readonly Boxes[], iou: number) {
  const taken = new Set<number>();
  return [...own]
    .sort((a, b) => b.score - a.score)
    .map((one) => {
      const shared = truth.map((boxes) => lesionIou(one.boxes, boxes));
      const reached = [...shared.keys()].filter((k) => shared[k] >= iou).sort((a, b) => shared[b] - shared[a]);
      const lesion = reached.find((k) => !taken.has(k)) ?? reached.at(0) ?? NO_LESION;
      taken.add(lesion);
      return { one, lesion };
    });
}

function casewise<T>(items: readonly T[], caseOf: (item: T) => number): Map<number, T[]> {
  const lists = new Map<number, T[]>();
  for (const item of items) {
    const list = lists.get(caseOf(item));
    if (list) list.push(item);
    else lists.set(caseOf(item), [item]);
  }
  return lists;
}

/** All readers taken as one, whose scans are every reading of every case. */
export function pooledRecord(records: readonly ReaderRecord[], patients: number): ReaderRecord {
  const [cases, lesions, found, falsePositives] = Array.from({ length: 4 }, () => new PatientSum(patients));
  const [scores, hits, scans, lesionScans] = Array.from({ length: 4 }, () => [] as number[]);
  let scanCount = 0;
  for (const record of records) {
    cases.addAll(record.cases);
    lesions.addAll(record.lesions);
    found.addAll(record.found);
    falsePositives.addAll(record.falsePositives);
    const { froc } = record;
    const first = lesionScans.length;
    for (let i = 0; i < froc.scores.length; i++) {
      scores.push(froc.scores[i]);
      hits.push(froc.hits[i] === NO_LESION ? NO_LESION : first + froc.hits[i]);
      scans.push(scanCount + froc.scans[i]);
    }
    for (let j = 0; j < froc.lesionCount; j++) lesionScans.push(scanCount + froc.lesionScans[j]);
    scanCount += froc.scanCount;
  }
  const froc = { scores, hits, scans, lesionScans, lesionCount: lesionScans.length, scanCount };
  return { reader: -1, cases, lesions, found, falsePositives, froc };
}

/** Sensitivity, precision, F1 and false positives per case of a record. */
export function recordMeasures({ cases, lesions, found, falsePositives }: ReaderRecord): readonly Measure[] {
  return [
    (w) => found.weighted(w) / lesions.weighted(w),
    (w) => found.weighted(w) / (found.weighted(w) + falsePositives.weighted(w)),
    (w) => (2 * found.weighted(w)) / (lesions.weighted(w) + found.weighted(w) + falsePositives.weighted(w)),
    (w) => falsePositives.weighted(w) / cases.weighted(w),
  ];
}
