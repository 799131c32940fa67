/**
 * @file Divisions of a data set: one by ratios, k folds, or one for each site that is left out.
 */
import { ArgumentError } from "../../errors";
import { dealGroups, equalShares, type GroupedImage } from "./deal-groups";

/** A way to divide a data set: images, by index, of each of its parts. */
export interface Division {
  /** `fold1`, `site-A`; empty for the only one. */
  readonly name: string;
  readonly parts: readonly DivisionPart[];
}

export interface DivisionPart {
  /** `train`, `val`, `test`, or `part4`. */
  readonly name: string;
  readonly images: readonly number[];
}

export interface DivideOptions {
  /** @default 0 */
  readonly seed?: number;
  /** What a group is called in errors. @default "group" */
  readonly noun?: string;
}

/** Names of the parts of a division by ratios. */
const PARTS = ["train", "val", "test"] as const;

/** Parts of the sizes `ratios`, in any unit: train, val, and test if there is a third. */
export function byRatios(
  images: readonly GroupedImage[],
  ratios: readonly number[],
  options: DivideOptions = {},
): Division {
  if (ratios.length < 2) throw new ArgumentError(`${ratios.length} ratio, expected two or more, as 70,15,15`);
  const dealt = dealGroups(images, ratios, options);
  const parts = ratios.map((_, p) => ({
    name: PARTS[p] ?? `part${p + 1}`,
    images: where(dealt, (part) => part === p),
  }));
  return { name: "", parts };
}

/** `k` divisions: each fold is once `val`, the others `train`. */
export function byFolds(images: readonly GroupedImage[], k: number, options: DivideOptions = {}): Division[] {
  const dealt = dealGroups(images, equalShares(k), options);
  return Array.from({ length: k }, (_, fold) => heldOut(`fold${fold + 1}`, dealt, fold));
}

/**
 * A division for each site, in the order of their names: its images are `val`, all others `train`.
 *
 * @param sites by image
 * @throws {ArgumentError} if there is one site only
 */
export function byLeavingOut(sites: readonly string[]): Division[] {
  const names = [...new Set(sites)].sort();
  if (names.length < 2) {
    throw new ArgumentError(`all images are of ${names[0] ?? "no site"}; leaving one out needs two or more`);
  }
  return names.map((name) => heldOut(name, sites, name));
}

function heldOut<T>(name: string, parts: readonly T[], held: T): Division {
  return {
    name,
    parts: [
      { name: "train", images: where(parts, (part) => part !== held) },
      { name: "val", images: where(parts, (part) => part === held) },
    ],
  };
}

function where<T>(parts: readonly T[], keep: (part: T) => boolean): number[] {
  return parts.flatMap((part, i) => (keep(part) ? [i] : []));
}
