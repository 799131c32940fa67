/**
 * @file Sensitivity and specificity of the readers without a known truth (`metrics/staple.ts`), at two levels.
 *
 * Of lesions: the units are the places that at least one reader marked; those that nobody marked are not on the list, and
 * the estimation knows it (`seenOnly`), which takes four readers. A *true negative* is such a place that is no lesion and
 * that the reader left alone: something there has tempted somebody, or could have. So this specificity says how readily a
 * reader falls for what tempts readers; it is not that of a test on healthy people.
 *
 * Of cases: the units are the cases, yes means anything marked in it. A true negative is a case without a lesion in which
 * the reader marked nothing. Three readers are enough.
 */
import { NOT_RATED } from "../metrics/rater-agreement";
import { type StapleRates, staple } from "../metrics/staple";
import type { Lesion } from "./consensus";
import { type Measure, patientsOf } from "./estimates";
import type { Readings, Sighting } from "./readings";

/** Decisions of all readers on units that belong to patients. */
export interface Decisions {
  readonly readers: number;
  /** Units x readers: 1, 0, or not read. */
  readonly values: Int8Array;
  /** Patient of each unit. */
  readonly patients: Int32Array;
}

/** Whether each reader marked each lesion. */
export function lesionDecisions(readings: Readings, lesions: readonly Lesion[]): Decisions {
  const { patientOf } = patientsOf(readings);
  const readers = readings.readers.length;
  const values = new Int8Array(lesions.length * readers).fill(NOT_RATED);
  lesions.forEach(({ readers: saw, readBy }, u) => {
    for (const reader of readBy) values[u * readers + reader] = 0;
    for (const reader of saw) values[u * readers + reader] = 1;
  });
  return { readers, values, patients: Int32Array.from(lesions, (lesion) => patientOf[lesion.case]) };
}

/** Whether each reader marked anything in each case. */
export function caseDecisions(readings: Readings, sightings: readonly Sighting[]): Decisions {
  const { patientOf } = patientsOf(readings);
  const readers = readings.readers.length;
  const values = new Int8Array(readings.cases.length * readers).fill(NOT_RATED);
  readings.cases.forEach(({ readBy }, u) => {
    for (const reader of readBy) values[u * readers + reader] = 0;
  });
  for (const { case: u, reader } of sightings) values[u * readers + reader] = 1;
  return { readers, values, patients: patientOf };
}

/** Units that all readers decided alike, taken together: there are few ways to decide and many units. */
interface Patterns {
  /** Patterns x readers. */
  readonly values: Int8Array;
  readonly readers: number;
  /** Pattern of each unit. */
  readonly patternOf: Int32Array;
  readonly patients: Int32Array;
  readonly count: number;
}

function patternsOf({ readers, values, patients }: Decisions): Patterns {
  const known = new Map<string, number>();
  const rows: Int8Array[] = [];
  const patternOf = Int32Array.from(patients, (_, u) => {
    const row = values.subarray(u * readers, (u + 1) * readers);
    const key = row.join();
    const index = known.get(key) ?? rows.push(row) - 1;
    known.set(key, index);
    return index;
  });
  const flat = Int8Array.from(rows.flatMap((row) => [...row]));
  return { values: flat, readers, patternOf, patients, count: rows.length };
}

/**
 * Sensitivities, then specificities, then the prevalence, as measures of one and the same estimation.
 *
 * @param pooled one sensitivity and one specificity for all readers
 * @param seenOnly units are there because a reader marked them
 */
export function rateMeasures(
  decisions: Decisions,
  { pooled, seenOnly }: { readonly pooled: boolean; readonly seenOnly: boolean },
): readonly Measure[] {
  const { count, patternOf, patients, values, readers } = patternsOf(decisions);
  // Resamples begin at the rates of the whole, which takes a tenth of the steps.
  let whole: StapleRates | undefined;
  let last: { readonly counts: Float64Array; readonly rates: StapleRates } | undefined;
  const solve = (weights: ArrayLike<number>): StapleRates => {
    const counts = new Float64Array(count);
    for (let u = 0; u < patternOf.length; u++) counts[patternOf[u]] += weights[patients[u]];
    // All measures of a draw ask one after another.
    if (last?.counts.every((value, i) => value === counts[i])) return last.rates;
    whole ??= staple(values, readers, { weights: wholeCounts(patternOf, count), pooled, seenOnly });
    const rates = staple(values, readers, { weights: counts, pooled, seenOnly, start: whole });
    last = { counts, rates };
    return rates;
  };
  const shown = pooled ? [0] : Array.from({ length: readers }, (_, r) => r);
  return [
    ...shown.map(
      (r): Measure =>
        (weights) =>
          solve(weights).sensitivity[r],
    ),
    ...shown.map(
      (r): Measure =>
        (weights) =>
          solve(weights).specificity[r],
    ),
    (weights) => solve(weights).prevalence,
  ];
}

function wholeCounts(patternOf: Int32Array, count: number): Float64Array {
  const counts = new Float64Array(count);
  for (const pattern of patternOf) counts[pattern]++;
  return counts;
}
