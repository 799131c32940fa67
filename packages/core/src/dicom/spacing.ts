/**
 * @file Distance between pixels, and what it was measured on (PS3.3 10.7, C.8.11.2 and C.8.11.7).
 */
import type { DataSet } from "./data-set";
import { frameItem } from "./functional-group";

/**
 * Which attribute the distances come from: in the patient (PixelSpacing of CT and MR, or calibrated in a radiograph), at
 * the detector's front plane (ImagerPixelSpacing: a lesion is smaller than it measures there), or on the scanned film.
 */
export type SpacingSource = "PixelSpacing" | "ImagerPixelSpacing" | "NominalScannedPixelSpacing";

/** Millimetres between the centres of neighbouring rows and of neighbouring columns. */
export interface Spacing {
  readonly row: number;
  readonly column: number;
  readonly source: SpacingSource;
}

const SOURCES: readonly SpacingSource[] = ["PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing"];

/**
 * The first of PixelSpacing, ImagerPixelSpacing and NominalScannedPixelSpacing that holds two positive numbers.
 *
 * A PixelSpacing that equals ImagerPixelSpacing was not corrected for magnification (PS3.3 10.7.1.3), as most radiographs have
 * it: then it is the detector's.
 *
 * Undefined where none does: a size in millimetres is then not to be had, and none is made up.
 */
export function readSpacing(dataSet: DataSet, frame: number): Spacing | undefined {
  for (const source of SOURCES) {
    const item = source === "PixelSpacing" ? frameItem(dataSet, frame, "PixelMeasuresSequence") : dataSet;
    const [row, column] = item.numbers(source);
    if (!(row > 0 && column > 0)) continue;
    const [imagerRow, imagerColumn] = dataSet.numbers("ImagerPixelSpacing");
    const isDetectors = source === "PixelSpacing" && row === imagerRow && column === imagerColumn;
    return { row, column, source: isDetectors ? "ImagerPixelSpacing" : source };
  }
  return undefined;
}
