/**
 * @file COCO's files of truth and of results, read straight into the tables that evaluation works on.
 *
 * A truth is an object with `images`, `categories` and `annotations`; results are a list of `image_id`, `category_id`,
 * `bbox` or `segmentation`, and `score` (cocodataset.org, "Results format"), or an object whose `annotations` have scores.
 * Areas are those of pycocotools: the truth's own, and of results width x height if the first of them has a box, else
 * that of the mask.
 */
import { FoveaError, type Place } from "../errors";
import { type MaskRuns, maskArea, maskBounds } from "../geometry/mask-runs";
import type { Segmentation } from "./annotation-set";
import {
  type DetectionTable,
  type EvaluationTables,
  emptyTable,
  type OverlapKind,
  orderOfIds,
  type TruthTable,
} from "./box-tables";
import { type Fields, fieldsOf, listIn } from "./coco-fields";
import { cocoRoot, parseJson } from "./formats/coco-root";
import { type ImageSize, segmentationMask } from "./segmentation-mask";

/** A file's text, and its name for messages. */
export interface NamedText {
  readonly file: string;
  readonly text: string;
}

type Id = number | string;

interface CocoTruth {
  /** Index of each image id, and its size. */
  readonly imageOf: ReadonlyMap<unknown, number>;
  readonly sizes: readonly ImageSize[];
  readonly categoryOf: ReadonlyMap<unknown, number>;
  readonly categories: readonly { readonly id: Id; readonly name: string }[];
  readonly table: TruthTable;
  readonly warnings: readonly string[];
}

/**
 * Both files as tables; images and categories in the order of their ids.
 *
 * @returns also what was left out, or reads differently than it may be meant
 * @throws {FoveaError} `invalid_annotations` naming file and entry, if one is no COCO file, lacks what is compared, or
 * results are without a score or of images that the truth does not have
 */
export function cocoTables(
  truth: NamedText,
  results: NamedText,
  kind: OverlapKind = "bbox",
): { readonly tables: EvaluationTables; readonly warnings: readonly string[] } {
  const read = readTruth(truth, kind);
  const found = readResults(results, read, kind);
  const { categories, table, sizes } = read;
  return {
    tables: { images: sizes.length, categories, truth: table, detections: found.table },
    warnings: [...read.warnings, ...found.warnings],
  };
}

/** Index by id of a list of objects with ids, in the order of these. */
function indexById(list: readonly unknown[], key: string, file: string) {
  const entries = list.map((entry, i) => {
    const fields = fieldsOf(entry) ?? {};
    const { id } = fields;
    if (typeof id === "number" || typeof id === "string") return { ...fields, id };
    throw new FoveaError("invalid_annotations", `id is ${JSON.stringify(id)}, wanted a number or text`, {
      file,
      at: `${key}[${i}]`,
    });
  });
  const sorted: readonly (Fields & { readonly id: Id })[] = orderOfIds(entries).map((i) => entries[i]);
  const indexOf = new Map<unknown, number>(sorted.map(({ id }, index) => [id, index]));
  if (indexOf.size < sorted.length) {
    const twice = sorted.find(({ id }, index) => indexOf.get(id) !== index);
    throw new FoveaError("invalid_annotations", `id ${twice?.id} is used twice`, { file, at: key });
  }
  return { sorted, indexOf };
}

function readTruth(named: NamedText, kind: OverlapKind): CocoTruth {
  const { file } = named;
  const root = cocoRoot(named.text, file);
  const images = indexById(listIn(root, "images", { file }), "images", file);
  const categories = indexById(listIn(root, "categories", { file }), "categories", file);
  const size = (value: unknown) => (typeof value === "number" ? value : undefined);
  const sizes = images.sorted.map(({ width, height }) => ({ width: size(width), height: size(height) }));
  const list = listIn(root, "annotations", { file });
  const kept: number[] = [];
  const left = new Map<string, number>();
  const tell = (what: string) => left.set(what, (left.get(what) ?? 0) + 1);
  for (let i = 0; i < list.length; i++) {
    const { image_id, category_id, id, ignore, iscrowd } = fieldsOf(list[i]) ?? {};
    if (!images.indexOf.has(image_id)) tell("of an image that is not in images: left out");
    else if (!categories.indexOf.has(category_id)) tell("of a category that is not in categories: left out");
    else kept.push(i);
    if (id === 0) tell("with id 0, which pycocotools never counts as found: counted here");
    if (ignore && !iscrowd) tell("marked ignore but not iscrowd, which pycocotools judges all the same");
  }
  const rows = new RowReader({ file, kind, imageOf: images.indexOf, sizes, categoryOf: categories.indexOf, list });
  const table = emptyTable(kept.length);
  const crowd = new Uint8Array(kept.length);
  const ignored = new Uint8Array(kept.length);
  for (let row = 0; row < kept.length; row++) {
    const fields = rows.read(kept[row], row, table);
    const { area, iscrowd, ignore } = fields;
    if (typeof area === "number" && Number.isFinite(area)) table.areas[row] = area;
    else table.areas[row] = rows.ownArea(row, table);
    crowd[row] = iscrowd ? 1 : 0;
    ignored[row] = ignore ? 1 : 0;
  }
  return {
    imageOf: images.indexOf,
    sizes,
    categoryOf: categories.indexOf,
    categories: categories.sorted.map(({ id, name }) => ({ id, name: typeof name === "string" ? name : String(id) })),
    table: { ...table, crowd, ignore: ignored, ...(kind === "segm" && { masks: rows.masks }) },
    warnings: [...left].map(([what, count]) => `${file}: ${count} annotation${count === 1 ? "" : "s"} ${what}`),
  };
}

function readResults(named: NamedText, truth: CocoTruth, kind: OverlapKind) {
  const { file } = named;
  const parsed = parseJson(named.text, file);
  const list = Array.isArray(parsed) ? parsed : listIn(fieldsOf(parsed) ?? {}, "annotations", { file });
  const bbox = fieldsOf(list[0])?.bbox;
  const boxed = Array.isArray(bbox) && bbox.length > 0;
  const { imageOf, sizes, categoryOf } = truth;
  const kept: number[] = [];
  let unknown = 0;
  for (let i = 0; i < list.length; i++) {
    const { image_id, category_id, score } = fieldsOf(list[i]) ?? {};
    const place = { file, at: `[${i}]` };
    if (!imageOf.has(image_id)) {
      const message = `image_id ${JSON.stringify(image_id)} is not among the ${sizes.length} images of the truth`;
      throw new FoveaError("invalid_annotations", `${message}; were the results made from other images?`, place);
    }
    if (typeof score !== "number" || !Number.isFinite(score)) {
      throw new FoveaError("invalid_annotations", `score is ${JSON.stringify(score)}, wanted a number`, place);
    }
    if (categoryOf.has(category_id)) kept.push(i);
    else unknown++;
  }
  const rows = new RowReader({ file, kind, imageOf, sizes, categoryOf, list });
  const table = emptyTable(kept.length);
  const scores = new Float64Array(kept.length);
  for (let row = 0; row < kept.length; row++) {
    const { score } = rows.read(kept[row], row, table);
    scores[row] = Number(score);
    table.areas[row] = boxed ? table.boxes[4 * row + 2] * table.boxes[4 * row + 3] : rows.ownArea(row, table);
  }
  const told = `${file}: ${unknown} of ${list.length} results are of categories that the truth does not have: left out`;
  const detections: DetectionTable = { ...table, scores, ...(kind === "segm" && { masks: rows.masks }) };
  return { table: detections, warnings: unknown > 0 ? [told] : [] };
}

interface RowSource {
  readonly file: string;
  readonly kind: OverlapKind;
  readonly imageOf: ReadonlyMap<unknown, number>;
  readonly sizes: readonly ImageSize[];
  readonly categoryOf: ReadonlyMap<unknown, number>;
  readonly list: readonly unknown[];
}

/** Puts entries of a list into a table. */
class RowReader {
  /** By row, where masks are compared. */
  readonly masks: MaskRuns[] = [];
  readonly #source: RowSource;

  constructor(source: RowSource) {
    this.#source = source;
  }

  /** Image, category, box and mask of entry `i`; its image and category are known. */
  read(i: number, row: number, table: ReturnType<typeof emptyTable>): Fields {
    const { list, imageOf, categoryOf, sizes, kind, file } = this.#source;
    const fields = fieldsOf(list[i]) ?? {};
    const image = imageOf.get(fields.image_id) ?? 0;
    table.image[row] = image;
    table.category[row] = categoryOf.get(fields.category_id) ?? 0;
    const { bbox } = fields;
    if (isBox(bbox)) {
      for (let c = 0; c < 4; c++) table.boxes[4 * row + c] = bbox[c];
      if (kind === "bbox") return fields;
    }
    const place = { file, at: `[${i}]` };
    const segmentation = segmentationOf(fields.segmentation, place);
    if (segmentation === undefined && !isBox(bbox)) {
      const message = `bbox is ${JSON.stringify(bbox)?.slice(0, 80)}, wanted four numbers [x, y, width, height]`;
      throw new FoveaError("invalid_annotations", message, place);
    }
    const [x, y, w, h] = isBox(bbox) ? bbox : [0, 0, 0, 0];
    const mask = segmentationMask(segmentation, { x1: x, y1: y, x2: x + w, y2: y + h }, sizes[image], place);
    if (kind === "segm") this.masks.push(mask);
    if (!isBox(bbox)) table.boxes.set(maskBounds(mask), 4 * row);
    return fields;
  }

  /** Area of a row's mask, or of its box where masks are not compared. */
  ownArea(row: number, { boxes }: ReturnType<typeof emptyTable>): number {
    const mask = this.masks.at(row);
    return mask === undefined ? boxes[4 * row + 2] * boxes[4 * row + 3] : maskArea(mask);
  }
}

function isBox(value: unknown): value is readonly [number, number, number, number] {
  if (!Array.isArray(value) || value.length !== 4) return false;
  for (let c = 0; c < 4; c++) if (!Number.isFinite(value[c])) return false;
  return true;
}

/** A segmentation of a file, checked; `undefined` where there is none. */
function segmentationOf(value: unknown, place: Place): Segmentation | undefined {
  if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) return undefined;
  const numbers = (list: unknown): list is number[] => Array.isArray(list) && list.every(Number.isFinite);
  if (Array.isArray(value) && value.every(numbers)) return value;
  const { size, counts } = fieldsOf(value) ?? {};
  if (numbers(size) && size.length === 2 && (typeof counts === "string" || numbers(counts))) {
    return { size: [size[0], size[1]], counts };
  }
  const message = "segmentation is neither outlines [[x, y, x, y ...]] nor a mask { size, counts }";
  throw new FoveaError("invalid_annotations", message, place);
}
