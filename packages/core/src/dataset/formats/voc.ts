/**
 * @file Pascal VOC annotations (Everingham et al., "The Pascal Visual Object Classes Challenge", IJCV 88 (2010),
 * doi:10.1007/s11263-009-0275-4), and ImageNet's localisation files, which have the same elements: one XML file for
 * each image.
 *
 * `xmin ymin xmax ymax` are taken as the corners they are called, as every converter does: the challenge counted pixels
 * from 1, but most tools that write the format count from 0. `difficult`, `truncated`, `occluded` and a pose become
 * attributes where they say something; so do those in CVAT's element `attributes`. Outlines as Roboflow writes them
 * (`polygon` with x1, y1, x2, y2 ...) are read.
 */

import { FoveaError } from "../../errors";
import type { Box } from "../../finding";
import { boundsOf } from "../../geometry/polygon";
import type { Attributes } from "../annotation-set";
import type { Problem } from "../sample";
import { type AnnotationDraft, type ImageDraft, imagePath } from "./annotation-draft";
import { attributeOf, someAttributes } from "./attribute-text";
import { Tally } from "./tally";
import { childOf, numberOf, readXml, textOf, type XmlElement } from "./xml";

export interface VocImage {
  readonly image: ImageDraft;
  readonly problems: readonly Problem[];
}

/** Elements of an object that are 0 or 1. */
const FLAGS = ["difficult", "truncated", "occluded"] as const;

/**
 * @param file what problems call the file; the image takes its name where the XML has none
 * @throws {FoveaError} `invalid_annotations` if the text is no XML with the root `annotation`
 */
export function readVoc(text: string, file: string): VocImage {
  const root = readXml(text, file);
  if (root.name !== "annotation") {
    throw new FoveaError("invalid_annotations", `root element is <${root.name}>, expected <annotation>`, { file });
  }
  const tally = new Tally();
  const size = childOf(root, "size");
  const width = numberOf(size && textOf(size, "width"));
  const height = numberOf(size && textOf(size, "height"));
  const sized = width !== undefined && height !== undefined && width > 0 && height > 0;
  const objects = root.children.filter(({ name }) => name === "object");
  const annotations = objects.flatMap((object, i) => readObject(object, `object ${i + 1}`, tally) ?? []);
  const ownName = imagePath(file)
    .replace(/^.*\//, "")
    .replace(/\.xml$/i, "");
  const image = {
    file: imagePath(textOf(root, "filename") ?? ownName),
    // Tools that do not know the size write 0.
    ...(sized && { width, height }),
    annotations,
  };
  return { image, problems: tally.problems(file) };
}

function readObject(object: XmlElement, at: string, tally: Tally): AnnotationDraft | undefined {
  const className = textOf(object, "name");
  if (className === undefined) {
    tally.add("an object without a name, left out", at, "error");
    return undefined;
  }
  const outline = readOutline(childOf(object, "polygon"));
  const bounds = childOf(object, "bndbox");
  const box = (bounds && readBox(bounds)) ?? (outline && boundsOf(outline));
  if (box === undefined) {
    tally.add("no bndbox with the numbers xmin, ymin, xmax and ymax; object left out", at, "error");
    return undefined;
  }
  if (childOf(object, "part")) tally.add("parts of an object (<part>) are not read", at);
  const attributes = readAttributes(object);
  return { className, box, ...(outline && { segmentation: [outline] }), ...someAttributes(attributes) };
}

function readBox(element: XmlElement): Box | undefined {
  const [x1, y1, x2, y2] = ["xmin", "ymin", "xmax", "ymax"].map((name) => numberOf(textOf(element, name)));
  if (x1 === undefined || y1 === undefined || x2 === undefined || y2 === undefined) return undefined;
  return { x1, y1, x2, y2 };
}

function readOutline(polygon: XmlElement | undefined): number[] | undefined {
  if (polygon === undefined) return undefined;
  const points: number[] = [];
  for (let i = 1; ; i++) {
    const x = numberOf(textOf(polygon, `x${i}`));
    const y = numberOf(textOf(polygon, `y${i}`));
    if (x === undefined || y === undefined) break;
    points.push(x, y);
  }
  return points.length >= 6 ? points : undefined;
}

function readAttributes(object: XmlElement): Attributes {
  const attributes: Record<string, Attributes[string]> = {};
  const pose = textOf(object, "pose");
  if (pose !== undefined && pose !== "Unspecified") attributes.pose = pose;
  for (const flag of FLAGS) if (/^(1|true)$/i.test(textOf(object, flag) ?? "")) attributes[flag] = true;
  for (const one of childOf(object, "attributes")?.children ?? []) {
    const name = textOf(one, "name");
    if (name !== undefined && name !== "__proto__") attributes[name] = attributeOf(textOf(one, "value") ?? "");
  }
  return attributes;
}
