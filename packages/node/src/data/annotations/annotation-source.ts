/**
 * @file What the readers of annotation files share: what they are asked for, and what they hand over.
 */
import type { AnnotationSet } from "@fovea/core/dataset/annotation-set";
import type { Problem } from "@fovea/core/dataset/sample";

/** Formats that are read. */
export const FORMATS = ["coco", "yolo", "voc", "imagenet", "labelme", "cvat", "openimages", "csv", "tfrecord"] as const;

export type AnnotationFormat = (typeof FORMATS)[number];

/** What a reader gathered from files, before pictures were looked for. */
export interface Gathered {
  readonly set: AnnotationSet;
  readonly problems: readonly Problem[];
  /** Folder that the images' paths begin at, as far as the files say; pictures are looked for from here. */
  readonly base: string;
  /** Coordinates are fractions of the image's sides, as its size is not known yet. @default false */
  readonly fractions?: boolean;
}

export interface GatherOptions {
  /** Read this part only, where the format knows of parts. */
  readonly split?: string;
}
