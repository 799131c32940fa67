/**
 * @file What an annotation set holds: classes, sizes in pixels and millimetres, shapes, positions, by part and attribute.
 */
import { type AnnotatedImage, type Annotation, type AnnotationSet, isIgnored } from "../dataset/annotation-set";
import type { Sample } from "../dataset/sample";
import { quantile } from "../math/stats";
import { type LabelStatistics, labelStatistics } from "./label-statistics";

/** Millimetres from the middle of a pixel to the next, down the rows and along them. */
export interface ImageSpacing {
  readonly row: number;
  readonly column: number;
}

/** Five quantiles of a measure. */
export interface Spread {
  readonly least: number;
  readonly lower: number;
  readonly median: number;
  readonly upper: number;
  readonly most: number;
}

export interface ClassStatistics {
  readonly name: string;
  readonly boxes: number;
  readonly images: number;
  /** Square root of width x height, pixels; absent of a class without boxes. */
  readonly sidePx?: Spread;
  /** The same in millimetres, of boxes in images whose spacing is known. */
  readonly sideMm?: Spread;
  /** Boxes that `sideMm` is of. */
  readonly measuredMm: number;
  /** Width / height. */
  readonly aspect?: Spread;
}

/** A part, or all images with one value of an attribute. */
export interface Slice {
  readonly name: string;
  readonly images: number;
  /** Without any label. */
  readonly empty: number;
  readonly boxes: number;
  /** Boxes by class. */
  readonly classes: readonly number[];
}

export interface AttributeStatistics {
  readonly name: string;
  /** Different values. */
  readonly distinct: number;
  /** Those with most images first, a few of them. */
  readonly values: readonly Slice[];
}

export interface SetStatistics extends Omit<Slice, "name" | "classes"> {
  /** Crowds and regions where nothing is judged. */
  readonly ignored: number;
  readonly outlines: number;
  readonly classes: readonly ClassStatistics[];
  /** In the order in which they come; one only where the set has no parts. */
  readonly parts: readonly Slice[];
  readonly attributes: readonly AttributeStatistics[];
  /** Pixels of the images; absent if no size is known. */
  readonly width?: Spread;
  readonly height?: Spread;
  /** Boxes per image, sizes as shares of the image, positions. */
  readonly labels: LabelStatistics;
}

export interface SetStatisticsOptions {
  /** By image. @default those that attributes say */
  readonly spacings?: readonly (ImageSpacing | undefined)[];
  /** Values of an attribute that are told apart. @default 12 */
  readonly mostValues?: number;
}

export function setStatistics(
  { categories, images }: AnnotationSet,
  { spacings = images.map(({ attributes }) => spacingOf(attributes)), mostValues = 12 }: SetStatisticsOptions = {},
): SetStatistics {
  const nc = categories.length;
  const { classes: _, name: __, ...whole } = slice("", images, nc);
  const parts = [...new Set(images.map(({ split }) => split ?? ""))];
  const sides = (pick: (image: AnnotatedImage) => number | undefined) => spread(images.flatMap((i) => pick(i) ?? []));
  return {
    ...whole,
    ignored: images.reduce((sum, { annotations }) => sum + annotations.filter(isIgnored).length, 0),
    outlines: images.reduce((sum, { annotations }) => sum + annotations.filter(hasOutline).length, 0),
    classes: categories.map(({ name }, classId) => classStatistics(name, classId, images, spacings)),
    parts: parts.map((part) => {
      return slice(
        part,
        images.filter(({ split }) => (split ?? "") === part),
        nc,
      );
    }),
    attributes: attributeStatistics(images, nc, mostValues),
    width: sides(({ width }) => width),
    height: sides(({ height }) => height),
    labels: labelStatistics(
      asSamples(images),
      categories.map(({ name }) => name),
    ),
  };
}

const hasOutline = ({ segmentation }: Annotation) => segmentation !== undefined;
const judged = ({ annotations }: AnnotatedImage) => annotations.filter((one) => !isIgnored(one));

function slice(name: string, images: readonly AnnotatedImage[], nc: number): Slice {
  const classes = new Array<number>(nc).fill(0);
  let [boxes, empty] = [0, 0];
  for (const image of images) {
    const own = judged(image);
    boxes += own.length;
    if (own.length === 0) empty++;
    for (const { classId } of own) classes[classId]++;
  }
  return { name, images: images.length, empty, boxes, classes };
}

function classStatistics(
  name: string,
  classId: number,
  images: readonly AnnotatedImage[],
  spacings: readonly (ImageSpacing | undefined)[],
): ClassStatistics {
  const [px, mm, aspects]: [number[], number[], number[]] = [[], [], []];
  let [boxes, inImages] = [0, 0];
  images.forEach((image, i) => {
    const own = judged(image).filter((one) => one.classId === classId);
    if (own.length > 0) inImages++;
    boxes += own.length;
    for (const { box } of own) {
      const [w, h] = [box.x2 - box.x1, box.y2 - box.y1];
      if (!(w > 0 && h > 0)) continue;
      px.push(Math.sqrt(w * h));
      aspects.push(w / h);
      const spacing = spacings[i];
      if (spacing) mm.push(Math.sqrt(w * spacing.column * h * spacing.row));
    }
  });
  return {
    name,
    boxes,
    images: inImages,
    sidePx: spread(px),
    sideMm: spread(mm),
    measuredMm: mm.length,
    aspect: spread(aspects),
  };
}

/** `undefined` of no values. */
function spread(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  const [least, lower, median, upper, most] = [0, 0.25, 0.5, 0.75, 1].map((p) => quantile(values, p));
  return { least, lower, median, upper, most };
}

/** Attributes of images that say the same of several; one that is different everywhere is a name. */
function attributeStatistics(images: readonly AnnotatedImage[], nc: number, mostValues: number): AttributeStatistics[] {
  const byName = new Map<string, Map<string, AnnotatedImage[]>>();
  for (const image of images) {
    for (const [name, value] of Object.entries(image.attributes ?? {})) {
      if (value === null) continue;
      const values = byName.get(name) ?? new Map<string, AnnotatedImage[]>();
      byName.set(name, values);
      const own = values.get(String(value));
      if (own) own.push(image);
      else values.set(String(value), [image]);
    }
  }
  return [...byName].map(([name, values]) => {
    const sorted = [...values].sort(([a, x], [b, y]) => y.length - x.length || (a < b ? -1 : 1));
    return {
      name,
      distinct: values.size,
      values: sorted.slice(0, mostValues).map(([value, own]) => slice(value, own, nc)),
    };
  });
}

/** Boxes as shares of their images, cut at the edges; images of unknown size are left out. */
function asSamples(images: readonly AnnotatedImage[]): Sample[] {
  return images.flatMap((image): Sample[] => {
    const { file, width, height } = image;
    if (width === undefined || height === undefined) return [];
    const labels = judged(image).flatMap(({ classId, box }) => {
      const [x1, x2] = [Math.max(0, box.x1) / width, Math.min(width, box.x2) / width];
      const [y1, y2] = [Math.max(0, box.y1) / height, Math.min(height, box.y2) / height];
      if (!(x2 > x1 && y2 > y1)) return [];
      return [{ classId, cx: (x1 + x2) / 2, cy: (y1 + y2) / 2, w: x2 - x1, h: y2 - y1 }];
    });
    return [{ file, width, height, labels }];
  });
}

/** Attributes that say the pixel spacing, without case, blanks, `-` and `_`. */
const SPACING_NAMES = new Set(["pixelspacing", "pixelspacingmm", "spacingmm", "spacing", "imagerpixelspacing"]);

/** Spacing that attributes say: one number, or `row\column` as DICOM writes it, also with a comma or a blank. */
export function spacingOf(attributes: AnnotatedImage["attributes"]): ImageSpacing | undefined {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (!SPACING_NAMES.has(name.toLowerCase().replace(/[\s_-]/g, ""))) continue;
    const numbers = String(value)
      .replace(/[[\]()]/g, "")
      .split(/[\\,;\s]+/)
      .map(Number);
    const [row, column = row] = numbers;
    if (row > 0 && column > 0) return { row, column };
  }
  return undefined;
}
