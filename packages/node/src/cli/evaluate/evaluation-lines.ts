/**
 * @file What every evaluation from two files says before its numbers, and how it writes these.
 */
import type { OpenedEvaluation } from "../../data/open-evaluation";
import { plural } from "../describe-dataset";
import { warn } from "../message";

/** Warnings shown one by one. */
const SHOWN = 10;

export function printOpened({ tables, warnings }: OpenedEvaluation, gt: string, dt: string): void {
  for (const warning of warnings.slice(0, SHOWN)) warn(warning);
  if (warnings.length > SHOWN) warn(`and ${warnings.length - SHOWN} more like these`);
  const { images, categories, truth, detections } = tables;
  const of = `${plural(images, "image")}, ${plural(categories.length, "class", "classes")}`;
  process.stdout.write(`Truth       ${gt}: ${of}, ${plural(truth.image.length, "object")}\n`);
  process.stdout.write(`Detections  ${dt}: ${plural(detections.scores.length, "detection")}\n\n`);
}

/** `0.505`, or a dash where there is nothing to find. */
export function share(value: number): string {
  return value < 0 ? "-" : value.toFixed(3);
}

/** Categories by their ids, or their names where they have none. */
export function byId<T extends { readonly id?: number | string; readonly name: string }>(
  categories: readonly T[],
): Readonly<Record<string, T>> {
  return Object.fromEntries(categories.map((one) => [String(one.id ?? one.name), one]));
}
