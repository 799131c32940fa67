/**
 * @file Annotation sets put together.
 */
import type { AnnotatedImage, AnnotationSet } from "./annotation-set";
import { joinSets } from "./unite-classes";

/**
 * One set of all images. Classes are one by their name, in the order in which they first come; images are one by their
 * file, with the annotations of all.
 */
export function mergeSets(sets: readonly AnnotationSet[]): AnnotationSet {
  if (sets.length === 1) return sets[0];
  const joined = joinSets(sets);
  const images = new Map<string, AnnotatedImage>();
  for (const image of joined.images) {
    const before = images.get(image.file);
    const annotations = [...(before?.annotations ?? []), ...image.annotations];
    images.set(image.file, { ...image, ...before, annotations });
  }
  return { categories: joined.categories, images: [...images.values()] };
}
