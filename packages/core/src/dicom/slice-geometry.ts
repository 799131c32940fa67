/**
 * @file Where a frame lies in the patient (PS3.3 C.7.6.2.1.1; C.7.6.16.2.3 and C.7.6.16.2.4 of enhanced objects).
 *
 * Patient coordinates are millimetres: x to the patient's left, y to the back, z to the head (LPS). The position is that of
 * the centre of the first pixel.
 */
import type { DataSet } from "./data-set";
import { frameItem } from "./functional-group";

/** x, y, z. */
export type Vector = readonly [number, number, number];

export interface SliceGeometry {
  /** Of the first pixel's centre, mm; undefined where the file gives none. */
  readonly positionMm?: Vector;
  /** Unit vectors along a row (from column to column) and along a column (from row to row). */
  readonly rowDirection?: Vector;
  readonly columnDirection?: Vector;
}

/** Lengths of the directions, and their product, may be off by this: files write some digits only. */
const TOLERANCE = 1e-3;

/** What the file says of a frame, counted from 0; directions that are no right angle are left out. */
export function readSliceGeometry(dataSet: DataSet, frame: number): SliceGeometry {
  const position = vectorOf(frameItem(dataSet, frame, "PlanePositionSequence").numbers("ImagePositionPatient"));
  const cosines = frameItem(dataSet, frame, "PlaneOrientationSequence").numbers("ImageOrientationPatient");
  const row = vectorOf(cosines.slice(0, 3));
  const column = vectorOf(cosines.slice(3, 6));
  const usable =
    row !== undefined &&
    column !== undefined &&
    Math.abs(dot(row, row) - 1) < TOLERANCE &&
    Math.abs(dot(column, column) - 1) < TOLERANCE &&
    Math.abs(dot(row, column)) < TOLERANCE;
  return {
    ...(position && { positionMm: position }),
    ...(usable && { rowDirection: row, columnDirection: column }),
  };
}

export function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/** Right-handed: rows to the left and columns to the back give a normal to the head. */
export function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

/** a + t b. */
export function along(a: Vector, b: Vector, t: number): Vector {
  return [a[0] + t * b[0], a[1] + t * b[1], a[2] + t * b[2]];
}

function vectorOf(numbers: readonly number[]): Vector | undefined {
  return numbers.length === 3 ? [numbers[0], numbers[1], numbers[2]] : undefined;
}
