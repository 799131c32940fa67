/**
 * @file An annotation set in any format that is written.
 */
import type { AnnotatedImage, AnnotationSet } from "../annotation-set";
import type { WriteFormat } from "./format-names";
import { writeCoco } from "./write-coco";
import { writeCvat } from "./write-cvat";
import { writeLabelMe } from "./write-labelme";
import { writeCsv, writeOpenImages } from "./write-tables";
import { writeVoc } from "./write-voc";
import { writeYolo, yoloPicture } from "./write-yolo";
import { safePath, type WrittenFile } from "./written-file";

interface Writer {
  readonly files: (set: AnnotationSet) => Iterable<WrittenFile>;
  /** Path of an image's picture in the written set. */
  readonly picture: (image: AnnotatedImage) => string;
  /** Ending of the file that holds everything, of formats with one. */
  readonly single?: string;
}

const inImages = ({ file }: AnnotatedImage) => `images/${safePath(file)}`;

export const WRITERS: { readonly [F in WriteFormat]: Writer } = {
  coco: { files: (set) => [{ path: "annotations.json", text: writeCoco(set) }], picture: inImages, single: ".json" },
  yolo: { files: writeYolo, picture: ({ file, split }) => yoloPicture(file, split) },
  voc: { files: writeVoc, picture: ({ file }) => `JPEGImages/${safePath(file)}` },
  labelme: { files: writeLabelMe, picture: ({ file }) => safePath(file) },
  cvat: { files: (set) => [{ path: "annotations.xml", text: writeCvat(set) }], picture: inImages, single: ".xml" },
  openimages: { files: writeOpenImages, picture: inImages },
  csv: { files: (set) => [{ path: "annotations.csv", text: writeCsv(set) }], picture: inImages, single: ".csv" },
};
