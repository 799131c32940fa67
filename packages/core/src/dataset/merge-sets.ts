/**
 * @file Annotation sets put together.
 */
import type { AnnotatedImage, AnnotationSet, Category } from "./annotation-set";

/**
 * One set of all images. Classes are one by their name, in the order in which they first come; images are one by their
 * file, with the annotations of all.
 */
export function mergeSets(sets: readonly AnnotationSet[]): AnnotationSet {
  if (sets.length === 1) return sets[0];
  const categories: Category[] = [];
  const classOf = new Map<string, number>();
  const images = new Map<string, AnnotatedImage>();
  for (const set of sets) {
    const classes = set.categories.map((category) => {
      const known = classOf.get(category.name);
      if (known !== undefined) return known;
      classOf.set(category.name, categories.length);
      return categories.push(category) - 1;
    });
    for (const image of set.images) {
      const annotations = image.annotations.map((one) => ({ ...one, classId: classes[one.classId] }));
      const before = images.get(image.file);
      images.set(image.file, { ...image, ...before, annotations: [...(before?.annotations ?? []), ...annotations] });
    }
  }
  return { categories, images: [...images.values()] };
}
