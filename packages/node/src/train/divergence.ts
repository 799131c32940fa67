/**
 * @file When a loss says that training has gone astray: it is no number, or explodes.
 *
 * A loss explodes when it is more than a thousand times the median of the batches before it, a hundred at most and twenty
 * at least. Batches without a lesion are not judged by that: their class loss is divided by 1 instead of by the sum of the
 * targets, and may rightly be very large.
 */
import { REGION } from "@fovea/core/imaging/augment/tile";
import type { Batch } from "../data/batch";

/** Times the median. */
const EXPLODED = 1000;
const FEWEST = 20;
const MOST = 100;

/** How often a run goes back before it gives up. */
export const MOST_SETBACKS = 3;

/** Losses of the last batches with lesions, oldest first. */
export type RecentLosses = readonly number[];

/** Regions to ignore are no lesions. */
function hasLesion({ targets }: Batch): boolean {
  for (let i = 1; i < targets.length; i += 6) if (targets[i] !== REGION) return true;
  return false;
}

/** What is wrong with a batch's loss, as in "cls_loss is NaN"; `undefined` if nothing is. */
export function divergence(
  items: Float32Array,
  names: readonly string[],
  batch: Batch,
  recent: RecentLosses,
): string | undefined {
  const bad = items.findIndex((item) => !Number.isFinite(item));
  if (bad >= 0) return `${names[bad]} is ${items[bad]}`;
  if (recent.length < FEWEST || !hasLesion(batch)) return undefined;
  const sum = items.reduce((a, b) => a + b, 0);
  const median = recent.toSorted((a, b) => a - b)[Math.floor(recent.length / 2)];
  if (sum <= EXPLODED * median) return undefined;
  return `the loss is ${sum.toPrecision(3)}, the median of the last ${recent.length} batches ${median.toPrecision(3)},`;
}

/** The recent losses with one batch more. */
export function withLoss(recent: RecentLosses, items: Float32Array, batch: Batch): RecentLosses {
  if (!hasLesion(batch)) return recent;
  return [...recent, items.reduce((a, b) => a + b, 0)].slice(-MOST);
}

/** `on a batch of scan1.png, scan2.png and 3 more`. */
export function filesText(batch: Batch): string {
  const files = [...new Set(batch.files)];
  return `on a batch of ${files.slice(0, 4).join(", ")}${files.length > 4 ? ` and ${files.length - 4} more` : ""}`;
}
