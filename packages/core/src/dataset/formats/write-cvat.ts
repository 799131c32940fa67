/**
 * @file Annotation sets as CVAT for images 1.1: `annotations.xml`, pictures in `images`.
 *
 * Masks stay masks, several parts of one object are polygons of one `group_id`, parts of the set are subsets. Attributes,
 * and `crowd`, `ignore`, `weight` and `score`, are attributes of the labels, declared with their types; those of an image
 * stand in a tag called `image`.
 */
import { type AnnotatedImage, type Annotation, type AnnotationSet, type Attributes, isMask } from "../annotation-set";
import { attributeText } from "./attribute-text";
import { IMAGE_TAG } from "./cvat";
import { cvatMaskOf } from "./cvat-mask";
import { safePath } from "./written-file";
import { escapeXml } from "./xml";

type Value = Attributes[string];

export function writeCvat({ categories, images }: AnnotationSet): string {
  const names = categories.map(({ name }) => name);
  const lines = images.flatMap((image, i) => imageLines(image, i, names));
  const declared = names.map((name, classId) => {
    return labelLines(
      name,
      images.flatMap((image) => image.annotations.filter((one) => one.classId === classId)).map(attributesOf),
    );
  });
  const tags = images.flatMap(({ attributes }) => (attributes ? [attributes] : []));
  const tag = tags.length > 0 ? [labelLines(IMAGE_TAG, tags, "tag")] : [];
  return [
    '<?xml version="1.0" encoding="utf-8"?>',
    "<annotations>",
    "  <version>1.1</version>",
    `  <meta><task><size>${images.length}</size><mode>annotation</mode><labels>`,
    ...[...declared, ...tag].flat(),
    "  </labels></task></meta>",
    ...lines,
    "</annotations>",
    "",
  ].join("\n");
}

/** A label with every attribute that any of `used` has. */
function labelLines(name: string, used: readonly Attributes[], type = "any"): string[] {
  const kinds = new Map<string, Set<string>>();
  for (const attributes of used) {
    for (const [key, value] of Object.entries(attributes))
      kinds.set(key, (kinds.get(key) ?? new Set()).add(typeof value));
  }
  const attributes = [...kinds].map(([key, types]) => {
    const only = types.size === 1 ? [...types][0] : "mixed";
    const input = { boolean: "checkbox", number: "number", mixed: "select" }[only] ?? "text";
    return `<attribute><name>${escapeXml(key)}</name><mutable>False</mutable><input_type>${input}</input_type></attribute>`;
  });
  const kind = type === "any" ? "" : `<type>${type}</type>`;
  return [`    <label><name>${escapeXml(name)}</name>${kind}<attributes>${attributes.join("")}</attributes></label>`];
}

/** An annotation's attributes with the fields that CVAT has no place for. */
function attributesOf({ crowd, ignore, weight, score, attributes = {} }: Annotation): Attributes {
  const { occluded, ...further } = attributes;
  return {
    ...(occluded === true ? further : attributes),
    ...(crowd && { crowd }),
    ...(ignore && { ignore }),
    ...(weight !== undefined && { weight }),
    ...(score !== undefined && { score }),
  };
}

function imageLines(
  { file, width, height, split, annotations, attributes }: AnnotatedImage,
  id: number,
  names: readonly string[],
): string[] {
  const subset = split === undefined ? "" : ` subset="${escapeXml(split)}"`;
  const size = `width="${width ?? 0}" height="${height ?? 0}"`;
  let group = 0;
  const shapes = annotations.flatMap((one) => {
    const parts = one.segmentation !== undefined && !isMask(one.segmentation) ? one.segmentation.length : 0;
    return shapeLines(one, names[one.classId], parts > 1 ? ++group : 0);
  });
  return [
    `  <image id="${id}" name="${escapeXml(safePath(file))}"${subset} ${size}>`,
    ...(attributes ? [`    <tag label="${IMAGE_TAG}">${valueElements(attributes)}</tag>`] : []),
    ...shapes,
    "  </image>",
  ];
}

function shapeLines(one: Annotation, label: string, group: number): string[] {
  const { box, segmentation } = one;
  const rest = `${one.attributes?.occluded === true ? 'occluded="1"' : 'occluded="0"'} z_order="0"`;
  const inside = valueElements(attributesOf(one));
  const shape = (kind: string, place: string) =>
    `    <${kind} label="${escapeXml(label)}" ${place} ${rest}>${inside}</${kind}>`;
  const mask = segmentation !== undefined && isMask(segmentation) ? cvatMaskOf(segmentation) : undefined;
  if (mask) {
    const { rle, left, top, width, height } = mask;
    return [shape("mask", `rle="${rle}" left="${left}" top="${top}" width="${width}" height="${height}"`)];
  }
  if (segmentation !== undefined && !isMask(segmentation)) {
    const grouped = group > 0 ? ` group_id="${group}"` : "";
    return segmentation.map((part) => shape("polygon", `points="${pointText(part)}"${grouped}`));
  }
  return [shape("box", `xtl="${box.x1}" ytl="${box.y1}" xbr="${box.x2}" ybr="${box.y2}"`)];
}

function pointText(outline: readonly number[]): string {
  const points: string[] = [];
  for (let i = 0; i + 1 < outline.length; i += 2) points.push(`${outline[i]},${outline[i + 1]}`);
  return points.join(";");
}

function valueElements(attributes: Attributes): string {
  const one = ([name, value]: [string, Value]) => {
    return `<attribute name="${escapeXml(name)}">${escapeXml(attributeText(value))}</attribute>`;
  };
  return Object.entries(attributes).map(one).join("");
}
