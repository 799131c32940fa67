/**
 * @file CVAT's format for images, version 1.1 (docs.cvat.ai, "CVAT XML"): one XML file for a whole task.
 *
 * Boxes, polygons, ellipses and masks are read, turned boxes as outlines; points, lines, cuboids, skeletons and tracks of
 * videos are left out. Polygons of one `group_id` and one label are the parts of one object. Attributes are typed as the
 * labels declare them (`checkbox`, `number`, else text). A tag becomes an attribute of its image.
 */
import { FoveaError } from "../../errors";
import { boundsOf } from "../../geometry/polygon";
import type { Attributes } from "../annotation-set";
import { maskBounds } from "../run-length";
import { type AnnotationDraft, assembleSet, type ImageDraft, imagePath, type ReadSet } from "./annotation-draft";
import { attributeOf, someAttributes } from "./attribute-text";
import { cvatMask } from "./cvat-mask";
import { ellipseOutline, turned } from "./ellipse-outline";
import { Tally } from "./tally";
import { childOf, numberOf, readXml, textOf, type XmlElement } from "./xml";

/** The tag that `writeCvat` puts an image's own attributes into. */
export const IMAGE_TAG = "image";

/** Attributes that are fields of an annotation. */
const OWN = new Set(["crowd", "ignore", "weight", "score"]);

/** Input type of an attribute, by `label/attribute`. */
type InputTypes = ReadonlyMap<string, string>;

/**
 * @param file what problems call the file
 * @throws {FoveaError} `invalid_annotations` if the text is no XML with the root `annotations`
 */
export function readCvat(text: string, file: string): ReadSet {
  const root = readXml(text, file);
  if (root.name !== "annotations") {
    throw new FoveaError("invalid_annotations", `root element is <${root.name}>, expected <annotations>`, { file });
  }
  const tally = new Tally();
  const labels = declaredLabels(root);
  const inputs = inputTypes(labels);
  if (childOf(root, "track")) tally.add("tracks of a video are not read; export the task as CVAT for images", "track");
  const drafts = root.children.flatMap((element) => {
    return element.name === "image" ? (readImage(element, { inputs, tally }) ?? []) : [];
  });
  const known = labels.filter((label) => textOf(label, "type") !== "tag").map((label) => textOf(label, "name") ?? "");
  return { set: assembleSet(drafts, known), problems: tally.problems(file) };
}

/** Labels stand below the task, or below the project, the job ... */
function declaredLabels(root: XmlElement): readonly XmlElement[] {
  for (const scope of childOf(root, "meta")?.children ?? []) {
    const labels = childOf(scope, "labels");
    if (labels) return labels.children.filter(({ name }) => name === "label");
  }
  return [];
}

function inputTypes(labels: readonly XmlElement[]): InputTypes {
  const types = new Map<string, string>();
  for (const label of labels) {
    for (const attribute of childOf(label, "attributes")?.children ?? []) {
      types.set(`${textOf(label, "name")}/${textOf(attribute, "name")}`, textOf(attribute, "input_type") ?? "text");
    }
  }
  return types;
}

interface Context {
  readonly inputs: InputTypes;
  readonly tally: Tally;
}

function readImage(element: XmlElement, context: Context): ImageDraft | undefined {
  const { name, id, subset } = element.attributes;
  if (!name) {
    context.tally.add("an image without a name, left out", `image ${id ?? "?"}`, "error");
    return undefined;
  }
  const width = numberOf(element.attributes.width);
  const height = numberOf(element.attributes.height);
  const annotations: AnnotationDraft[] = [];
  const attributes: Record<string, Attributes[string]> = {};
  const groups = new Map<string, number>();
  for (const child of element.children) {
    if (child.name === "tag") Object.assign(attributes, tagAttributes(child, context.inputs));
    else addShape(child, annotations, groups, { ...context, width, height, at: `image ${name}` });
  }
  return {
    file: imagePath(name),
    ...(width && height && { width, height }),
    ...(id !== undefined && { id: numberOf(id) ?? id }),
    ...(subset && subset !== "default" && { split: subset.toLowerCase() }),
    ...someAttributes(attributes),
    annotations,
  };
}

interface ShapeContext extends Context {
  readonly at: string;
  readonly width: number | undefined;
  readonly height: number | undefined;
}

function addShape(
  shape: XmlElement,
  annotations: AnnotationDraft[],
  groups: Map<string, number>,
  context: ShapeContext,
): void {
  const { tally, at, inputs } = context;
  const { label, group_id: group = "0" } = shape.attributes;
  const readable = Object.hasOwn(PLACES, shape.name);
  const place = readable ? PLACES[shape.name](shape, context) : undefined;
  if (!label || place === undefined) {
    const what = readable
      ? `a ${shape.name} without its label or its numbers`
      : `<${shape.name}> marks no region that is read`;
    tally.add(`${what}; left out`, at, readable ? "error" : "warning");
    return;
  }
  const annotation = { className: label, ...place, ...details(shape, inputs) };
  const key = `${group}/${label}`;
  const first = group !== "0" && shape.name === "polygon" ? groups.get(key) : undefined;
  if (first !== undefined) {
    const parts = [...(annotations[first].segmentation as number[][]), ...(place.segmentation as number[][])];
    annotations[first] = { ...annotations[first], segmentation: parts, box: boundsOf(parts.flat()) };
    return;
  }
  if (group !== "0" && shape.name === "polygon") groups.set(key, annotations.length);
  annotations.push(annotation);
}

type Place = Pick<AnnotationDraft, "box" | "segmentation">;

/** Numbers in the XML attributes `names`; `undefined` if one is none. */
function numbersIn({ attributes }: XmlElement, names: string): number[] | undefined {
  const values = names.split(" ").map((name) => numberOf(attributes[name]));
  return values.every((value): value is number => value !== undefined) ? values : undefined;
}

const outlined = (outline: number[]): Place => ({ box: boundsOf(outline), segmentation: [outline] });

const rotationOf = ({ attributes }: XmlElement) => numberOf(attributes.rotation) ?? 0;

/** What each kind of shape marks. */
const PLACES: Readonly<Record<string, (shape: XmlElement, context: ShapeContext) => Place | undefined>> = {
  box: (shape) => {
    const corners = numbersIn(shape, "xtl ytl xbr ybr");
    if (corners === undefined) return undefined;
    const [x1, y1, x2, y2] = corners;
    const rotation = rotationOf(shape);
    if (rotation === 0) return { box: { x1, y1, x2, y2 } };
    return outlined(turned([x1, y1, x2, y1, x2, y2, x1, y2], (x1 + x2) / 2, (y1 + y2) / 2, rotation));
  },
  polygon: ({ attributes }) => {
    const points = (attributes.points ?? "").split(/[;,]/).map((one) => numberOf(one) ?? Number.NaN);
    return points.length >= 6 && points.length % 2 === 0 && points.every(Number.isFinite)
      ? outlined(points)
      : undefined;
  },
  ellipse: (shape) => {
    const values = numbersIn(shape, "cx cy rx ry");
    if (values === undefined) return undefined;
    const [cx, cy, rx, ry] = values;
    return outlined(ellipseOutline({ cx, cy, rx, ry, rotation: rotationOf(shape) }));
  },
  mask: (shape, { width, height }) => {
    const window = numbersIn(shape, "left top width height");
    if (window === undefined || !width || !height) return undefined;
    const mask = cvatMask(shape.attributes.rle ?? "", window, { width, height });
    const box = mask && maskBounds(mask);
    return mask && box && { box, segmentation: mask };
  },
};

function details(shape: XmlElement, inputs: InputTypes): Partial<AnnotationDraft> {
  const { label, occluded } = shape.attributes;
  const attributes = attributesIn(shape, label, inputs);
  const { crowd, ignore, weight, score } = attributes;
  const rest = Object.fromEntries(Object.entries(attributes).filter(([name]) => !OWN.has(name)));
  return {
    ...(crowd === true && { crowd: true }),
    ...(ignore === true && { ignore: true }),
    ...(typeof weight === "number" && { weight }),
    ...(typeof score === "number" && { score }),
    ...someAttributes({ ...(occluded === "1" && { occluded: true }), ...rest }),
  };
}

function attributesIn({ children }: XmlElement, label: string, inputs: InputTypes): Record<string, Attributes[string]> {
  const attributes: Record<string, Attributes[string]> = {};
  for (const { name: element, attributes: own, text } of children) {
    if (element !== "attribute" || !own.name || own.name === "__proto__") continue;
    attributes[own.name] = inputs.get(`${label}/${own.name}`) === "text" ? text : attributeOf(text);
  }
  return attributes;
}

function tagAttributes(tag: XmlElement, inputs: InputTypes): Attributes {
  const { label = "" } = tag.attributes;
  const attributes = attributesIn(tag, label, inputs);
  if (label === IMAGE_TAG) return attributes;
  const named = Object.entries(attributes).map(([name, value]) => [`${label}.${name}`, value] as const);
  return { [label]: true, ...Object.fromEntries(named) };
}
