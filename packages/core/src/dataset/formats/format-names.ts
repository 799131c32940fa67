/**
 * @file Names of the annotation formats.
 */

/** Formats that are read. ImageNet's localisation files are read as `voc`. */
export const READ_FORMATS = ["coco", "yolo", "voc", "labelme", "cvat", "openimages", "csv", "tfrecord"] as const;

export type ReadFormat = (typeof READ_FORMATS)[number];

/** Formats that are written. */
export const WRITE_FORMATS = ["coco", "yolo", "voc", "labelme", "cvat", "openimages", "csv"] as const;

export type WriteFormat = (typeof WRITE_FORMATS)[number];
