/**
 * @file LabelMe annotations (github.com/wkentaro/labelme): one JSON file for each image, shapes with points in pixels.
 *
 * `rectangle` and `circle` (centre and a point on it) are read as boxes and outlines; polygons of one `group_id` and one
 * label are the parts of one object. `flags` of the image and of shapes, `description`, and `attributes`, `difficult`
 * and `score`, as X-AnyLabeling adds them, are kept. Points and lines mark no region and are left out.
 */
import { FoveaError } from "../../errors";
import { boundsOf } from "../../geometry/polygon";
import type { Attributes } from "../annotation-set";
import { type Fields, fieldsOf } from "../coco-fields";
import type { Problem } from "../sample";
import { type AnnotationDraft, type ImageDraft, imagePath } from "./annotation-draft";
import { someAttributes } from "./attribute-text";
import { parseJson } from "./coco-root";
import { ellipseOutline } from "./ellipse-outline";
import { Tally } from "./tally";

/** Attributes that are fields of an annotation; written among the others by `writeLabelMe`. */
const OWN = ["crowd", "ignore", "weight", "score"] as const;

/**
 * @param file what problems call the file
 * @throws {FoveaError} `invalid_annotations` if the text is no JSON or has no list `shapes`
 */
export function readLabelMe(text: string, file: string): { image: ImageDraft; problems: readonly Problem[] } {
  const root = fieldsOf(parseJson(text, file));
  if (root === undefined || !Array.isArray(root.shapes)) {
    throw new FoveaError("invalid_annotations", "expected an object with a list of shapes, as LabelMe writes it", {
      file,
    });
  }
  const tally = new Tally();
  const { imagePath: path, imageWidth: width, imageHeight: height } = root;
  const groups = new Map<string, number>();
  const annotations: AnnotationDraft[] = [];
  for (const [index, entry] of root.shapes.entries()) {
    const shape = fieldsOf(entry) ?? {};
    const annotation = readShape(shape, `shapes[${index}]`, tally);
    if (annotation === undefined) continue;
    const { group_id: group } = shape;
    const key = JSON.stringify([group, annotation.className]);
    const first = isGroup(group) && annotation.segmentation ? groups.get(key) : undefined;
    if (first !== undefined) {
      annotations[first] = joined(annotations[first], annotation);
      continue;
    }
    if (isGroup(group) && annotation.segmentation) groups.set(key, annotations.length);
    annotations.push(annotation);
  }
  const named = typeof path === "string" && path !== "" ? path : file.replace(/^.*[\\/]/, "").replace(/\.json$/i, "");
  const image = {
    file: imagePath(named),
    ...(typeof width === "number" && typeof height === "number" && width > 0 && height > 0 && { width, height }),
    ...someAttributes({ ...scalars(root.flags), ...scalars(root.attributes) }),
    annotations,
  };
  return { image, problems: tally.problems(file) };
}

const isGroup = (id: unknown): id is number | string => typeof id === "number" || typeof id === "string";

/** Two shapes of one object. */
function joined(a: AnnotationDraft, b: AnnotationDraft): AnnotationDraft {
  const parts = [...(a.segmentation as number[][]), ...(b.segmentation as number[][])];
  return { ...a, segmentation: parts, box: boundsOf(parts.flat()) };
}

function readShape(shape: Fields, at: string, tally: Tally): AnnotationDraft | undefined {
  const { label, shape_type: type = "polygon", points } = shape;
  if (typeof label !== "string" || label === "") {
    tally.add("a shape without a label, left out", at, "error");
    return undefined;
  }
  const flat = Array.isArray(points) ? points.flat() : [];
  if (!flat.every((value): value is number => typeof value === "number" && Number.isFinite(value)) || flat.length < 4) {
    tally.add(`points of a ${String(type)} are no list of [x, y]; left out`, at, "error");
    return undefined;
  }
  const place = Object.hasOwn(PLACES, String(type)) ? PLACES[String(type)](flat) : undefined;
  if (place === undefined) {
    tally.add(`a shape of the kind ${String(type)} with ${flat.length / 2} points marks no region; left out`, at);
    return undefined;
  }
  if (type === "mask") tally.add("the picture of a mask is not read: box kept, mask not", at);
  return { className: label, ...place, ...shapeDetails(shape) };
}

type Place = Pick<AnnotationDraft, "box" | "segmentation">;

const outlined = (outline: number[]): Place => ({ box: boundsOf(outline), segmentation: [outline] });

/** What the points of each kind of shape mark; `undefined` if they are too few. */
const PLACES: Readonly<Record<string, (points: number[]) => Place | undefined>> = {
  polygon: (points) => (points.length >= 6 ? outlined(points) : undefined),
  // The corners stand in the order in which they were drawn.
  rectangle: (points) => ({ box: boundsOf(points) }),
  mask: (points) => ({ box: boundsOf(points) }),
  circle: ([cx, cy, x, y]) => {
    const radius = Math.hypot(x - cx, y - cy);
    return outlined(ellipseOutline({ cx, cy, rx: radius, ry: radius }));
  },
};

function shapeDetails(shape: Fields): Partial<AnnotationDraft> {
  const { description, score, difficult } = shape;
  const attributes: Record<string, Attributes[string]> = {
    ...(typeof description === "string" && description !== "" && { description }),
    ...(difficult === true && { difficult: true }),
    ...scalars(shape.flags),
    ...scalars(shape.attributes),
  };
  const { crowd, ignore, weight, score: kept } = attributes;
  for (const name of OWN) delete attributes[name];
  const confidence = typeof score === "number" ? score : kept;
  return {
    ...(crowd === true && { crowd: true }),
    ...(ignore === true && { ignore: true }),
    ...(typeof weight === "number" && { weight }),
    ...(typeof confidence === "number" && { score: confidence }),
    ...someAttributes(attributes),
  };
}

/** Entries of an object that are one value each. */
function scalars(value: unknown): Record<string, Attributes[string]> {
  const kept = Object.entries(fieldsOf(value) ?? {}).filter(([key, one]) => {
    return key !== "__proto__" && (one === null || ["string", "number", "boolean"].includes(typeof one));
  });
  return Object.fromEntries(kept) as Record<string, Attributes[string]>;
}
