/**
 * @file What each format can hold, and what of a set is lost in it.
 */
import { type AnnotatedImage, type Annotation, type AnnotationSet, isIgnored, isMask } from "../annotation-set";
import type { WriteFormat } from "./format-names";
import { boxAround } from "./segmentation-json";

/** Something of a set that a format cannot hold. */
export interface Loss {
  readonly what: string;
  /** Annotations, images or classes that have it. */
  readonly count: number;
  /** What was written in its place. */
  readonly becomes: string;
}

/** A box that differs by more from that of its outlines is one of its own. Pixels. */
const SAME_BOX = 0.5;

const annotationsWith = (has: (one: Annotation) => boolean) => {
  return ({ images }: AnnotationSet) => {
    let count = 0;
    for (const { annotations } of images) for (const one of annotations) if (has(one)) count++;
    return count;
  };
};

const imagesWith =
  (has: (one: AnnotatedImage) => boolean) =>
  ({ images }: AnnotationSet) =>
    images.filter(has).length;

const hasOutlines = ({ segmentation }: Annotation) => segmentation !== undefined && !isMask(segmentation);
const hasMask = ({ segmentation }: Annotation) => segmentation !== undefined && isMask(segmentation);
const hasParts = ({ segmentation }: Annotation) => {
  return segmentation !== undefined && !isMask(segmentation) && segmentation.length > 1;
};

function hasOwnBox({ box, segmentation }: Annotation): boolean {
  const around = segmentation && boxAround(segmentation);
  if (around === undefined) return false;
  const { x1, y1, x2, y2 } = around;
  return Math.max(...[box.x1 - x1, box.y1 - y1, box.x2 - x2, box.y2 - y2].map(Math.abs)) > SAME_BOX;
}

/** What annotations, images and classes may have, with what it is called, and how often a set has it. */
const ASPECTS = {
  outlines: ["outlines", annotationsWith(hasOutlines)],
  masks: ["masks", annotationsWith(hasMask)],
  parts: ["outlines of several parts", annotationsWith(hasParts)],
  ownBox: ["boxes that are not those of their outlines", annotationsWith(hasOwnBox)],
  crowd: ["crowds", annotationsWith(({ crowd = false }) => crowd)],
  ignore: ["regions to ignore", annotationsWith((one) => isIgnored(one) && !one.crowd)],
  weight: ["weights", annotationsWith(({ weight = 1 }) => weight !== 1)],
  score: ["scores", annotationsWith(({ score }) => score !== undefined)],
  area: ["areas said apart", annotationsWith(({ area }) => area !== undefined)],
  id: ["ids of annotations", annotationsWith(({ id }) => id !== undefined)],
  attributes: ["annotations with attributes", annotationsWith(({ attributes }) => attributes !== undefined)],
  imageAttributes: ["images with attributes", imagesWith(({ attributes }) => attributes !== undefined)],
  imageId: ["ids of images", imagesWith(({ id }) => id !== undefined)],
  imageSize: ["sizes of images", imagesWith(({ width }) => width !== undefined)],
  noSize: [
    "images with annotations but of unknown size",
    imagesWith((one) => one.width === undefined && one.annotations.length > 0),
  ],
  split: ["images of a part (train, val ...)", imagesWith(({ split }) => split !== undefined)],
  empty: ["images without annotations", imagesWith(({ annotations }) => annotations.length === 0)],
  unused: ["classes without annotations", unusedClasses],
  supercategory: [
    "supercategories",
    ({ categories }: AnnotationSet) => categories.filter((one) => one.supercategory !== undefined).length,
  ],
} satisfies Readonly<Record<string, readonly [string, (set: AnnotationSet) => number]>>;

export type Aspect = keyof typeof ASPECTS;

function unusedClasses({ categories, images }: AnnotationSet): number {
  const used = new Set(images.flatMap(({ annotations }) => annotations.map(({ classId }) => classId)));
  return categories.filter((_, classId) => !used.has(classId)).length;
}

const DROPPED = "left out";
const BOXES = "their boxes alone";
const OUTLINED = "outlines of the same pixels";
const FROM_OUTLINES = "the boxes around their outlines";

/** What becomes of the aspects that a format does not hold. */
const LOST: { readonly [F in WriteFormat]: Readonly<Partial<Record<Aspect, string>>> } = {
  coco: {},
  yolo: {
    masks: OUTLINED,
    parts: "one outline, its parts joined by lines there and back",
    ownBox: FROM_OUTLINES,
    crowd: "left out: as labels they would be taken for lesions",
    ignore: "left out: as labels they would be taken for lesions",
    weight: "1",
    score: DROPPED,
    area: DROPPED,
    id: DROPPED,
    attributes: "the annotations without them",
    imageAttributes: "the images without them",
    imageId: DROPPED,
    imageSize: "those of the pictures",
    noSize: "left out: coordinates are fractions of the size",
    supercategory: DROPPED,
  },
  voc: {
    outlines: BOXES,
    masks: BOXES,
    crowd: "objects with the attribute difficult",
    ignore: "objects with the attribute difficult",
    weight: "1",
    score: DROPPED,
    area: DROPPED,
    id: DROPPED,
    imageAttributes: "the images without them",
    imageId: DROPPED,
    supercategory: DROPPED,
  },
  labelme: {
    masks: OUTLINED,
    ownBox: FROM_OUTLINES,
    area: DROPPED,
    id: DROPPED,
    imageId: DROPPED,
    split: DROPPED,
    unused: DROPPED,
    supercategory: DROPPED,
  },
  cvat: {
    ownBox: FROM_OUTLINES,
    noSize: "width and height 0",
    area: DROPPED,
    id: DROPPED,
    imageId: "0, 1, 2 ...",
    supercategory: DROPPED,
  },
  openimages: {
    outlines: BOXES,
    masks: BOXES,
    ignore: "left out: as boxes they would be taken for lesions",
    weight: "1",
    area: DROPPED,
    id: DROPPED,
    attributes: "the annotations without them, but for occluded, truncated, depiction and inside",
    imageAttributes: "the images without them",
    imageId: DROPPED,
    imageSize: "those of the pictures",
    noSize: "left out: coordinates are fractions of the size",
    empty: "left out: the table has boxes only",
    supercategory: DROPPED,
  },
  csv: { area: DROPPED, id: DROPPED, imageId: DROPPED, unused: DROPPED, supercategory: DROPPED },
};

/** Everything of `set` that `format` cannot hold. */
export function lossesOf(set: AnnotationSet, format: WriteFormat): Loss[] {
  return Object.entries(LOST[format]).flatMap(([aspect, becomes]) => {
    const [what, count] = ASPECTS[aspect as Aspect];
    const found = count(set);
    return found > 0 ? [{ what, count: found, becomes }] : [];
  });
}
