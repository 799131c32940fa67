/**
 * @file Deals groups of images to parts of a given size, so that no group is torn apart.
 *
 * Images of one patient look alike: with some in training and some in validation a model is praised for what it
 * remembers. Groups go to parts greedily, those with most lesions first, each to where the share of its strata (classes,
 * sizes) is lowest so far; the seed settles ties.
 */
import { ArgumentError } from "../../errors";
import { Random } from "../../math/random";

/** One image: what it must not be parted from, and what it shows. */
export interface GroupedImage {
  /** Patient, study, site ...; the image's own name where every image counts for itself. */
  readonly group: string;
  /** Stratum of each of its labels, 0, 1 ...: its class, or its class and its size; a label may stand in several. */
  readonly strata: readonly number[];
}

export interface DealOptions {
  /** The same input and seed give the same parts. @default 0 */
  readonly seed?: number;
  /** What a group is called in errors. @default "group" */
  readonly noun?: string;
}

/** A group of images, and how much it has of each stratum: those of labels, then images without any, then images. */
interface Group {
  readonly images: readonly number[];
  readonly counts: Float64Array;
}

/** `k` parts of equal size. @throws {ArgumentError} if `k` is below 2 */
export function equalShares(k: number): number[] {
  if (!(Number.isInteger(k) && k >= 2)) throw new ArgumentError(`k is ${k}, expected a whole number of at least 2`);
  return new Array<number>(k).fill(1 / k);
}

/**
 * Part of every image, 0, 1 ..., in the order of `images`.
 *
 * The order in which images are listed does not matter. Every part gets at least one group.
 *
 * @param shares size of each part, above 0, in any unit
 * @throws {ArgumentError} if a share is no size, or there are fewer groups than parts
 */
export function dealGroups(
  images: readonly GroupedImage[],
  shares: readonly number[],
  { seed = 0, noun = "group" }: DealOptions = {},
): number[] {
  const wrong = shares.find((share) => !(share > 0 && Number.isFinite(share)));
  if (wrong !== undefined) throw new ArgumentError(`share of a part is ${wrong}, expected a number above 0`);
  const strata = 1 + images.reduce((most, image) => Math.max(most, ...image.strata), -1);
  const groups = groupsOf(images, strata);
  if (groups.length < shares.length) {
    const who = `${groups.length} ${groups.length === 1 ? noun : `${noun}s`}`;
    throw new ArgumentError(`${who} for ${shares.length} parts; every part needs one, so take fewer parts`);
  }
  const random = new Random(seed);
  const totals = new Float64Array(strata + 2);
  for (const { counts } of groups) add(totals, counts);
  const whole = shares.reduce((sum, share) => sum + share, 0);
  const parts = shares.map((share) => ({ share: share / whole, groups: 0, counts: new Float64Array(strata + 2) }));
  // The sort is stable: groups alike in size stay as shuffled.
  const order = random.shuffle([...groups]).sort((a, b) => weight(b) - weight(a));
  const result = new Array<number>(images.length).fill(0);
  order.forEach((group, i) => {
    const left = order.length - i;
    const empty = parts.filter((part) => part.groups === 0).length;
    // The last groups belong to parts that have none yet.
    const open = parts.flatMap((part, p) => (left > empty || part.groups === 0 ? [p] : []));
    const best = open.reduce((a, b) => (load(parts[b], group, totals) < load(parts[a], group, totals) ? b : a));
    parts[best].groups++;
    add(parts[best].counts, group.counts);
    for (const image of group.images) result[image] = best;
  });
  return result;
}

function add(sums: Float64Array, counts: Float64Array): void {
  for (let c = 0; c < sums.length; c++) sums[c] += counts[c];
}

function groupsOf(images: readonly GroupedImage[], strata: number): Group[] {
  const byName = new Map<string, number[]>();
  images.forEach(({ group }, i) => {
    const own = byName.get(group);
    if (own) own.push(i);
    else byName.set(group, [i]);
  });
  // By name, so that the order in which files are listed does not matter.
  const sorted = [...byName].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return sorted.map(([, own]) => {
    const counts = new Float64Array(strata + 2);
    for (const i of own) {
      for (const stratum of images[i].strata) counts[stratum]++;
      if (images[i].strata.length === 0) counts[strata]++;
      counts[strata + 1]++;
    }
    return { images: own, counts };
  });
}

/** Labels and images: what is hard to place comes first. */
function weight({ counts }: Group): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/**
 * How much fuller than wanted a part would get by a group: shares of each stratum in those wanted, squared so that a
 * rare class weighs as a frequent one, and weighed by the part's size so that the sum over parts is least where all are
 * as full as wanted.
 */
function load(
  { share, counts }: { readonly share: number; readonly counts: Float64Array },
  group: Group,
  totals: Float64Array,
): number {
  let sum = 0;
  for (let c = 0; c < totals.length; c++) {
    // Strata that the group has nothing of do not care where it goes; images always do.
    if (totals[c] > 0 && group.counts[c] > 0)
      sum += ((counts[c] + group.counts[c]) / totals[c]) ** 2 - (counts[c] / totals[c]) ** 2;
  }
  return sum / share;
}
