/**
 * @file Classes of several sets as one list.
 */
import type { AnnotationSet, Category } from "./annotation-set";

export interface UnitedClasses {
  /** In the order in which they first come, as they come: ids of two sets may clash. */
  readonly categories: readonly Category[];
  /** By set: class in `categories` by the set's own class. */
  readonly classOf: readonly (readonly number[])[];
}

/** Classes are one by their name. */
function uniteClasses(sets: readonly Pick<AnnotationSet, "categories">[]): UnitedClasses {
  const categories: Category[] = [];
  const known = new Map<string, number>();
  const classOf = sets.map((set) =>
    set.categories.map((category) => {
      const before = known.get(category.name);
      if (before !== undefined) return before;
      known.set(category.name, categories.length);
      return categories.push(category) - 1;
    }),
  );
  return { categories, classOf };
}

/** All images of the sets one after another, whatever their names, with united classes. */
export function joinSets(sets: readonly AnnotationSet[]): AnnotationSet {
  if (sets.length === 1) return sets[0];
  const { categories, classOf } = uniteClasses(sets);
  const images = sets.flatMap((set, s) =>
    set.images.map((image) => ({
      ...image,
      annotations: image.annotations.map((one) => ({ ...one, classId: classOf[s][one.classId] })),
    })),
  );
  return { categories, images };
}
