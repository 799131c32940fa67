/**
 * @file Annotation sets as LabelMe files, one JSON beside each picture.
 *
 * Boxes are rectangles, outlines polygons, several parts of one object polygons of one `group_id`, masks their outlines.
 * What LabelMe does not know of stands in `attributes`, which it keeps when it saves.
 */
import { type AnnotatedImage, type Annotation, type AnnotationSet, isMask } from "../annotation-set";
import { maskOutlines } from "../run-length";
import { safePath, safeStem, type WrittenFile } from "./written-file";

/** Version of LabelMe whose files these are like. */
const VERSION = "5.5.0";

export function* writeLabelMe({ categories, images }: AnnotationSet): Generator<WrittenFile> {
  const names = categories.map(({ name }) => name);
  for (const image of images) {
    yield {
      path: `${safeStem(image.file)}.json`,
      text: `${JSON.stringify(labelMeFields(image, names), undefined, 2)}\n`,
    };
  }
}

function labelMeFields(
  { file, width, height, annotations, attributes }: AnnotatedImage,
  names: readonly string[],
): object {
  const path = safePath(file);
  let group = 0;
  const shapes = annotations.flatMap((one) => {
    const outlines = outlinesOf(one);
    if (outlines.length > 1) group++;
    const rest = { group_id: outlines.length > 1 ? group : null, ...detailsOf(one) };
    const label = names[one.classId];
    if (outlines.length > 0) {
      return outlines.map((outline) => ({ label, points: points(outline), shape_type: "polygon", flags: {}, ...rest }));
    }
    const { x1, y1, x2, y2 } = one.box;
    return [{ label, points: points([x1, y1, x2, y2]), shape_type: "rectangle", flags: {}, ...rest }];
  });
  return {
    version: VERSION,
    flags: {},
    shapes,
    imagePath: path.slice(path.lastIndexOf("/") + 1),
    imageData: null,
    imageHeight: height ?? null,
    imageWidth: width ?? null,
    ...(attributes && { attributes }),
  };
}

/** None for a box. */
function outlinesOf({ segmentation }: Annotation): readonly (readonly number[])[] {
  if (segmentation === undefined) return [];
  return isMask(segmentation) ? maskOutlines(segmentation) : segmentation;
}

function points(flat: readonly number[]): number[][] {
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]);
}

function detailsOf({ crowd, ignore, weight, score, attributes = {} }: Annotation): object {
  const { description = "", ...further } = attributes;
  const own = { ...(crowd && { crowd }), ...(ignore && { ignore }), ...(weight !== undefined && { weight }) };
  const all = { ...further, ...own };
  return {
    description,
    ...(score !== undefined && { score }),
    ...(Object.keys(all).length > 0 && { attributes: all }),
  };
}
