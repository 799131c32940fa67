/**
 * @file Annotation sets as COCO files.
 *
 * Ids are kept where all are numbers of their own, else counted from 1. Attributes of images stand among their fields,
 * those of annotations inside `attributes`, as CVAT writes them. `ignore`, `weight` and `split` are fields that the format
 * does not know and its tools pass over.
 */
import { polygonArea } from "../../geometry/polygon";
import { type AnnotatedImage, type Annotation, type AnnotationSet, isMask } from "../annotation-set";
import { maskArea } from "../run-length";

/** @param indent blanks that a level is set in by. @default none, one line */
export function writeCoco(set: AnnotationSet, { indent = 0 }: { readonly indent?: number } = {}): string {
  const categoryIds = inOrder(idsOf(set.categories));
  const imageIds = idsOf(set.images);
  const annotations = set.images.flatMap((image, i) => image.annotations.map((one) => ({ one, imageId: imageIds[i] })));
  const ids = idsOf(annotations.map(({ one }) => one));
  const content = {
    images: set.images.map((image, i) => imageFields(image, imageIds[i])),
    annotations: annotations.map(({ one, imageId }, i) => {
      return annotationFields(one, { id: ids[i], image_id: imageId, category_id: categoryIds[one.classId] });
    }),
    categories: set.categories.map(({ name, supercategory }, i) => {
      return { id: categoryIds[i], name, ...(supercategory !== undefined && { supercategory }) };
    }),
  };
  return `${JSON.stringify(content, undefined, indent)}\n`;
}

/** Ids that rise, as classes go by the order of their ids; else 1, 2, 3 ... */
function inOrder(ids: readonly number[]): readonly number[] {
  return ids.every((id, i) => i === 0 || id > ids[i - 1]) ? ids : ids.map((_, i) => i + 1);
}

/** Ids of the source where they are whole numbers and none comes twice. */
function idsOf(entries: readonly { readonly id?: number | string }[]): number[] {
  const ids = entries.map(({ id }) => id);
  const whole = ids.filter((id): id is number => typeof id === "number" && Number.isSafeInteger(id));
  const fit = whole.length === entries.length && new Set(whole).size === whole.length;
  return fit ? whole : entries.map((_, i) => i + 1);
}

function imageFields({ file, width, height, split, attributes }: AnnotatedImage, id: number): object {
  return {
    ...attributes,
    id,
    file_name: file,
    ...(width !== undefined && { width }),
    ...(height !== undefined && { height }),
    ...(split !== undefined && { split }),
  };
}

interface Ids {
  readonly id: number;
  readonly image_id: number;
  readonly category_id: number;
}

function annotationFields(annotation: Annotation, ids: Ids): object {
  const { box, segmentation, crowd = false, ignore = false, weight, score, attributes } = annotation;
  return {
    ...ids,
    bbox: [box.x1, box.y1, box.x2 - box.x1, box.y2 - box.y1],
    area: areaOf(annotation),
    segmentation: segmentation ?? [],
    iscrowd: crowd ? 1 : 0,
    ...(ignore && { ignore: 1 }),
    ...(weight !== undefined && { weight }),
    ...(score !== undefined && { score }),
    ...(attributes !== undefined && { attributes }),
  };
}

/** Square pixels: what the source says, else of the mask, of the outlines, or of the box. */
export function areaOf({ area, box, segmentation }: Annotation): number {
  if (area !== undefined) return area;
  if (segmentation === undefined) return Math.max(0, box.x2 - box.x1) * Math.max(0, box.y2 - box.y1);
  return isMask(segmentation) ? maskArea(segmentation) : segmentation.reduce((sum, part) => sum + polygonArea(part), 0);
}
