/**
 * @file Modality values to shades of grey (PS3.3 C.11.2.1.2 and C.11.2.1.3).
 */
import { ArgumentError, ShapeError } from "../errors";
import type { DataSet } from "./data-set";
import { frameItem } from "./functional-group";
import { type LookupTable, readLookupTable } from "./lookup-table";

/** PS3.3 C.11.2.1.3. */
export type VoiLutFunction = "LINEAR" | "LINEAR_EXACT" | "SIGMOID";

/** Center and width in modality values (Hounsfield units for CT). */
export interface Window {
  readonly center: number;
  readonly width: number;
  /** @default "LINEAR" */
  readonly voiLutFunction?: VoiLutFunction;
}

/** How a file wants to be shown. */
export type VoiLut =
  | { readonly kind: "window"; readonly window: Window }
  | { readonly kind: "table"; readonly table: LookupTable };

/**
 * Map `values` through `window` into 0...255, writing to `out`.
 *
 * @param values modality values, any length
 * @param out same length; may be reused from slice to slice
 * @returns `out`
 * @throws {ShapeError} if the lengths differ
 * @throws {ArgumentError} if the width is too small for the function
 */
export function applyWindow(
  values: Int16Array | Float32Array,
  window: Window,
  out: Uint8ClampedArray,
): Uint8ClampedArray {
  const { center, width, voiLutFunction = "LINEAR" } = window;
  if (out.length !== values.length) {
    throw new ShapeError(`applyWindow: ${values.length} values, room for ${out.length}`);
  }
  const minWidth = leastWidth(window);
  if (!(width >= minWidth)) {
    throw new ArgumentError(`applyWindow: ${voiLutFunction} needs width >= ${minWidth}, got ${width}`);
  }

  if (voiLutFunction === "SIGMOID") {
    const k = -4 / width;
    for (let i = 0; i < values.length; i++) out[i] = 255 / (1 + Math.exp(k * (values[i] - center)));
    return out;
  }

  const { low, high, w } = linearEnds(window);
  for (let i = 0; i < values.length; i++) {
    const x = values[i];
    out[i] = x <= low ? 0 : x > high ? 255 : (255 * (x - low)) / w;
  }
  return out;
}

/**
 * The same without an end at black and white: grey levels below 0 and above 255 for what lies outside of the window. Written to
 * `out`, which is as long as `values`.
 */
export function applyOpenWindow(values: Float32Array, window: Window, out: Float64Array): Float64Array {
  const { center, width, voiLutFunction } = window;
  if (voiLutFunction === "SIGMOID") {
    const k = -4 / width;
    for (let i = 0; i < values.length; i++) out[i] = 255 / (1 + Math.exp(k * (values[i] - center)));
    return out;
  }
  const { low, w } = linearEnds(window);
  // A LINEAR window of width 1 is a step.
  if (w === 0) for (let i = 0; i < values.length; i++) out[i] = (values[i] > low ? 1 : -1) * Number.POSITIVE_INFINITY;
  else for (let i = 0; i < values.length; i++) out[i] = (255 * (values[i] - low)) / w;
  return out;
}

/** The least width that a window of a function can have. */
export function leastWidth({ voiLutFunction = "LINEAR" }: Pick<Window, "voiLutFunction">): number {
  return voiLutFunction === "LINEAR" ? 1 : Number.MIN_VALUE;
}

/** LINEAR is LINEAR_EXACT moved by half a value and one value narrower (PS3.3 C.11.2.1.2.1). */
function linearEnds({ center, width, voiLutFunction = "LINEAR" }: Window) {
  const [c, w] = voiLutFunction === "LINEAR" ? [center - 0.5, width - 1] : [center, width];
  return { low: c - w / 2, high: c + w / 2, w };
}

/**
 * The first VOI LUT or window the file gives for a frame counted from 0; undefined where it gives none that is usable.
 *
 * A table comes first, as PS3.3 C.11.2.1.1 lets a viewer choose and vendors of radiographs mean the table.
 */
export function readVoiLut(dataSet: DataSet, frame: number): VoiLut | undefined {
  const item = dataSet.items("VOILUTSequence").at(0);
  if (item) return { kind: "table", table: readLookupTable(item, "LUTDescriptor", "LUTData") };
  const group = frameItem(dataSet, frame, "FrameVOILUTSequence");
  const center = group.number("WindowCenter");
  const width = group.number("WindowWidth");
  const voiLutFunction = readFunction(group);
  if (center === undefined || width === undefined || !(width >= leastWidth({ voiLutFunction }))) return undefined;
  return { kind: "window", window: { center, width, voiLutFunction } };
}

export interface AutomaticWindowOptions {
  /** Share of the values left out at each end, in [0, .5). @default 0.005 */
  readonly tail?: number;
  /** Values from `low` to `high` are no tissue and do not count (PixelPaddingValue). */
  readonly padding?: { readonly low: number; readonly high: number };
}

/** Bins of the histogram behind the percentiles: as many as there are 16-bit values. */
const BINS = 65536;

/**
 * A window from one percentile of the values to another, for files that give none.
 *
 * Values that are not finite do not count; an image of one value gets a window around it.
 */
export function automaticWindow(
  values: Float32Array,
  { tail = 0.005, padding = { low: 1, high: 0 } }: AutomaticWindowOptions = {},
): Window {
  const counts = (x: number) => Number.isFinite(x) && !(x >= padding.low && x <= padding.high);
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let total = 0;
  for (let i = 0; i < values.length; i++) {
    const x = values[i];
    if (!counts(x)) continue;
    if (x < min) min = x;
    if (x > max) max = x;
    total++;
  }
  if (total === 0 || min === max) {
    return { center: total === 0 ? 0 : min, width: 1, voiLutFunction: "LINEAR_EXACT" };
  }

  const histogram = new Uint32Array(BINS);
  const scale = (BINS - 1) / (max - min);
  for (let i = 0; i < values.length; i++) {
    if (counts(values[i])) histogram[Math.round((values[i] - min) * scale)]++;
  }
  const cut = Math.floor(tail * total);
  let first = 0;
  for (let below = histogram[0]; below <= cut; below += histogram[first]) first++;
  let last = BINS - 1;
  for (let above = histogram[last]; above <= cut; above += histogram[last]) last--;
  // So many equal values that both ends meet: fall back on the whole range.
  if (last <= first) [first, last] = [0, BINS - 1];
  const low = min + first / scale;
  const high = min + last / scale;
  return { center: (low + high) / 2, width: high - low, voiLutFunction: "LINEAR_EXACT" };
}

function readFunction(dataSet: DataSet): VoiLutFunction {
  const name = dataSet.text("VOILUTFunction");
  return name === "LINEAR_EXACT" || name === "SIGMOID" ? name : "LINEAR";
}
