/**
 * @file Truth and detections in flat arrays, as evaluation reads them: no object for a detection.
 *
 * Boxes are kept as COCO writes them, left, top, width and height in double precision: a width made of two edges would
 * differ from the one in the file by its last bit, and an overlap of exactly one half could be missed.
 */
import { ArgumentError } from "../errors";
import { type MaskRuns, maskArea } from "../geometry/mask-runs";
import type { AnnotatedImage, Annotation, AnnotationSet, Category } from "./annotation-set";
import { imageFinder } from "./image-finder";
import { segmentationMask } from "./segmentation-mask";

/** What two objects are compared by: their boxes, or their masks. */
export type OverlapKind = "bbox" | "segm";

/** n boxes of many images. */
export interface BoxTable {
  /** n, index of the image. */
  readonly image: Uint32Array;
  /** n, index of the category. */
  readonly category: Uint32Array;
  /** n x 4: left, top, width, height, pixels. */
  readonly boxes: Float64Array;
  /** n, square pixels: by it an object is small, medium or large. */
  readonly areas: Float64Array;
  /** n, where masks are compared. */
  readonly masks?: readonly MaskRuns[];
}

export interface TruthTable extends BoxTable {
  /** n: 1 where many objects are marked as one. */
  readonly crowd: Uint8Array;
  /** n: 1 where the annotation says that nothing is to be judged there. */
  readonly ignore: Uint8Array;
}

export interface DetectionTable extends BoxTable {
  /** n, not NaN. */
  readonly scores: Float64Array;
}

/** A truth and detections that refer to the same images and categories. */
export interface EvaluationTables {
  /** How many images there are, those without annotations too. */
  readonly images: number;
  readonly categories: readonly Category[];
  readonly truth: TruthTable;
  readonly detections: DetectionTable;
}

/** Room for a table of `n` rows, to be filled. */
export function emptyTable(n: number) {
  return {
    image: new Uint32Array(n),
    category: new Uint32Array(n),
    boxes: new Float64Array(4 * n),
    areas: new Float64Array(n),
  };
}

/** Indices in the order of ids, if all are numbers or all are text; else as they come. */
export function orderOfIds(items: readonly { readonly id?: number | string }[]): number[] {
  const order = [...items.keys()];
  const kind = typeof items[0]?.id;
  if (kind === "undefined" || items.some(({ id }) => typeof id !== kind)) return order;
  const ids = items.map(({ id = 0 }) => id);
  return order.sort((a, b) => (ids[a] < ids[b] ? -1 : ids[a] > ids[b] ? 1 : 0));
}

/**
 * Tables of two annotation sets. Images are the same where their files are, or the names of these without folder and
 * ending (`a/1.dcm` and `1.png`); categories where their names are. Both go in the order of the truth's ids.
 *
 * @throws {ArgumentError} if a detection has no score, or an image or category that the truth lacks
 * @throws {FoveaError} `invalid_annotations` if masks are wanted and one cannot be read
 */
export function evaluationTables(truth: AnnotationSet, detections: AnnotationSet, kind: OverlapKind): EvaluationTables {
  const categories = orderOfIds(truth.categories).map((at) => truth.categories[at]);
  const images = orderOfIds(truth.images).map((at) => truth.images[at]);
  const places: Places = {
    images,
    imageOf: imageFinder(
      images.map(({ file }) => file),
      detections.images.map(({ file }) => file),
    ),
    categoryOf: new Map(categories.map(({ name }, index) => [name, index])),
  };
  const marked = tableOf(truth, "truth", places, kind);
  const found = tableOf(detections, "detection", places, kind);
  const scores = Float64Array.from(found.rows, ({ score = Number.NaN }) => score);
  const bad = scores.findIndex(Number.isNaN);
  if (bad >= 0) {
    throw new ArgumentError(
      `detection ${bad + 1} has no score; every detection needs one, or their order is not known`,
    );
  }
  for (const [row, { area }] of marked.rows.entries()) marked.table.areas[row] = area ?? marked.table.areas[row];
  return {
    images: images.length,
    categories,
    truth: {
      ...marked.table,
      crowd: Uint8Array.from(marked.rows, ({ crowd }) => (crowd ? 1 : 0)),
      // VOC's word for what its own evaluation leaves out.
      ignore: Uint8Array.from(marked.rows, ({ ignore, attributes }) =>
        Number(ignore || attributes?.difficult === true),
      ),
    },
    detections: { ...found.table, scores },
  };
}

/** Images and categories of the truth, and how others find theirs among them. */
interface Places {
  readonly images: readonly AnnotatedImage[];
  readonly imageOf: (file: string) => number | undefined;
  readonly categoryOf: ReadonlyMap<string, number>;
}

/** Every annotation of a set, with areas of their boxes or masks. */
function tableOf(set: AnnotationSet, what: string, { images, imageOf, categoryOf }: Places, kind: OverlapKind) {
  const rows: Annotation[] = set.images.flatMap(({ annotations }) => annotations);
  const table = emptyTable(rows.length);
  const masks: MaskRuns[] = [];
  let row = 0;
  for (const { file, width, height, annotations } of set.images) {
    const image = imageOf(file);
    const size = { width: width ?? images[image ?? -1]?.width, height: height ?? images[image ?? -1]?.height };
    for (const { classId, box, segmentation } of annotations) {
      const name = set.categories[classId]?.name ?? `class ${classId}`;
      const category = categoryOf.get(name);
      if (image === undefined) {
        const message = `${what} in ${file}, an image that the truth does not have; leave it out or add it there`;
        throw new ArgumentError(message);
      }
      if (category === undefined) {
        const known = [...categoryOf.keys()].join(", ");
        throw new ArgumentError(`${what} of category ${name} in ${file}; the truth has ${known}`);
      }
      const [w, h] = [box.x2 - box.x1, box.y2 - box.y1];
      table.image[row] = image;
      table.category[row] = category;
      table.boxes.set([box.x1, box.y1, w, h], 4 * row);
      if (kind === "segm") masks.push(segmentationMask(segmentation, box, size, { file }));
      table.areas[row] = kind === "segm" ? maskArea(masks[row]) : w * h;
      row++;
    }
  }
  return { table: kind === "segm" ? { ...table, masks } : table, rows };
}
