/**
 * @file Sets put together into one, with what did not fit.
 */
import type { AnnotatedImage, Annotation, AnnotationSet } from "./annotation-set";
import { mergeSets } from "./merge-sets";

export interface MergedSets {
  readonly set: AnnotationSet;
  /** What a user should look at, in words. */
  readonly clashes: readonly string[];
}

/**
 * One set of all images, each with the annotations of every set that has it, the same ones once.
 *
 * Told are: classes whose names differ in case or blanks only, images of two sets, and images whose sizes differ.
 */
export function mergeAll(sets: readonly AnnotationSet[]): MergedSets {
  // Ids of two sets count the same numbers: they are counted anew where they clash.
  const merged = mergeSets(sets, { acrossParts: true });
  const clashes = [...nameClashes(merged), ...imageClashes(sets)];
  let doubled = 0;
  const images = merged.images.map((image) => {
    const annotations = once(image.annotations);
    doubled += image.annotations.length - annotations.length;
    return { ...image, annotations };
  });
  if (doubled > 0) clashes.push(`${doubled} annotations came twice and are kept once`);
  return { set: { categories: merged.categories.map(({ id: _, ...rest }) => rest), images }, clashes };
}

function nameClashes({ categories }: AnnotationSet): string[] {
  const byPlain = new Map<string, string[]>();
  for (const { name } of categories) {
    const plain = name.toLowerCase().replace(/[\s_-]+/g, "");
    byPlain.set(plain, [...(byPlain.get(plain) ?? []), name]);
  }
  return [...byPlain.values()]
    .filter((names) => names.length > 1)
    .map((names) => `classes ${names.join(" and ")} are kept apart; map one to the other if they are one`);
}

function imageClashes(sets: readonly AnnotationSet[]): string[] {
  const seen = new Map<string, AnnotatedImage>();
  let shared = 0;
  const sizes: string[] = [];
  for (const { images } of sets) {
    for (const image of images) {
      const before = seen.get(image.file);
      if (before === undefined) {
        seen.set(image.file, image);
        continue;
      }
      shared++;
      const same = before.width === image.width && before.height === image.height;
      if (!same && before.width !== undefined && image.width !== undefined) {
        const [a, b] = [before, image].map(({ width, height }) => `${width} x ${height}`);
        sizes.push(`${image.file} is ${a} in one set and ${b} in another; boxes may not fit`);
      }
    }
  }
  return [
    ...(shared > 0 ? [`${shared} images are in two sets; each is kept once, with the annotations of both`] : []),
    ...sizes,
  ];
}

/** Corners of the same box in two files lie so close, pixels: formats round differently. */
const SAME_PX = 0.5;

function once(annotations: readonly Annotation[]): Annotation[] {
  const kept: Annotation[] = [];
  for (const one of annotations) if (!kept.some((before) => isSame(before, one))) kept.push(one);
  return kept;
}

function isSame(a: Annotation, b: Annotation): boolean {
  if (a.classId !== b.classId || (a.crowd ?? false) !== (b.crowd ?? false)) return false;
  if ((a.ignore ?? false) !== (b.ignore ?? false)) return false;
  return CORNERS.every((corner) => Math.abs(a.box[corner] - b.box[corner]) <= SAME_PX);
}

const CORNERS = ["x1", "y1", "x2", "y2"] as const;
