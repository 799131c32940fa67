/**
 * @file Some images of a data set: at random, or at random with classes and sizes in the shares of all.
 */
import { ArgumentError } from "../errors";
import { Random } from "../math/random";
import type { AnnotationSet } from "./annotation-set";
import { dealGroups } from "./split/deal-groups";
import { type Stratification, strataOf } from "./split/strata";

export interface PickOptions {
  /** The same set and seed give the same images, in whatever order they are listed. @default 0 */
  readonly seed?: number;
  /** What the picked images have in the same shares as all; their number is then about `n`. @default nothing */
  readonly stratify?: readonly Stratification[];
}

/**
 * `n` images of `set`, by index, in its order; all where there are no more.
 *
 * @throws {ArgumentError} if `n` is below 1
 */
export function pickImages(set: AnnotationSet, n: number, { seed = 0, stratify = [] }: PickOptions = {}): number[] {
  const { images } = set;
  if (n < 1) throw new ArgumentError(`n is ${n}, expected at least 1`);
  const all = images.map((_, i) => i);
  if (n >= images.length) return all;
  if (stratify.length > 0) {
    const strata = strataOf(set, stratify);
    const grouped = images.map(({ file }, i) => ({ group: file, strata: strata[i] }));
    const dealt = dealGroups(grouped, [n, images.length - n], { seed, noun: "image" });
    return all.filter((i) => dealt[i] === 0);
  }
  const byName = all.toSorted((a, b) => (images[a].file < images[b].file ? -1 : 1));
  return new Random(seed)
    .shuffle(byName)
    .slice(0, n)
    .sort((a, b) => a - b);
}

/**
 * `set` with the classes `names` only, in that order; images that show none of them are left out, unless `keepEmpty`.
 *
 * @throws {ArgumentError} if the set has no class of a name
 */
export function onlyClasses(
  { categories, images }: AnnotationSet,
  names: readonly string[],
  { keepEmpty = false }: { readonly keepEmpty?: boolean } = {},
): AnnotationSet {
  const classOf = new Map<number, number>();
  names.forEach((name, id) => {
    const before = categories.findIndex((category) => category.name === name);
    if (before < 0) {
      const known = categories.map((category) => category.name).join(", ");
      throw new ArgumentError(`classes: no class ${name}; the set has ${known}`);
    }
    classOf.set(before, id);
  });
  const kept = images.map((image) => ({
    ...image,
    annotations: image.annotations.flatMap((one) => {
      const classId = classOf.get(one.classId);
      return classId === undefined ? [] : [{ ...one, classId }];
    }),
  }));
  return {
    categories: names.map((name) => ({ name })),
    images: keepEmpty ? kept : kept.filter(({ annotations }) => annotations.length > 0),
  };
}
