/**
 * @file An image as it was measured, in 16 bits, with the window through which it is shown: what training keeps of a file that
 * holds more than it shows.
 */
import { BLACK, cutLevels, type LevelImage, stepsOf, WHITE } from "../imaging/grey-levels";
import { type ByteImage, type Image, image as makeImage } from "../imaging/image";
import { shiftedWindow, type WindowShift } from "../imaging/window-jitter";
import type { DataSet } from "./data-set";
import { displayLut } from "./display";
import { lookUp } from "./lookup-table";
import type { ImagePixel } from "./pixel-data";
import { modalityValues, readModalityLut } from "./rescale";
import type { StoredValues } from "./stored-values";
import { applyOpenWindow, leastWidth, type Window } from "./window";

/** How a value v is shown: slope (v + first) + intercept through the window, and turned over if inverted. */
export interface ValueDisplay {
  readonly first: number;
  readonly slope: number;
  readonly intercept: number;
  readonly window: Window;
  /** Low values are white (MONOCHROME1). */
  readonly inverted: boolean;
}

/** One channel of 16-bit values, and how they are shown. */
export interface MeasuredImage {
  readonly image: Image<Uint16Array>;
  readonly display: ValueDisplay;
}

/** How 16-bit pictures that are no DICOM files are shown: the byte b stands for the values 256 b to 256 b + 255. */
export const HIGH_BYTE: ValueDisplay = {
  first: 0,
  slope: 1,
  intercept: 0,
  // Level (v - 127.5) / 256 is within half a level of the byte.
  window: { center: 32767.5, width: 65280, voiLutFunction: "LINEAR_EXACT" },
  inverted: false,
};

/**
 * A monochrome frame as it was measured; `undefined` of any other.
 *
 * `shownLevels` of it, cut to bytes, are what `displayImage` gives. Where a VOI LUT applies, what it makes of the values is
 * kept, as its curve is no window; more than 16 bits are brought to 16.
 *
 * @param stored values of frame `frame`, with `pixel` describing them
 */
export function measuredImage(
  dataSet: DataSet,
  pixel: ImagePixel,
  stored: StoredValues,
  frame: number,
): MeasuredImage | undefined {
  const { rows, columns } = pixel;
  if (!isMonochrome(pixel)) return undefined;
  const inverted = pixel.photometricInterpretation === "MONOCHROME1";
  const lut = readModalityLut(dataSet, frame);
  const voiLut = displayLut(dataSet, pixel, frame, lut, () => modalityValues(stored, lut));
  const plain = { first: 0, slope: 1, intercept: 0, inverted };
  if (voiLut.kind === "table") {
    const data = new Uint16Array(stored.length);
    lookUp(modalityValues(stored, lut), voiLut.table, data);
    const width = 2 ** voiLut.table.bits - 1;
    const window: Window = { center: width / 2, width, voiLutFunction: "LINEAR_EXACT" };
    return { image: makeImage(columns, rows, 1, data), display: { ...plain, window } };
  }
  const { window } = voiLut;
  if (lut.kind === "table") {
    const data = new Uint16Array(stored.length);
    lookUp(stored, lut.table, data);
    return { image: makeImage(columns, rows, 1, data), display: { ...plain, window } };
  }
  const { data, first, step } = sixteenBits(stored);
  const display = { first: first / step, slope: lut.slope * step, intercept: lut.intercept, window, inverted };
  return { image: makeImage(columns, rows, 1, data), display };
}

export function isMonochrome({ photometricInterpretation }: ImagePixel): boolean {
  return photometricInterpretation === "MONOCHROME1" || photometricInterpretation === "MONOCHROME2";
}

/** Stored value = first + step * v, with a step of 1 unless the values span more than 16 bits. */
export function sixteenBits(stored: StoredValues): { data: Uint16Array; first: number; step: number } {
  if (stored instanceof Uint16Array) return { data: stored, first: 0, step: 1 };
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < stored.length; i++) {
    if (stored[i] < first) first = stored[i];
    if (stored[i] > last) last = stored[i];
  }
  const step = Math.max(1, (last - first) / 65535);
  const data = new Uint16Array(stored.length);
  for (let i = 0; i < stored.length; i++) data[i] = (stored[i] - first) / step + 0.5;
  return { data, first, step };
}

/**
 * The grey levels of an image through its window, not cut at black and white.
 *
 * @param shift moves the window
 */
export function shownLevels({ image, display }: MeasuredImage, shift?: WindowShift): LevelImage {
  const { first, slope, intercept, inverted } = display;
  const { width, height, data } = image;
  const window = shift ? movedWindow(display.window, shift) : display.window;
  const [least, greatest] = extent(data);
  const values = new Float32Array(greatest - least + 1);
  for (let i = 0; i < values.length; i++) values[i] = slope * (least + i + first) + intercept;
  const open = applyOpenWindow(values, window, new Float64Array(values.length));
  const table = new Uint16Array(open.length);
  for (let i = 0; i < table.length; i++) {
    const steps = stepsOf(open[i]);
    // Turned over after rounding, as the display does.
    table[i] = inverted ? Math.max(WHITE + BLACK - steps, 0) : steps;
  }
  const levels = new Uint16Array(data.length);
  for (let i = 0; i < data.length; i++) levels[i] = table[data[i] - least];
  return makeImage(width, height, 1, levels);
}

/** An image as it is shown, in bytes. */
export function shownBytes(source: ByteImage | MeasuredImage): ByteImage {
  return "display" in source ? cutLevels(shownLevels(source)) : source;
}

/** A moved window that is still one. */
function movedWindow(window: Window, shift: WindowShift): Window {
  const moved = shiftedWindow(window, shift);
  return { ...moved, width: Math.max(moved.width, leastWidth(window)) };
}

/** Least and greatest value: most images use a part of the 16 bits, and a table of that part is soon made. */
function extent(data: Uint16Array): [number, number] {
  let least = 65535;
  let greatest = 0;
  for (let i = 0; i < data.length; i++) {
    if (data[i] < least) least = data[i];
    if (data[i] > greatest) greatest = data[i];
  }
  return [least, greatest];
}
