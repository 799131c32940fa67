/**
 * @file Splits images in k folds so that all images of one patient stand in the same one.
 *
 * Images of one patient look alike: with some in training and some in validation a model is praised for what it
 * remembers. Patients go to folds greedily, those with most lesions first, each to where the share of its classes is
 * lowest so far; the seed settles ties.
 */
import { ArgumentError } from "../errors";
import { Random } from "../math/random";

/** One image: whose it is and what it shows. */
export interface FoldImage {
  /** Who must not be torn apart; the image's own name where every image counts for itself. */
  readonly patient: string;
  /** Class of each of its labels. */
  readonly classIds: readonly number[];
}

export interface FoldOptions {
  readonly k: number;
  /** @default 0 */
  readonly seed?: number;
}

/** A group of images, and how much it has of each stratum: classes, then images without any label, then images. */
interface Group {
  readonly images: readonly number[];
  readonly counts: Float64Array;
}

/**
 * Fold of every image, 0 ... k - 1, in the order of `images`.
 *
 * The same input and seed give the same folds. Every fold gets at least one patient.
 *
 * @throws {ArgumentError} if `k` is below 2 or there are fewer patients than folds
 */
export function patientFolds(images: readonly FoldImage[], { k, seed = 0 }: FoldOptions): number[] {
  if (!(Number.isInteger(k) && k >= 2)) throw new ArgumentError(`k is ${k}, expected a whole number of at least 2`);
  const classes = 1 + images.reduce((most, { classIds }) => Math.max(most, ...classIds), -1);
  const groups = groupsOf(images, classes);
  if (groups.length < k) {
    const who = `${groups.length} ${groups.length === 1 ? "patient" : "patients"}`;
    throw new ArgumentError(`${who} for ${k} folds; every fold needs one, so take a smaller k`);
  }
  const random = new Random(seed);
  const totals = new Float64Array(classes + 2);
  for (const { counts } of groups) add(totals, counts);
  // The sort is stable: groups alike in size stay as shuffled.
  const order = random.shuffle([...groups]).sort((a, b) => weight(b) - weight(a));
  const folds = Array.from({ length: k }, () => ({ groups: 0, counts: new Float64Array(classes + 2) }));
  const result = new Array<number>(images.length).fill(0);
  order.forEach((group, i) => {
    const left = order.length - i;
    const empty = folds.filter((fold) => fold.groups === 0).length;
    // The last groups belong to folds that have none yet.
    const open = folds.flatMap((fold, f) => (left > empty || fold.groups === 0 ? [f] : []));
    const best = open.reduce((a, b) =>
      load(folds[b].counts, group, totals) < load(folds[a].counts, group, totals) ? b : a,
    );
    folds[best].groups++;
    add(folds[best].counts, group.counts);
    for (const image of group.images) result[image] = best;
  });
  return result;
}

function add(sums: Float64Array, counts: Float64Array): void {
  for (let c = 0; c < sums.length; c++) sums[c] += counts[c];
}

function groupsOf(images: readonly FoldImage[], classes: number): Group[] {
  const byPatient = new Map<string, number[]>();
  images.forEach(({ patient }, i) => {
    const own = byPatient.get(patient);
    if (own) own.push(i);
    else byPatient.set(patient, [i]);
  });
  // By name, so that the order in which files are listed does not matter.
  const sorted = [...byPatient].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return sorted.map(([, own]) => {
    const counts = new Float64Array(classes + 2);
    for (const i of own) {
      const { classIds } = images[i];
      for (const id of classIds) counts[id]++;
      if (classIds.length === 0) counts[classes]++;
      counts[classes + 1]++;
    }
    return { images: own, counts };
  });
}

/** Labels and images: what is hard to place comes first. */
function weight({ counts }: Group): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/** How full a fold would be with a group: shares of each stratum, squared so that a rare class weighs as a frequent one. */
function load(counts: Float64Array, group: Group, totals: Float64Array): number {
  let sum = 0;
  for (let c = 0; c < totals.length; c++) {
    // Strata that the group has nothing of do not care where it goes; images always do.
    if (totals[c] > 0 && group.counts[c] > 0)
      sum += ((counts[c] + group.counts[c]) / totals[c]) ** 2 - (counts[c] / totals[c]) ** 2;
  }
  return sum;
}
