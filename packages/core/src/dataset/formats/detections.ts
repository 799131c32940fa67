/**
 * @file What a detector reports, against the ground truth it was run on: COCO's results (a list of `image_id`,
 * `category_id`, `bbox`, `score`, and `segmentation` for masks), and text files of one image each with the rows
 * `class score a b c d`, class by number or by name.
 *
 * The set that comes out has the truth's classes and images, in their order.
 */
import { FoveaError } from "../../errors";
import type { Box } from "../../finding";
import type { Annotation, AnnotationSet } from "../annotation-set";
import { fieldsOf } from "../coco-fields";
import type { ReadSet } from "./annotation-draft";
import { cocoBox, readCoco } from "./coco";
import { parseJson } from "./coco-root";
import { scaledBox } from "./fractions";
import { boxAround, readSegmentation } from "./segmentation-json";
import { Tally } from "./tally";

/** The truth's images with what was detected in each. */
function withDetections(
  { categories, images }: AnnotationSet,
  found: readonly (readonly Annotation[])[],
): AnnotationSet {
  return { categories, images: images.map((image, i) => ({ ...image, annotations: found[i] })) };
}

/**
 * A whole COCO file whose annotations have a `score` is read too, by the names of its images and classes.
 *
 * @param truth with the ids of its COCO file
 * @throws {FoveaError} `invalid_annotations` if the text is no list
 */
export function readCocoResults(
  text: string,
  { file, truth }: { readonly file: string; readonly truth: AnnotationSet },
): ReadSet {
  const list = parseJson(text, file);
  if (fieldsOf(list)?.annotations !== undefined) return ofWholeFile(readCoco(text, file), truth, file);
  if (!Array.isArray(list)) {
    throw new FoveaError("invalid_annotations", "expected a list of image_id, category_id, bbox and score", { file });
  }
  const imageOf = new Map(truth.images.map(({ id }, i) => [id, i] as const));
  const classOf = new Map(truth.categories.map(({ id }, i) => [id, i] as const));
  const found = truth.images.map((): Annotation[] => []);
  const tally = new Tally();
  for (const [index, entry] of list.entries()) {
    const at = `[${index}]`;
    const { image_id: image, category_id: category, bbox, score, ...rest } = fieldsOf(entry) ?? {};
    const i = imageOf.get(image as number);
    const classId = classOf.get(category as number);
    const segmentation = readSegmentation(rest.segmentation, (message) => tally.add(message, at));
    const box = bbox === undefined ? segmentation && boxAround(segmentation) : cocoBox(bbox);
    if (i === undefined) tally.add(`image_id ${String(image)} is none of the truth; left out`, at, "error");
    else if (classId === undefined)
      tally.add(`category_id ${String(category)} is none of the truth; left out`, at, "error");
    else if (box === undefined || typeof score !== "number" || !Number.isFinite(score)) {
      tally.add("no bbox of four numbers or no score; left out", at, "error");
    } else found[i].push({ classId, box, score, ...(segmentation && { segmentation }) });
  }
  return { set: withDetections(truth, found), problems: tally.problems(file) };
}

/** Detections in a COCO file of their own, with `score`: its images and classes are the truth's of the same name. */
function ofWholeFile({ set, problems }: ReadSet, truth: AnnotationSet, file: string): ReadSet {
  const classes = set.categories.map(({ name }) => truth.categories.findIndex((one) => one.name === name));
  const byFile = new Map(set.images.map((image) => [image.file, image.annotations] as const));
  const tally = new Tally();
  const found = truth.images.map((image) => {
    return (byFile.get(image.file) ?? []).flatMap((one): Annotation[] => {
      if (classes[one.classId] >= 0 && one.score !== undefined) return [{ ...one, classId: classes[one.classId] }];
      tally.add(
        one.score === undefined ? "no score; left out" : "its class is none of the truth; left out",
        image.file,
      );
      return [];
    });
  });
  return { set: withDetections(truth, found), problems: [...problems, ...tally.problems(file)] };
}

/** How the four numbers of a row are meant: corner and size, two corners, or centre and size as fractions. */
export type DetectionLayout = "xywh" | "xyxy" | "cxcywh";

type Four = readonly [number, number, number, number];

const BOXES: { readonly [L in DetectionLayout]: (four: Four, width: number, height: number) => Box } = {
  xywh: ([x, y, w, h]) => ({ x1: x, y1: y, x2: x + w, y2: y + h }),
  xyxy: ([x1, y1, x2, y2]) => ({ x1, y1, x2, y2 }),
  cxcywh: ([cx, cy, w, h], width, height) => {
    return scaledBox({ x1: cx - w / 2, y1: cy - h / 2, x2: cx + w / 2, y2: cy + h / 2 }, width, height);
  },
};

export interface DetectionRowsOptions {
  /** What errors call the file. */
  readonly file: string;
  readonly layout: DetectionLayout;
  /** Class names by number. */
  readonly names: readonly string[];
  /** Pixels; needed for fractions. */
  readonly width?: number;
  readonly height?: number;
}

/**
 * Detections of one image, in the file's order.
 *
 * @throws {FoveaError} `invalid_label` with the line
 */
export function readDetectionRows(text: string, options: DetectionRowsOptions): Annotation[] {
  const { file, layout, names, width, height } = options;
  if (layout === "cxcywh" && (width === undefined || height === undefined)) {
    throw new FoveaError("invalid_label", "fractions of an image whose size is not known", { file });
  }
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  return lines.flatMap((line, index) => {
    if (line.trim() === "") return [];
    const columns = line.trim().split(/\s+/);
    // Names may hold blanks: the last five columns are numbers.
    const name = columns.slice(0, -5).join(" ");
    const [score, ...four] = columns.slice(-5).map(Number);
    const classId = names.includes(name) ? names.indexOf(name) : /^\d+$/.test(name) ? Number(name) : -1;
    if (classId < 0 || classId >= names.length || ![score, ...four].every(Number.isFinite)) {
      const message = `"${line.trim().slice(0, 60)}"; expected a class of the ${names.length} there are, a score and four numbers`;
      throw new FoveaError("invalid_label", message, { file, at: `line ${index + 1}` });
    }
    return [{ classId, score, box: BOXES[layout](four as unknown as Four, width ?? 1, height ?? 1) }];
  });
}
