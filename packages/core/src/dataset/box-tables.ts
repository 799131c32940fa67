/**
 * @file Truth and detections in flat arrays, as evaluation reads them: no object for a detection.
 *
 * Boxes are kept as COCO writes them, left, top, width and height in double precision: a width made of two edges would
 * differ from the one in the file by its last bit, and an overlap of exactly one half could be missed.
 */
import { ArgumentError } from "../errors";
import { maskArea, type RunLength } from "../geometry/run-length";
import type { Annotation, AnnotationSet, Category } from "./annotation-set";
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
  readonly masks?: readonly RunLength[];
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
 * Tables of two annotation sets. Images are the same where their files are, categories where their names are; both go in
 * the order of the truth's ids where these are numbers.
 *
 * @throws {ArgumentError} if a detection has no score, or an image or category that the truth lacks
 * @throws {FoveaError} `invalid_annotations` if masks are wanted and one cannot be read
 */
export function evaluationTables(truth: AnnotationSet, detections: AnnotationSet, kind: OverlapKind): EvaluationTables {
  const imageOrder = orderOfIds(truth.images);
  const categoryOrder = orderOfIds(truth.categories);
  const imageOf = new Map(imageOrder.map((at, index) => [truth.images[at].file, index]));
  const nameOf = (set: AnnotationSet, classId: number) => set.categories[classId]?.name ?? `class ${classId}`;
  const categoryOf = new Map(categoryOrder.map((at, index) => [truth.categories[at].name, index]));
  const sized = new Map(truth.images.map((image) => [image.file, image]));

  const rowsOf = (set: AnnotationSet, what: string) => {
    const n = set.images.reduce((sum, { annotations }) => sum + annotations.length, 0);
    const table = emptyTable(n);
    const rows: Annotation[] = [];
    const masks: RunLength[] = [];
    for (const { file, width, height, annotations } of set.images) {
      const image = imageOf.get(file);
      if (image === undefined && annotations.length > 0) {
        throw new ArgumentError(
          `${what} in ${file}, an image that the truth does not have; leave it out or add it there`,
        );
      }
      const size = { width: width ?? sized.get(file)?.width, height: height ?? sized.get(file)?.height };
      for (const annotation of annotations) {
        const category = categoryOf.get(nameOf(set, annotation.classId));
        if (category === undefined) {
          const name = nameOf(set, annotation.classId);
          throw new ArgumentError(
            `${what} of category ${name} in ${file}; the truth has ${[...categoryOf.keys()].join(", ")}`,
          );
        }
        const row = rows.length;
        const { x1, y1, x2, y2 } = annotation.box;
        table.image[row] = image ?? 0;
        table.category[row] = category;
        table.boxes.set([x1, y1, x2 - x1, y2 - y1], 4 * row);
        if (kind === "segm") masks.push(segmentationMask(annotation.segmentation, annotation.box, size, { file }));
        const area = kind === "segm" ? maskArea(masks[row]) : (x2 - x1) * (y2 - y1);
        table.areas[row] = what === "truth" ? (annotation.area ?? area) : area;
        rows.push(annotation);
      }
    }
    return { table: kind === "segm" ? { ...table, masks } : table, rows };
  };
  const marked = rowsOf(truth, "truth");
  const found = rowsOf(detections, "detection");
  const scores = Float64Array.from(found.rows, ({ score = Number.NaN }) => score);
  const bad = scores.findIndex(Number.isNaN);
  if (bad >= 0) {
    throw new ArgumentError(
      `detection ${bad + 1} has no score; every detection needs one, or their order is not known`,
    );
  }
  return {
    images: truth.images.length,
    categories: categoryOrder.map((at) => truth.categories[at]),
    truth: {
      ...marked.table,
      crowd: Uint8Array.from(marked.rows, ({ crowd }) => (crowd ? 1 : 0)),
      ignore: Uint8Array.from(marked.rows, ({ ignore }) => (ignore ? 1 : 0)),
    },
    detections: { ...found.table, scores },
  };
}
