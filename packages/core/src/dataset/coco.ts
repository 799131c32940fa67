/**
 * @file COCO object detection annotations (cocodataset.org, "Data format"): one JSON file for a whole part of a set.
 *
 * Boxes are `x, y, width, height` in pixels there; what reaches beyond its image is cut. Outlines given as polygons are
 * kept; those given run-length coded are not, their boxes are. Crowd regions (`iscrowd: 1`), and what is marked
 * `ignore: 1`, are no single lesions: nothing is judged in them, neither in training nor in measuring. `weight`, which
 * the format does not have, says how much an annotation counts in training, 0 to 1; one of 0 is such a region too.
 * Categories get the classes 0, 1, 2 ... in the order of their ids, or, where the data set names its classes, the class
 * of their name.
 */
import { FoveaError } from "../errors";
import { type Bounds, boundsOf, clipPolygon, type Polygon } from "../geometry/polygon";
import { classesOfCategories, type Fields, fieldsOf, integerIn, isNumbers, isSet, listIn, textIn } from "./coco-fields";
import { cocoRoot } from "./formats/coco-root";
import { Tally } from "./formats/tally";
import type { Label, Problem, Region } from "./sample";

export interface CocoOptions {
  /** What errors call the file. */
  readonly file: string;
  /** Class names of the data set, where something else than this file says them. */
  readonly names?: readonly string[];
}

/** One entry of `images`, with its annotations. */
export interface CocoImage {
  readonly fileName: string;
  /** Pixels, as the file says them. */
  readonly width: number;
  readonly height: number;
  readonly labels: readonly Label[];
  readonly ignored: readonly Region[];
  /** Errors in its annotations, which make it useless for training. */
  readonly problems: readonly Problem[];
}

/** The content of a COCO file, images in the file's order. */
export interface CocoAnnotations {
  readonly names: readonly string[];
  readonly images: readonly CocoImage[];
  readonly problems: readonly Problem[];
}

interface OpenImage extends CocoImage {
  readonly labels: Label[];
  readonly ignored: Region[];
  readonly problems: Problem[];
  /** Annotations seen, to find repeated ones. */
  readonly seen: Set<string>;
}

/**
 * @throws {FoveaError} `invalid_annotations` if the text is no JSON, lacks `images` or `categories`, repeats an id, or
 * if categories in use match no class in `names`
 */
export function parseCoco(text: string, { file, names }: CocoOptions): CocoAnnotations {
  const root = cocoRoot(text, file);
  const annotations = listIn(root, "annotations", { file, optional: true });
  const used = new Set(annotations.map((annotation) => fieldsOf(annotation)?.category_id));
  const classes = classesOfCategories(listIn(root, "categories", { file }), used, { file, names });
  const images = openImages(listIn(root, "images", { file }), file);
  const tally = new Tally();
  if (classes.warning !== undefined) tally.add(classes.warning, "categories");
  for (const [index, annotation] of annotations.entries()) {
    const fields = fieldsOf(annotation) ?? {};
    const at = fields.id === undefined ? `annotations[${index}]` : `annotation ${String(fields.id)}`;
    const image = images.get(fields.image_id);
    if (image === undefined) tally.add(`image_id ${String(fields.image_id)} is not in images; skipped`, at);
    else addAnnotation(fields, image, classes.classOf, { file, at, tally });
  }
  const problems = tally.problems(file);
  return { names: classes.names, images: [...images.values()], problems };
}

function openImages(list: readonly unknown[], file: string): Map<unknown, OpenImage> {
  const images = new Map<unknown, OpenImage>();
  for (const [index, entry] of list.entries()) {
    const at = `images[${index}]`;
    const fields = fieldsOf(entry) ?? {};
    const fileName = textIn(fields, "file_name", { file, at });
    if (images.has(fields.id)) {
      throw new FoveaError("invalid_annotations", `id ${String(fields.id)} of ${fileName} is used twice`, { file, at });
    }
    const width = integerIn(fields, "width", { file, at });
    const height = integerIn(fields, "height", { file, at });
    images.set(fields.id, { fileName, width, height, labels: [], ignored: [], problems: [], seen: new Set() });
  }
  return images;
}

interface Context {
  readonly file: string;
  readonly at: string;
  readonly tally: Tally;
}

function addAnnotation(
  fields: Fields,
  image: OpenImage,
  classOf: ReadonlyMap<unknown, number>,
  { file, at, tally }: Context,
): void {
  const report = (severity: Problem["severity"], message: string) => {
    image.problems.push({ severity, code: "invalid_annotations", file, at, message });
  };
  const classId = classOf.get(fields.category_id);
  const { weight = 1 } = fields;
  const isRegion = isSet(fields.iscrowd) || isSet(fields.ignore) || weight === 0;
  const key = JSON.stringify([isRegion || classId, fields.bbox, fields.segmentation]);
  const { width, height } = image;
  if (!isRegion && classId === undefined) {
    report("error", `category_id ${String(fields.category_id)} is not in categories`);
  } else if (!(typeof weight === "number" && weight >= 0 && weight <= 1)) {
    report("error", `weight ${JSON.stringify(weight)}; expected a number from 0 to 1`);
  } else if (image.seen.has(key)) {
    tally.add("repeats an earlier annotation of its image, left out", at);
  } else {
    image.seen.add(key);
    const outline = parseOutline(fields.segmentation, tally, at);
    const polygon = outline && clipPolygon(outline, { x1: 0, y1: 0, x2: width, y2: height });
    const box = parseBox(fields.bbox) ?? (fields.bbox === undefined && polygon?.length ? boundsOf(polygon) : undefined);
    const shown = `bbox ${JSON.stringify(fields.bbox)}`;
    const cut = box && cutTo(box, width, height);
    if (box === undefined || cut === undefined) {
      report("error", `${shown}; expected four numbers [x, y, width, height]`);
    } else if (isEmpty(box)) {
      report("warning", `${shown} without width or height, left out`);
    } else if (isEmpty(cut)) {
      report("warning", `${shown} outside the image, left out`);
    } else {
      const beyond = Math.max(cut.x1 - box.x1, cut.y1 - box.y1, box.x2 - cut.x2, box.y2 - cut.y2);
      if (beyond > 1) tally.add("bbox reaches beyond its image, cut", at);
      const place = fractions(cut, polygon, image);
      if (isRegion || classId === undefined) image.ignored.push(place);
      else image.labels.push({ classId, ...place, ...(weight < 1 && { weight }) });
    }
  }
}

function isEmpty({ x1, y1, x2, y2 }: Bounds): boolean {
  return !(x2 > x1 && y2 > y1);
}

function cutTo({ x1, y1, x2, y2 }: Bounds, width: number, height: number): Bounds {
  return { x1: Math.max(x1, 0), y1: Math.max(y1, 0), x2: Math.min(x2, width), y2: Math.min(y2, height) };
}

function fractions({ x1, y1, x2, y2 }: Bounds, polygon: Polygon | undefined, { width, height }: CocoImage): Region {
  const box = {
    cx: (x1 + x2) / 2 / width,
    cy: (y1 + y2) / 2 / height,
    w: (x2 - x1) / width,
    h: (y2 - y1) / height,
  };
  if (polygon === undefined || polygon.length === 0) return box;
  return { ...box, polygon: polygon.map((value, i) => value / (i % 2 === 0 ? width : height)) };
}

function parseBox(bbox: unknown): Bounds | undefined {
  if (!isNumbers(bbox) || bbox.length !== 4) return undefined;
  const [x, y, width, height] = bbox;
  return { x1: x, y1: y, x2: x + width, y2: y + height };
}

/** Outline in pixels, several parts joined; `undefined` if there is none or none that can be kept. */
function parseOutline(segmentation: unknown, tally: Tally, at: string): number[] | undefined {
  if (segmentation === undefined || segmentation === null) return undefined;
  if (!Array.isArray(segmentation)) {
    tally.add("outline is run-length coded: box kept, outline not", at);
    return undefined;
  }
  const parts: unknown[] = segmentation.length > 0 && isNumbers(segmentation) ? [segmentation] : segmentation;
  const good = parts.filter((part): part is number[] => isNumbers(part) && part.length >= 6 && part.length % 2 === 0);
  if (good.length < parts.length) tally.add("outline with an odd count of values or below three points, left out", at);
  if (good.length === 0) return undefined;
  const [x, y] = good[0];
  // Every further part is reached from the first point and left for it again.
  return [
    ...good[0],
    ...good.slice(1).flatMap((part) => [x, y, ...part, part[0], part[1]]),
    ...(good[1] ? [x, y] : []),
  ];
}
