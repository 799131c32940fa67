/**
 * @file Images whose annotations still name their classes, as most formats do, put together to a set.
 */
import type { AnnotatedImage, Annotation, AnnotationSet, Category } from "../annotation-set";
import { joinImages } from "../join-images";
import type { Problem } from "../sample";

/** An annotation with the name of its class in place of an index. */
export interface AnnotationDraft extends Omit<Annotation, "classId"> {
  readonly className: string;
}

export interface ImageDraft extends Omit<AnnotatedImage, "annotations"> {
  readonly annotations: readonly AnnotationDraft[];
}

/** What a reader made of its material. */
export interface ReadSet {
  readonly set: AnnotationSet;
  /** Errors cost what they name, an image or an annotation; warnings tell what was changed. */
  readonly problems: readonly Problem[];
}

/**
 * The set of `drafts`. Classes are `known` ones in their order, then those that only annotations name, by code unit:
 * so that parts of one set that are read apart count alike wherever they show the same classes.
 *
 * Images of one `file` become one within a part, with the annotations of all.
 */
export function assembleSet(drafts: readonly ImageDraft[], known: readonly (string | Category)[] = []): AnnotationSet {
  const categories: Category[] = known.map((one) => (typeof one === "string" ? { name: one } : one));
  const classOf = new Map<string, number>();
  for (const [index, { name }] of categories.entries()) if (!classOf.has(name)) classOf.set(name, index);
  const named = new Set(drafts.flatMap(({ annotations }) => annotations.map(({ className }) => className)));
  for (const name of [...named].filter((one) => !classOf.has(one)).sort(byCodeUnit)) {
    classOf.set(name, categories.length);
    categories.push({ name });
  }
  const images = drafts.map(({ annotations, ...image }) => ({
    ...image,
    annotations: annotations.map(({ className, ...rest }) => ({ classId: classOf.get(className) ?? 0, ...rest })),
  }));
  return { categories, images: joinImages(images) };
}

/** Order of texts that no machine's language changes. */
function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A path as sets write it: with `/`, without a leading `./`. */
export function imagePath(path: string): string {
  return path
    .trim()
    .replaceAll("\\", "/")
    .replace(/^(\.\/)+/, "");
}
