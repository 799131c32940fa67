/**
 * @file Label files of the YOLO family, in full: rows `class cx cy w h` (a box) or `class x1 y1 x2 y2 x3 y3 ...` (an
 * outline), fractions of the image's sides; a further number at the end of a row is the confidence of a detection.
 *
 * Boxes without width and boxes beyond their image are kept as they are. The box of an outline is the smallest around it.
 */
import { FoveaError, type Place } from "../../errors";
import { boundsOf } from "../../geometry/polygon";
import type { Annotation } from "../annotation-set";
import { YOLO_NUMBER } from "../yolo-labels";

export interface YoloImage {
  /** What errors call the label file. */
  readonly file: string;
  /** Number of classes. */
  readonly nc: number;
  /** Pixels of the image. */
  readonly width: number;
  readonly height: number;
}

/**
 * Annotations of one label file, in its order.
 *
 * @throws {FoveaError} `invalid_label` with the line, if a row has a wrong number of columns, something else than
 * numbers, or a class that does not exist
 */
export function readYoloLabels(text: string, { file, nc, width, height }: YoloImage): Annotation[] {
  const annotations: Annotation[] = [];
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  for (const [index, line] of lines.entries()) {
    const row = line.trim();
    if (row !== "") annotations.push(readRow(row, { file, nc, width, height }, `line ${index + 1}`));
  }
  return annotations;
}

function readRow(row: string, { file, nc, width, height }: YoloImage, at: string): Annotation {
  const [classId, ...rest] = yoloNumbers(row, nc, { file, at });
  const score = rest.length % 2 === 1 ? { score: rest[rest.length - 1] } : undefined;
  const values = score ? rest.slice(0, -1) : rest;
  if (values.length === 4) {
    const [cx, cy, w, h] = values;
    const box = {
      x1: (cx - w / 2) * width,
      y1: (cy - h / 2) * height,
      x2: (cx + w / 2) * width,
      y2: (cy + h / 2) * height,
    };
    return { classId, box, ...score };
  }
  const outline = values.map((value, i) => value * (i % 2 === 0 ? width : height));
  return { classId, box: boundsOf(outline), segmentation: [outline], ...score };
}

/**
 * The numbers of a row, the first one a class.
 *
 * @throws {FoveaError} `invalid_label`
 */
function yoloNumbers(row: string, nc: number, place: Place): number[] {
  const fail = (message: string): FoveaError => new FoveaError("invalid_label", message, place);
  const columns = row.split(/\s+/);
  if (columns.length < 5) {
    throw fail(
      `${columns.length} columns; expected 5 (class cx cy w h) or, for an outline, 7, 9, 11 ... (class x1 y1 ...)`,
    );
  }
  const values = columns.map((column) => {
    if (!YOLO_NUMBER.test(column)) throw fail(`"${column.slice(0, 40)}" is not a number`);
    const value = Number(column);
    if (!Number.isFinite(value)) throw fail(`"${column.slice(0, 40)}" is beyond all numbers`);
    return value;
  });
  if (!Number.isInteger(values[0]) || values[0] < 0 || values[0] >= nc) {
    throw fail(`class ${columns[0]}; the data set has ${nc} classes, 0 to ${nc - 1}`);
  }
  return values;
}
