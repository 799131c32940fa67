/**
 * @file Agreement of raters beyond chance on unordered classes.
 *
 * Fleiss, "Measuring nominal scale agreement among many raters", Psychological Bulletin 76 (1971), doi:10.1037/h0031619.
 * Krippendorff, "Computing Krippendorff's alpha-reliability", University of Pennsylvania (2011): the nominal metric.
 * Both are 1 where all agree, 0 where they agree as often as chance would, NaN where only one class was ever given.
 */
import { ArgumentError, ShapeError } from "../errors";

/**
 * Kappa of Fleiss.
 *
 * (P - Pe) / (1 - Pe), P the mean share of agreeing pairs of raters, Pe the sum of the squared shares of the classes.
 *
 * @param counts for each subject how many raters gave each class; the same number of raters, two or more, everywhere
 * @param weights how often each subject counts. All 1 if left out
 * @throws {ArgumentError} if the numbers of raters differ or are below two
 */
export function fleissKappa(counts: readonly (readonly number[])[], weights?: ArrayLike<number>): number {
  let raters: number | undefined;
  let subjects = 0;
  let agreeing = 0;
  const totals: number[] = [];
  counts.forEach((row, i) => {
    const n = row.reduce((sum, count) => sum + count, 0);
    raters ??= n;
    if (n !== raters || n < 2) {
      throw new ArgumentError(`fleissKappa: subject ${i} has ${n} raters, wanted ${Math.max(2, raters)} as everywhere`);
    }
    const weight = weights?.[i] ?? 1;
    subjects += weight;
    agreeing += (weight * row.reduce((sum, count) => sum + count * (count - 1), 0)) / (n * (n - 1));
    row.forEach((count, k) => {
      totals[k] = (totals[k] ?? 0) + weight * count;
    });
  });
  const observed = agreeing / subjects;
  const expected = totals.reduce((sum, total) => sum + (total / (subjects * (raters ?? 0))) ** 2, 0);
  return expected === 1 ? Number.NaN : (observed - expected) / (1 - expected);
}

/** A rating that is missing. */
export const NOT_RATED = -1;

/**
 * Alpha of Krippendorff for classes.
 *
 * 1 - (n - 1) (sum of pairs that differ within units) / (pairs that differ among all n values): a unit of m values counts
 * each of its pairs 1 / (m - 1) times; units with fewer than two values are left out.
 *
 * @param ratings units x raters, row-major: class from 0, or `NOT_RATED`
 * @param weights how often each unit counts. All 1 if left out
 * @throws {ShapeError} if the length is no multiple of the number of raters
 */
export function krippendorffAlpha(ratings: ArrayLike<number>, raters: number, weights?: ArrayLike<number>): number {
  const units = ratings.length / raters;
  if (!Number.isInteger(units))
    throw new ShapeError(`krippendorffAlpha: ${ratings.length} ratings of ${raters} raters`);
  const totals: number[] = [];
  let differing = 0;
  let values = 0;
  for (let u = 0; u < units; u++) {
    const weight = weights?.[u] ?? 1;
    if (weight === 0) continue;
    const counts: number[] = [];
    let m = 0;
    for (let r = 0; r < raters; r++) {
      const value = ratings[u * raters + r];
      if (value === NOT_RATED) continue;
      counts[value] = (counts[value] ?? 0) + 1;
      m++;
    }
    if (m < 2) continue;
    values += weight * m;
    let alike = 0;
    counts.forEach((count, k) => {
      totals[k] = (totals[k] ?? 0) + weight * count;
      alike += count * count;
    });
    differing += (weight * (m * m - alike)) / (m - 1);
  }
  let possible = values * values;
  for (const total of totals) possible -= (total ?? 0) ** 2;
  return possible === 0 ? Number.NaN : 1 - ((values - 1) * differing) / possible;
}
