/**
 * @file COCO annotations in full (cocodataset.org, "Data format"), and results of detectors in COCO's layout.
 *
 * `bbox` is x, y, width, height in pixels. Everything is kept: outlines, masks in run-length code, crowds (`iscrowd`),
 * `ignore`, `weight`, `score`, and further fields of images and annotations as attributes, those inside an object
 * `attributes` too. Classes are the categories in the order of their ids.
 */
import { FoveaError } from "../../errors";
import type { Box } from "../../finding";
import type { Annotation, Attributes, Category } from "../annotation-set";
import { classesOfCategories, type Fields, fieldsOf, isNumber, isNumbers, isSet, listIn } from "../coco-fields";
import { imagePath, type ReadSet } from "./annotation-draft";
import { cocoRoot } from "./coco-root";
import { boxAround, readSegmentation } from "./segmentation-json";
import { Tally } from "./tally";

/** An image that annotations are still added to. */
interface OpenImage {
  readonly file: string;
  readonly annotations: Annotation[];
}

const IMAGE_FIELDS = new Set(["id", "file_name", "width", "height", "split", "attributes"]);
const ANNOTATION_FIELDS = new Set(
  "id image_id category_id bbox segmentation area iscrowd ignore weight score attributes".split(" "),
);

/** Fields that annotation tools write without filling them in. */
const OFTEN_EMPTY = new Set(["license", "flickr_url", "coco_url", "date_captured"]);

/**
 * @param file what problems call the file
 * @throws {FoveaError} `invalid_annotations` if the text is no JSON, lacks `images` or `categories`, or repeats an id
 */
export function readCoco(text: string, file: string): ReadSet {
  const root = cocoRoot(text, file);
  const categories = listIn(root, "categories", { file });
  const { classOf } = classesOfCategories(categories, new Set(), { file });
  const tally = new Tally();
  const images = readImages(listIn(root, "images", { file }), file, tally);
  for (const [index, entry] of listIn(root, "annotations", { file, optional: true }).entries()) {
    const fields = fieldsOf(entry) ?? {};
    const at = fields.id === undefined ? `annotations[${index}]` : `annotation ${String(fields.id)}`;
    const image = images.get(fields.image_id);
    if (image === undefined) {
      tally.add(`image_id ${String(fields.image_id)} is not in images; left out`, at, "error");
      continue;
    }
    const annotation = readAnnotation(fields, classOf, at, tally);
    if (annotation) image.annotations.push(annotation);
  }
  const set = { categories: inOrder(categories, classOf), images: [...new Set(images.values())] };
  return { set, problems: tally.problems(file) };
}

function inOrder(list: readonly unknown[], classOf: ReadonlyMap<unknown, number>): Category[] {
  const categories: Category[] = [];
  for (const entry of list) {
    const { id, name, supercategory } = fieldsOf(entry) ?? {};
    const classId = classOf.get(id);
    if (classId === undefined) continue;
    const above = typeof supercategory === "string" && supercategory !== "" && supercategory !== "none";
    categories[classId] = { name: String(name), id: Number(id), ...(above && { supercategory }) };
  }
  return categories;
}

function readImages(list: readonly unknown[], file: string, tally: Tally): Map<unknown, OpenImage> {
  const images = new Map<unknown, OpenImage>();
  const byName = new Map<string, OpenImage>();
  for (const [index, entry] of list.entries()) {
    const at = `images[${index}]`;
    const fields = fieldsOf(entry) ?? {};
    const { id, file_name: name, width, height, split } = fields;
    if (images.has(id)) {
      throw new FoveaError("invalid_annotations", `id ${String(id)} of ${String(name)} is used twice`, { file, at });
    }
    if (typeof name !== "string" || name === "") {
      tally.add(`file_name is ${JSON.stringify(name)}, expected text; image left out`, at, "error");
      continue;
    }
    const path = imagePath(name);
    const key = typeof split === "string" ? `${split}\n${path}` : path;
    const same = byName.get(key);
    if (same) tally.add(`${path} is listed twice; its annotations are put together`, at);
    const sized = isSide(width) && isSide(height);
    if (!sized && (width !== undefined || height !== undefined)) {
      tally.add(`width ${JSON.stringify(width)}, height ${JSON.stringify(height)}; expected pixels, 1 or more`, at);
    }
    const attributes = attributesOf(fields, IMAGE_FIELDS, at, tally);
    const image = same ?? {
      file: path,
      ...(sized && { width, height }),
      ...(isId(id) && { id }),
      ...(typeof split === "string" && { split }),
      ...(attributes && { attributes }),
      annotations: [],
    };
    images.set(id, image);
    byName.set(key, image);
  }
  return images;
}

function readAnnotation(
  fields: Fields,
  classOf: ReadonlyMap<unknown, number>,
  at: string,
  tally: Tally,
): Annotation | undefined {
  const { category_id: category, bbox, area, weight, score, id } = fields;
  const classId = classOf.get(category);
  if (classId === undefined) {
    tally.add(`category_id ${String(category)} is not in categories; left out`, at, "error");
    return undefined;
  }
  const segmentation = readSegmentation(fields.segmentation, (message) => tally.add(message, at));
  const box = bbox === undefined || bbox === null ? segmentation && boxAround(segmentation) : cocoBox(bbox);
  if (box === undefined) {
    tally.add(`bbox ${shown(bbox)}; expected four numbers [x, y, width, height]; left out`, at, "error");
    return undefined;
  }
  if (weight !== undefined && !isShare(weight)) tally.add(`weight ${shown(weight)}; expected 0 to 1`, at);
  const attributes = attributesOf(fields, ANNOTATION_FIELDS, at, tally);
  // A weight of 0 says the same as `ignore`, and only that.
  const ignore = isSet(fields.ignore) || weight === 0;
  return {
    classId,
    box,
    ...(segmentation && { segmentation }),
    ...(isNumber(area) && { area }),
    ...(isSet(fields.iscrowd) && { crowd: true }),
    ...(ignore && { ignore: true }),
    ...(isShare(weight) && weight > 0 && weight < 1 && { weight }),
    ...(isNumber(score) && { score }),
    ...(isId(id) && { id }),
    ...(attributes && { attributes }),
  };
}

/** `[x, y, width, height]` as a box; `undefined` if it is none. */
export function cocoBox(bbox: unknown): Box | undefined {
  if (!isNumbers(bbox) || bbox.length !== 4) return undefined;
  const [x, y, width, height] = bbox;
  return { x1: x, y1: y, x2: x + width, y2: y + height };
}

/** Further fields that are one value each, and those inside `attributes`. */
function attributesOf(fields: Fields, known: ReadonlySet<string>, at: string, tally: Tally): Attributes | undefined {
  const attributes: Record<string, string | number | boolean | null> = {};
  const further = Object.entries(fields).filter(([key]) => !known.has(key));
  for (const [key, value] of [...further, ...Object.entries(fieldsOf(fields.attributes) ?? {})]) {
    if (key === "__proto__" || (OFTEN_EMPTY.has(key) && (value === 0 || value === ""))) continue;
    if (value === null || ["string", "number", "boolean"].includes(typeof value)) {
      attributes[key] = value as string | number | boolean | null;
    } else tally.add(`${key} is a list or an object, which attributes cannot be; left out`, at);
  }
  return Object.keys(attributes).length > 0 ? attributes : undefined;
}

const isShare = (value: unknown): value is number => isNumber(value) && value >= 0 && value <= 1;
const isSide = (value: unknown): value is number => isNumber(value) && Number.isInteger(value) && value > 0;
const isId = (value: unknown): value is number | string => typeof value === "string" || isNumber(value);

/** `value` as a message shows it. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "missing";
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
