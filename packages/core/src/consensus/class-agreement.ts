/**
 * @file Whether readers who saw the same lesions gave them the same class.
 *
 * Krippendorff's alpha takes every lesion that two or more saw; Fleiss' kappa only those that all readers saw, because it
 * wants as many ratings everywhere.
 */
import { fleissKappa, krippendorffAlpha, NOT_RATED } from "../metrics/rater-agreement";
import type { Consensus } from "./consensus";
import { type Measure, patientsOf } from "./estimates";
import type { Readings } from "./readings";

export interface ClassAgreement {
  /** Lesions that two or more saw. */
  readonly rated: number;
  readonly alpha: Measure;
  /** Lesions that all readers saw. */
  readonly ratedByAll: number;
  /** Absent where there is no such lesion. */
  readonly kappa?: Measure;
  /** Classes given to one lesion by two readers, K x K, symmetric: a pair of readers counts once on either side. */
  readonly pairs: readonly (readonly number[])[];
}

/** `undefined` where there is one class, or no lesion that two readers saw: nothing to agree on. */
export function classAgreement(readings: Readings, { sightings, lesions }: Consensus): ClassAgreement | undefined {
  const classes = readings.categories.length;
  const several = lesions.filter(({ readers }) => readers.length > 1);
  if (classes < 2 || several.length === 0) return undefined;
  const readers = readings.readers.length;
  const { patientOf } = patientsOf(readings);
  const ratings = new Int32Array(several.length * readers).fill(NOT_RATED);
  several.forEach((lesion, u) => {
    // Of two sightings of one reader, kept together, the first speaks.
    for (const i of [...lesion.sightings].reverse()) {
      ratings[u * readers + sightings[i].reader] = sightings[i].classId;
    }
  });
  const row = (u: number) => Array.from(ratings.subarray(u * readers, (u + 1) * readers));
  const full = several.flatMap((lesion, u) => (lesion.readers.length === readers ? [u] : []));
  const counts = full.map((u) => countsOf(row(u), classes));
  const patients = several.map((lesion) => patientOf[lesion.case]);
  return {
    rated: several.length,
    alpha: (weights) =>
      krippendorffAlpha(
        ratings,
        readers,
        patients.map((p) => weights[p]),
      ),
    ratedByAll: full.length,
    ...(full.length > 0 && {
      kappa: (weights: ArrayLike<number>) =>
        fleissKappa(
          counts,
          full.map((u) => weights[patients[u]]),
        ),
    }),
    pairs: pairCounts(
      several.map((_, u) => row(u)),
      classes,
    ),
  };
}

function countsOf(row: readonly number[], classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const value of row) if (value !== NOT_RATED) counts[value]++;
  return counts;
}

function pairCounts(rows: readonly (readonly number[])[], classes: number): number[][] {
  const pairs = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (const row of rows) {
    for (let a = 0; a < row.length; a++) {
      for (let b = a + 1; b < row.length; b++) {
        if (row[a] === NOT_RATED || row[b] === NOT_RATED) continue;
        pairs[row[a]][row[b]]++;
        if (row[a] !== row[b]) pairs[row[b]][row[a]]++;
      }
    }
  }
  return pairs;
}
