/**
 * @file Annotation sets as Pascal VOC files: `Annotations/IMAGE.xml`, pictures in `JPEGImages`, parts as lists in
 * `ImageSets/Main`, classes in `labelmap.txt`.
 *
 * Corners are written as they are, with decimals where they have them. Attributes that the format does not know stand in
 * CVAT's element `attributes`, which other tools pass over.
 */
import {
  type AnnotatedImage,
  type Annotation,
  type AnnotationSet,
  type Attributes,
  isIgnored,
} from "../annotation-set";
import { attributeText } from "./attribute-text";
import { bySplit, safePath, safeStem, type WrittenFile } from "./written-file";
import { escapeXml } from "./xml";

/** Attributes that have an element of their own. */
const OWN = new Set(["pose", "difficult", "truncated", "occluded"]);

export function* writeVoc(set: AnnotationSet): Generator<WrittenFile> {
  const names = set.categories.map(({ name }) => name);
  yield {
    path: "labelmap.txt",
    text: ["# label:color_rgb:parts:actions", ...names.map((name) => `${name}:::`), ""].join("\n"),
  };
  if (set.images.some(({ split }) => split !== undefined)) {
    for (const [split, images] of bySplit(set)) {
      const stems = images.map(({ file }) => `${safeStem(file)}\n`);
      yield { path: `ImageSets/Main/${split}.txt`, text: stems.join("") };
    }
  }
  for (const image of set.images) {
    yield { path: `Annotations/${safeStem(image.file)}.xml`, text: vocXml(image, names) };
  }
}

/** One image as XML. */
function vocXml({ file, width, height, annotations }: AnnotatedImage, names: readonly string[]): string {
  const path = safePath(file);
  const slash = path.lastIndexOf("/");
  return [
    "<annotation>",
    `  <folder>${escapeXml(slash < 0 ? "JPEGImages" : path.slice(0, slash))}</folder>`,
    `  <filename>${escapeXml(path.slice(slash + 1))}</filename>`,
    `  <size><width>${width ?? 0}</width><height>${height ?? 0}</height><depth>3</depth></size>`,
    "  <segmented>0</segmented>",
    ...annotations.flatMap((one) => objectLines(one, names[one.classId])),
    "</annotation>",
    "",
  ].join("\n");
}

function objectLines(annotation: Annotation, name: string): string[] {
  const { box, attributes = {} } = annotation;
  const flag = (value: unknown) => (value === true || value === 1 ? 1 : 0);
  const further = Object.entries(attributes).filter(([key]) => !OWN.has(key));
  return [
    "  <object>",
    `    <name>${escapeXml(name)}</name>`,
    `    <pose>${escapeXml(attributeText(attributes.pose ?? "Unspecified"))}</pose>`,
    `    <truncated>${flag(attributes.truncated)}</truncated>`,
    ...(flag(attributes.occluded) ? ["    <occluded>1</occluded>"] : []),
    `    <difficult>${isIgnored(annotation) ? 1 : flag(attributes.difficult)}</difficult>`,
    `    <bndbox><xmin>${box.x1}</xmin><ymin>${box.y1}</ymin><xmax>${box.x2}</xmax><ymax>${box.y2}</ymax></bndbox>`,
    ...(further.length > 0 ? attributeLines(further) : []),
    "  </object>",
  ];
}

function attributeLines(attributes: readonly (readonly [string, Attributes[string]])[]): string[] {
  const lines = attributes.map(([name, value]) => {
    return `      <attribute><name>${escapeXml(name)}</name><value>${escapeXml(attributeText(value))}</value></attribute>`;
  });
  return ["    <attributes>", ...lines, "    </attributes>"];
}
