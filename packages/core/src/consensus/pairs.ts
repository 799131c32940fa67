/**
 * @file Every two readers held against each other: sightings of the one matched with those of the other, F1 of detection.
 *
 * F1 = 2 m / (a + b): m matched pairs, a and b sightings of the two, in the cases that both read. It is the same whoever
 * is taken for the truth, and it needs no true negatives.
 */
import { type Measure, PatientSum, patientsOf, ratio } from "./estimates";
import { type Overlap, overlaps } from "./groups";
import type { Readings, Sighting } from "./readings";

/** What two readers have in common. */
export interface Pair {
  readonly a: number;
  readonly b: number;
  /** Cases that both read. */
  readonly cases: number;
  readonly matched: PatientSum;
  /** Sightings of both, in these cases. */
  readonly both: PatientSum;
  /** Sum of the IoU of the matched ones. */
  readonly iou: PatientSum;
}

/** @param iou sightings that overlap by at least this may be matched */
export function pairsOf(readings: Readings, sightings: readonly Sighting[], iou: number): Pair[] {
  const { patientOf, patients } = patientsOf(readings);
  const { readers, cases } = readings;
  const edges = overlaps(sightings, (p, q) => p.reader !== q.reader).filter((edge) => edge.iou >= iou);
  const byPair = new Map<number, Overlap[]>();
  for (const edge of edges) {
    const key = pairKey(sightings[edge.a].reader, sightings[edge.b].reader, readers.length);
    const list = byPair.get(key);
    if (list) list.push(edge);
    else byPair.set(key, [edge]);
  }
  const pairs: Pair[] = [];
  for (let a = 0; a < readers.length; a++) {
    for (let b = a + 1; b < readers.length; b++) {
      const [matched, both, shared] = Array.from({ length: 3 }, () => new PatientSum(patients));
      const readByBoth = ({ readBy }: { readonly readBy: readonly number[] }) =>
        readBy.includes(a) && readBy.includes(b);
      for (const one of sightings) {
        if (one.reader !== a && one.reader !== b) continue;
        if (inReadOf(readings, one, readByBoth)) both.add(patientOf[one.case], 1);
      }
      for (const edge of oneToOne(byPair.get(pairKey(a, b, readers.length)) ?? [])) {
        const patient = patientOf[sightings[edge.a].case];
        matched.add(patient, 1);
        shared.add(patient, edge.iou);
      }
      pairs.push({ a, b, cases: cases.filter(readByBoth).length, matched, both, iou: shared });
    }
  }
  return pairs;
}

/** Whether a sighting lies in an image of which `read` is true. */
function inReadOf(
  { images }: Readings,
  { boxes }: Sighting,
  read: (image: { readonly readBy: readonly number[] }) => boolean,
): boolean {
  for (const image of boxes.keys()) if (read(images[image])) return true;
  return false;
}

function pairKey(a: number, b: number, readers: number): number {
  return Math.min(a, b) * readers + Math.max(a, b);
}

/** Greatest overlap first, nobody twice. */
function oneToOne(edges: readonly Overlap[]): Overlap[] {
  const taken = new Set<number>();
  return [...edges]
    .sort((p, q) => q.iou - p.iou || p.a - q.a || p.b - q.b)
    .filter(({ a, b }) => {
      if (taken.has(a) || taken.has(b)) return false;
      taken.add(a).add(b);
      return true;
    });
}

export function pairF1({ matched, both }: Pair): Measure {
  return ratio(matched, both, 2);
}

/** All pairs taken as one. */
export function pooledPair(pairs: readonly Pair[], patients: number): Pair {
  const [matched, both, iou] = Array.from({ length: 3 }, () => new PatientSum(patients));
  for (const pair of pairs) {
    matched.addAll(pair.matched);
    both.addAll(pair.both);
    iou.addAll(pair.iou);
  }
  return { a: -1, b: -1, cases: pairs.reduce((sum, pair) => sum + pair.cases, 0), matched, both, iou };
}
