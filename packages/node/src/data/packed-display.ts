/**
 * @file How values are shown, as a row of numbers: what the caches keep beside them.
 */
import type { ValueDisplay } from "@fovea/core/dicom/measured-image";
import type { VoiLutFunction } from "@fovea/core/dicom/window";

/** The row's length. */
export const DISPLAY_NUMBERS = 7;

/** By their number in the row. */
const FUNCTIONS: readonly VoiLutFunction[] = ["LINEAR", "LINEAR_EXACT", "SIGMOID"];

/** First, slope, intercept, centre, width, number of the VOI LUT function, 1 if inverted. */
export function packDisplay({ first, slope, intercept, window, inverted }: ValueDisplay): Float64Array {
  const voiLutFunction = FUNCTIONS.indexOf(window.voiLutFunction ?? "LINEAR");
  return Float64Array.of(first, slope, intercept, window.center, window.width, voiLutFunction, inverted ? 1 : 0);
}

/** @param row as `packDisplay` gives it */
export function unpackDisplay(row: Float64Array): ValueDisplay {
  const [first, slope, intercept, center, width, voiLutFunction, inverted] = row;
  const window = { center, width, voiLutFunction: FUNCTIONS[voiLutFunction] };
  return { first, slope, intercept, window, inverted: inverted === 1 };
}
