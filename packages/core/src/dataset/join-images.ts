/**
 * @file Entries of one image put together.
 */
import type { AnnotatedImage, Annotation } from "./annotation-set";

/** An image that annotations are still added to. */
interface OpenImage {
  image: AnnotatedImage;
  readonly annotations: Annotation[];
}

export interface JoinOptions {
  /** Images of one file are one even if they stand in different parts; the first part counts. @default false */
  readonly acrossParts?: boolean;
}

/**
 * Images of one `file` become one, with the annotations of all and what the first one says of it, further attributes
 * of the others added. Those of different parts stay apart: what stands in two of them is for a check to find.
 */
export function joinImages(
  images: Iterable<AnnotatedImage>,
  { acrossParts = false }: JoinOptions = {},
): AnnotatedImage[] {
  const byFile = new Map<string, OpenImage[]>();
  const all: OpenImage[] = [];
  for (const image of images) {
    const own = byFile.get(image.file) ?? [];
    byFile.set(image.file, own);
    const before = own.find((one) => acrossParts || inOnePart(one.image, image));
    if (before === undefined) {
      const opened = { image, annotations: [...image.annotations] };
      own.push(opened);
      all.push(opened);
      continue;
    }
    const attributes = { ...image.attributes, ...before.image.attributes };
    before.image = { ...image, ...before.image, ...(Object.keys(attributes).length > 0 && { attributes }) };
    for (const one of image.annotations) before.annotations.push(one);
  }
  return all.map(({ image, annotations }) => ({ ...image, annotations }));
}

function inOnePart({ split: a }: AnnotatedImage, { split: b }: AnnotatedImage): boolean {
  return a === undefined || b === undefined || a === b;
}
