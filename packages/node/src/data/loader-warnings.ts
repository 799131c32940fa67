/**
 * @file What a user should hear before a loader makes its first batch.
 */
import type { Dataset, Problem } from "@fovea/core/dataset/sample";

/** Masks need outlines; boxes are filled where there is none, which teaches boxes. */
export function outlinesMissing({ samples }: Dataset): Problem[] {
  const boxes = samples.filter(({ labels }) => labels.some(({ polygon }) => polygon === undefined));
  if (boxes.length === 0) return [];
  const message = `lesions without outline here and in ${boxes.length - 1} more images: their boxes are taken for outlines`;
  return [{ severity: "warning", code: "invalid_label", file: boxes[0].file, message }];
}

/** Tiles are cut from decoded images, which nobody keeps. */
export function tilesWithoutCache({ samples }: Dataset): Problem[] {
  const tile = samples.find(({ crop }) => crop);
  if (tile === undefined) return [];
  const message = "every tile of an image decodes all of it, in every epoch; set cache to disk, or to ram if it fits";
  return [{ severity: "warning", code: "invalid_argument", file: tile.file, message }];
}
