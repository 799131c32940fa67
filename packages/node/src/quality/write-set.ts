/**
 * @file A data set made of another, as one COCO file whose images lead to the pictures from where it stands.
 */
import { dirname, relative, resolve, sep } from "node:path";
import type { AnnotationSet } from "@fovea/core/dataset/annotation-set";
import { writeCoco } from "@fovea/core/dataset/formats/write-coco";

/** COCO text of `set` for a file at `out`; `paths` are those of the pictures, by image. */
export function cocoText(set: AnnotationSet, paths: readonly string[], out: string): string {
  const folder = dirname(resolve(out));
  const images = set.images.map((image, i) => ({ ...image, file: relative(folder, paths[i]).split(sep).join("/") }));
  return writeCoco({ ...set, images });
}
