/**
 * @file Annotation sets put together.
 */
import type { AnnotationSet } from "./annotation-set";
import { type JoinOptions, joinImages } from "./join-images";
import { joinSets } from "./unite-classes";

/**
 * One set of all images. Classes are one by their name, in the order in which they first come; images are one by their
 * file, with the annotations of all.
 */
export function mergeSets(sets: readonly AnnotationSet[], options: JoinOptions = {}): AnnotationSet {
  if (sets.length === 1) return sets[0];
  const joined = joinSets(sets);
  return { categories: joined.categories, images: joinImages(joined.images, options) };
}
