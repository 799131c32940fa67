/**
 * @file Label files of the YOLO family: one text file beside each image, one row per lesion.
 *
 * A row is `class cx cy w h` (a box) or `class x1 y1 x2 y2 x3 y3 ...` (an outline of at least three points), all
 * fractions of the image's sides, parted by blanks. Both kinds may stand in one file; the box of an outline is the
 * smallest around its points. An empty file says that nothing is there.
 */
import { FoveaError } from "../errors";
import { boundsOf } from "../geometry/polygon";
import type { Label, Problem } from "./sample";

export interface YoloLabelOptions {
  /** Number of classes. */
  readonly nc: number;
  /** What errors call the file. */
  readonly file: string;
}

/** Numbers printed with six digits may pass 1 by this much; they are cut to 1. */
const SLACK = 1e-6;

/** A number as label files write it. */
export const YOLO_NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * Labels of one file, in the file's order. Rows that say the same as an earlier one are removed, boxes without width
 * or height left out; each gives a warning.
 *
 * @throws {FoveaError} `invalid_label` with the line, if a row has a wrong number of columns, something else than
 * numbers, a coordinate outside [0, 1] or a class that does not exist
 */
export function parseYoloLabels(
  text: string,
  { nc, file }: YoloLabelOptions,
): { readonly labels: readonly Label[]; readonly problems: readonly Problem[] } {
  const labels: Label[] = [];
  const problems: Problem[] = [];
  const firstLine = new Map<string, number>();
  const duplicates: number[] = [];
  for (const [index, raw] of text
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\n|\r/)
    .entries()) {
    const row = raw.trim();
    if (row === "") continue;
    const at = `line ${index + 1}`;
    const label = parseRow(row, nc, { file, at });
    const key = rowKey(label);
    if (firstLine.has(key)) {
      duplicates.push(index + 1);
      continue;
    }
    firstLine.set(key, index + 1);
    if (label.w > 0 && label.h > 0) labels.push(label);
    else problems.push(warning(file, at, `box of width ${label.w} and height ${label.h}, left out`));
  }
  if (duplicates.length > 0) {
    const lines = `line${duplicates.length > 1 ? "s" : ""} ${duplicates.slice(0, 5).join(", ")}`;
    const more = duplicates.length > 5 ? " ..." : "";
    problems.push(warning(file, lines + more, `${duplicates.length} repeated of an earlier row, left out`));
  }
  return { labels, problems };
}

function warning(file: string, at: string, message: string): Problem {
  return { severity: "warning", code: "invalid_label", file, at, message };
}

/** Equal for rows that mean the same, however their numbers are written. */
function rowKey({ classId, cx, cy, w, h, polygon }: Label): string {
  return polygon ? `${classId} ${polygon.join(" ")}` : `${classId} ${cx} ${cy} ${w} ${h}`;
}

function parseRow(row: string, nc: number, place: { readonly file: string; readonly at: string }): Label {
  const fail = (message: string): FoveaError => new FoveaError("invalid_label", message, place);
  const columns = row.split(/\s+/);
  const isBox = columns.length === 5;
  if (!isBox && (columns.length < 7 || columns.length % 2 === 0)) {
    throw fail(
      `${columns.length} columns; expected 5 (class cx cy w h) or, for an outline, 7, 9, 11 ... (class x1 y1 x2 y2 ...)`,
    );
  }
  const values = columns.map((column) => {
    if (!YOLO_NUMBER.test(column)) throw fail(`"${column.slice(0, 40)}" is not a number`);
    return Number(column);
  });
  const classId = values[0];
  if (!Number.isInteger(classId) || classId < 0 || classId >= nc) {
    throw fail(`class ${columns[0]}; the data set has ${nc} classes, 0 to ${nc - 1}`);
  }
  for (let i = 1; i < values.length; i++) {
    if (values[i] >= 0 && values[i] <= 1 + SLACK) continue;
    throw fail(`coordinate ${columns[i]} in column ${i + 1}; expected a fraction of the image's side, 0 to 1`);
  }
  const points = values.slice(1).map((value) => Math.min(value, 1));
  if (isBox) {
    const [cx, cy, w, h] = points;
    return { classId, cx, cy, w, h };
  }
  const polygon = Float32Array.from(points);
  const { x1, y1, x2, y2 } = boundsOf(polygon);
  return { classId, cx: (x1 + x2) / 2, cy: (y1 + y2) / 2, w: x2 - x1, h: y2 - y1, polygon };
}
