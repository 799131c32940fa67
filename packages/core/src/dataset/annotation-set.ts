/**
 * @file What annotators wrote, in full: what every annotation format is read to and written from, and what checking,
 * splitting, consensus and evaluation work on.
 *
 * Coordinates are pixels of the image, double precision, as exact as the file gave them: pixel (0, 0) covers
 * [0, 1) x [0, 1), so a box has width `x2 - x1`. Nothing is cut or left out here; a box beyond its image, or without
 * width, is kept for `fovea data check` to find. Training takes its own view of it: fractions, cut, checked
 * (`sample.ts`).
 */
import type { Box } from "../finding";

/** What else is known of an image or an annotation: patient, site, scanner, reader, difficulty ... */
export type Attributes = Readonly<Record<string, string | number | boolean | null>>;

/** A mask in COCO's run-length code: runs of 0 and 1 in turn, down the columns, beginning with 0. */
export interface RunLengthMask {
  /** Rows and columns. */
  readonly size: readonly [height: number, width: number];
  /** Runs as numbers, or in COCO's compressed text. */
  readonly counts: readonly number[] | string;
}

/** Outlines x, y, x, y ... of the parts of one object, pixels; or its mask. */
export type Segmentation = readonly (readonly number[])[] | RunLengthMask;

/** One object as it was marked, or as a detector reports it. */
export interface Annotation {
  /** Index into the set's categories. */
  readonly classId: number;
  readonly box: Box;
  readonly segmentation?: Segmentation;
  /** Square pixels, where the source says it apart from box and outline. */
  readonly area?: number;
  /** Many objects marked as one (COCO `iscrowd`): nothing is judged in it. @default false */
  readonly crowd?: boolean;
  /** Nothing is judged here (too small, excluded, seen by a minority). @default false */
  readonly ignore?: boolean;
  /** How much it counts in training, in (0, 1]. @default 1 */
  readonly weight?: number;
  /** Confidence in [0, 1], of detections and of readers who gave one. */
  readonly score?: number;
  /** Id in the source. */
  readonly id?: number | string;
  readonly attributes?: Attributes;
}

/** One image with what is marked in it; none at all is a statement too. */
export interface AnnotatedImage {
  /** Path as the source writes it, with `/`; unique in its part of the set. */
  readonly file: string;
  /** Pixels; absent where neither the source nor the picture says. */
  readonly width?: number;
  readonly height?: number;
  /** Id in the source. */
  readonly id?: number | string;
  readonly annotations: readonly Annotation[];
  /** `patient_id`, `study_uid`, `series_uid`, `site` ... as the source names them. */
  readonly attributes?: Attributes;
  /** Part it belongs to (`train`, `val`, `test`), where the source says. */
  readonly split?: string;
}

export interface Category {
  readonly name: string;
  /** Id in the source; COCO's may have gaps. */
  readonly id?: number | string;
  readonly supercategory?: string;
}

export interface AnnotationSet {
  /** By class index. */
  readonly categories: readonly Category[];
  readonly images: readonly AnnotatedImage[];
}

/** Whether nothing is to be judged where it stands. */
export function isIgnored({ crowd = false, ignore = false }: Annotation): boolean {
  return crowd || ignore;
}

/** Whether a segmentation is a mask rather than outlines. */
export function isMask(segmentation: Segmentation): segmentation is RunLengthMask {
  return "counts" in segmentation;
}
