/**
 * @file Detections of another program, against the ground truth it was run on.
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { AnnotatedImage, AnnotationSet } from "@fovea/core/dataset/annotation-set";
import { type DetectionLayout, readCocoResults, readDetectionRows } from "@fovea/core/dataset/formats/detections";
import { type Problem, problemOf } from "@fovea/core/dataset/sample";
import { ArgumentError, FoveaError } from "@fovea/core/errors";
import { readFailure, readText } from "../read-file";
import { stem } from "./annotations/find-pictures";
import { readAnnotationText } from "./annotations/read-annotation-text";
import { mapBounded } from "./map-bounded";

export interface OpenDetectionsOptions {
  /** What was annotated; of COCO's results its ids are needed. */
  readonly truth: AnnotationSet;
  /** How the numbers of text files are meant. */
  readonly layout?: DetectionLayout;
  /** Class names by their numbers in text files. @default the truth's */
  readonly names?: readonly string[];
}

/** Files read at one time. */
const CONCURRENCY = 16;

/**
 * The truth's images with the detections in the file (COCO's results) or in the folder (a text file for each image) at
 * `path`. An image without file has none.
 *
 * @throws {FoveaError} `file_not_found`; `invalid_annotations`; `invalid_argument` without the layout of a folder
 */
export async function openDetections(
  path: string,
  { truth, layout, names }: OpenDetectionsOptions,
): Promise<{ readonly set: AnnotationSet; readonly problems: readonly Problem[] }> {
  const there = await stat(path).catch((error: unknown) => {
    throw readFailure(path, error, "file or folder of detections");
  });
  if (!there.isDirectory()) return readCocoResults(await readAnnotationText(path), { file: path, truth });
  if (layout === undefined) throw new ArgumentError(`${path}: rows of text files need a layout: xywh, xyxy or cxcywh`);
  const known = truth.categories.map(({ name }) => name);
  const listed = names ?? known;
  const classes = listed.map((name) => known.indexOf(name));
  const problems: Problem[] = [];
  const images = await mapBounded(truth.images, CONCURRENCY, async (image): Promise<AnnotatedImage> => {
    const file = join(path, `${stem(image.file.slice(image.file.lastIndexOf("/") + 1))}.txt`);
    try {
      const { width, height } = image;
      const rows = readDetectionRows(await readText(file, "detections"), {
        file,
        layout,
        names: listed,
        width,
        height,
      });
      // Classes that the truth does not have are of no image.
      const annotations = rows
        .map((one) => ({ ...one, classId: classes[one.classId] }))
        .filter((one) => one.classId >= 0);
      return { ...image, annotations };
    } catch (error) {
      if (!(error instanceof FoveaError)) throw error;
      if (error.code !== "file_not_found") problems.push(problemOf(error));
      return { ...image, annotations: [] };
    }
  });
  return { set: { categories: truth.categories, images }, problems };
}
