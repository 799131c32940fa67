/**
 * @file What a split is to be even in: classes, and sizes of what is marked.
 */
import { quantile } from "../../math/stats";
import { type AnnotationSet, isIgnored } from "../annotation-set";

/** What parts are to have alike. */
export const STRATIFICATIONS = ["class", "size"] as const;

export type Stratification = (typeof STRATIFICATIONS)[number];

/**
 * Strata of the labels of each image. By `class` each class is one; by `size` each third of the set's sizes (square
 * root of the box's area, pixels) is; by both, a label counts in one of either kind. What is ignored counts in none.
 */
export function strataOf({ categories, images }: AnnotationSet, by: readonly Stratification[]): number[][] {
  const sizes = images.map(({ annotations }) => annotations.filter((one) => !isIgnored(one)).map(sideOf));
  const all = sizes.flat();
  const limits = by.includes("size") && all.length > 0 ? [quantile(all, 1 / 3), quantile(all, 2 / 3)] : [];
  const classes = by.includes("class") ? categories.length : 0;
  return images.map(({ annotations }, i) =>
    annotations
      .filter((one) => !isIgnored(one))
      .flatMap(({ classId }, k) => [
        ...(classes > 0 ? [classId] : []),
        ...(limits.length > 0 ? [classes + limits.filter((limit) => sizes[i][k] > limit).length] : []),
      ]),
  );
}

/** Square root of the box's area, pixels; 0 of one without width. */
function sideOf({ box }: { readonly box: { x1: number; y1: number; x2: number; y2: number } }): number {
  return Math.sqrt(Math.max(0, box.x2 - box.x1) * Math.max(0, box.y2 - box.y1));
}
