/**
 * @file A frame as a file of pixels that others read: shades of 8 or 16 bits through windows, or what was measured.
 *
 * What was measured goes into 16 bits so that it comes back exactly: pixel = stored value - least value that the file's bits
 * can hold. Every slice of a series has the same offset therefore, and `value = slope x pixel + intercept`, both kept beside
 * the picture, gives Hounsfield units or whatever the modality's unit is (PS3.3 C.11.1).
 */
import { ArgumentError } from "../errors";
import type { DataSet } from "./data-set";
import { displayImage, displayLut, paddingOf } from "./display";
import { frameItem } from "./functional-group";
import { greyShades, storedExtent } from "./grey-table";
import { lookUp } from "./lookup-table";
import { isMonochrome } from "./measured-image";
import type { ImagePixel } from "./pixel-data";
import { type ModalityLut, modalityValues, readModalityLut } from "./rescale";
import type { StoredValues } from "./stored-values";
import { automaticWindow, readVoiLut, type VoiLut, type Window } from "./window";
import type { WindowChoice } from "./window-preset";

/** Bits of a value in the picture; "float" is float32. */
export type PictureDepth = 8 | 16 | "float";

export interface PictureOptions {
  /** One channel each; "values" leaves out every window and keeps what was measured, which 8 bits cannot. */
  readonly windows: readonly WindowChoice[] | "values";
  readonly depth: PictureDepth;
}

/** A window through which a channel is shown, and where it came from. */
export interface UsedWindow {
  /** `file`: its window; `file's VOI LUT`: a table; `fitted`: it has none; else a preset's name, `percentile` or `given`. */
  readonly from: string;
  /** Absent of a table. */
  readonly window?: Window;
}

/** Pixels of a frame, channels side by side. */
export interface FramePicture {
  readonly width: number;
  readonly height: number;
  /** 1 or one for each window; 3 in colour. */
  readonly channels: number;
  readonly depth: PictureDepth;
  readonly data: Uint8Array | Uint16Array | Float32Array;
  /** Of each channel; empty of colour and of measured values. */
  readonly windows: readonly UsedWindow[];
  /** Low values are white in the file (MONOCHROME1); pictures through a window are turned over, measured values are not. */
  readonly inverted: boolean;
  /** What was measured is slope x pixel + intercept. Of measured values only. */
  readonly valueOfPixel?: PixelMeaning;
}

export interface PixelMeaning {
  readonly slope: number;
  readonly intercept: number;
  /** `HU`, or as RescaleType has it; absent where the file does not say. */
  readonly unit?: string;
  /** Whether the stored values come back to the last bit. */
  readonly exact: boolean;
}

/**
 * A frame as a picture. Colour is the file's own, 8 bit (float32 of 0...255 under "float"), whatever windows are asked for.
 *
 * Through a window float32 runs from 0, black, to 1, white.
 *
 * @param stored values of frame `frame`, with `pixel` describing them
 * @throws {ArgumentError} for a preset, which is in Hounsfield units, on anything but CT; for values in 8 bits
 * @throws {FoveaError} as `displayImage`
 */
export function framePicture(
  dataSet: DataSet,
  pixel: ImagePixel,
  stored: StoredValues,
  frame: number,
  { windows, depth }: PictureOptions,
): FramePicture {
  const size = { width: pixel.columns, height: pixel.rows };
  if (!isMonochrome(pixel)) {
    const { data } = displayImage(dataSet, pixel, stored, frame);
    const kept = depth === "float" ? Float32Array.from(data) : data;
    return { ...size, channels: 3, depth: depth === "float" ? depth : 8, data: kept, windows: [], inverted: false };
  }
  const inverted = pixel.photometricInterpretation === "MONOCHROME1";
  const modalityLut = readModalityLut(dataSet, frame);
  if (windows === "values") {
    const measured = measuredValues(stored, pixel, modalityLut, depth);
    const unit = unitOf(dataSet, frame);
    const valueOfPixel = { ...measured.valueOfPixel, ...(unit !== undefined && { unit }) };
    return { ...size, channels: 1, depth, data: measured.data, windows: [], inverted, valueOfPixel };
  }

  const white = depth === 8 ? 255 : 65535;
  const used: UsedWindow[] = [];
  const planes = windows.map((choice) => {
    const { voiLut, from } = chosenLut(choice, { dataSet, pixel, stored, frame, modalityLut });
    used.push({ from, ...(voiLut.kind === "window" && { window: voiLut.window }) });
    return greyShades(stored, { modalityLut, voiLut, inverted, white });
  });
  const data = depth === "float" ? sharesOf(sideBySide(planes), white) : sideBySide(planes);
  return { ...size, channels: planes.length, depth, data, windows: used, inverted };
}

interface FrameContext {
  readonly dataSet: DataSet;
  readonly pixel: ImagePixel;
  readonly stored: StoredValues;
  readonly frame: number;
  readonly modalityLut: ModalityLut;
}

/** What a choice comes to for one frame, and its name in the record. */
function chosenLut(choice: WindowChoice, context: FrameContext): { voiLut: VoiLut; from: string } {
  const { dataSet, pixel, stored, frame, modalityLut } = context;
  switch (choice.kind) {
    case "auto": {
      const own = readVoiLut(dataSet, frame);
      if (own) return { voiLut: own, from: own.kind === "table" ? "file's VOI LUT" : "file" };
      const voiLut = displayLut(dataSet, pixel, frame, modalityLut, () => modalityValues(stored, modalityLut));
      return { voiLut, from: "fitted" };
    }
    case "percentile": {
      const values = withoutPadding(stored, paddingOf(dataSet));
      const window = automaticWindow(modalityValues(values, modalityLut), { tail: choice.tail / 100 });
      return { voiLut: { kind: "window", window }, from: "percentile" };
    }
    case "window": {
      if (choice.name !== undefined && !isCt(dataSet, frame)) throw notCt(dataSet, choice.name);
      return { voiLut: { kind: "window", window: choice.window }, from: choice.name ?? "given" };
    }
  }
}

/** CT, or anything that says it is in Hounsfield units. A file that does not tell its modality is believed. */
function isCt(dataSet: DataSet, frame: number): boolean {
  return (dataSet.text("Modality") ?? "CT") === "CT" || unitOf(dataSet, frame) === "HU";
}

function notCt(dataSet: DataSet, name: string): ArgumentError {
  const message = `the window ${name} is in Hounsfield units, which ${JSON.stringify(dataSet.text("Modality"))} does not measure; take auto, percentile, or centre and width`;
  return new ArgumentError(message, { file: dataSet.file });
}

/** Unit of modality values (PS3.3 C.11.1.1.2): CT is in Hounsfield units where it says nothing. */
function unitOf(dataSet: DataSet, frame: number): string | undefined {
  const type = rescaleTypeOf(dataSet, frame);
  if (type !== undefined) return type;
  return dataSet.text("Modality") === "CT" && dataSet.has("RescaleSlope") ? "HU" : undefined;
}

function rescaleTypeOf(dataSet: DataSet, frame: number): string | undefined {
  return frameItem(dataSet, frame, "PixelValueTransformationSequence").text("RescaleType");
}

function withoutPadding(
  stored: StoredValues,
  padding: { readonly low: number; readonly high: number } | undefined,
): StoredValues {
  if (padding === undefined) return stored;
  const kept = stored.slice();
  let count = 0;
  for (let i = 0; i < stored.length; i++) {
    if (stored[i] < padding.low || stored[i] > padding.high) kept[count++] = stored[i];
  }
  return count > 0 ? kept.subarray(0, count) : stored;
}

interface Measured {
  readonly data: Uint16Array | Float32Array;
  readonly valueOfPixel: PixelMeaning;
}

function measuredValues(stored: StoredValues, pixel: ImagePixel, lut: ModalityLut, depth: PictureDepth): Measured {
  if (depth === 8) throw new ArgumentError("measured values do not fit in 8 bits; take --depth 16, or a window");
  if (depth === "float") {
    const exact = pixel.bitsStored <= 24;
    return { data: modalityValues(stored, lut), valueOfPixel: { slope: 1, intercept: 0, exact } };
  }
  if (lut.kind === "table") {
    const data = new Uint16Array(stored.length);
    lookUp(stored, lut.table, data);
    return { data, valueOfPixel: { slope: 1, intercept: 0, exact: true } };
  }
  const { first, step } = sixteenBitRange(stored, pixel);
  const data = new Uint16Array(stored.length);
  for (let i = 0; i < data.length; i++) data[i] = Math.round((stored[i] - first) / step);
  const { slope, intercept } = lut;
  return {
    data,
    valueOfPixel: { slope: slope * step, intercept: slope * first + intercept, exact: step === 1 },
  };
}

/** Stored value = first + step x pixel. By what the bits can hold, not by what this frame holds, so that slices agree. */
function sixteenBitRange(stored: StoredValues, { bitsStored, signed }: ImagePixel): { first: number; step: number } {
  if (bitsStored <= 16) return { first: signed ? -(2 ** (bitsStored - 1)) : 0, step: 1 };
  const [least, greatest] = storedExtent(stored);
  return { first: least, step: Math.max(1, (greatest - least) / 65535) };
}

/** Values of several planes, those of a pixel side by side. */
function sideBySide(planes: readonly (Uint8Array | Uint16Array)[]): Uint8Array | Uint16Array {
  if (planes.length === 1) return planes[0];
  const count = planes.length;
  const size = planes[0].length * count;
  const out = planes[0] instanceof Uint8Array ? new Uint8Array(size) : new Uint16Array(size);
  for (const [c, plane] of planes.entries()) {
    for (let i = 0, at = c; i < plane.length; i++, at += count) out[at] = plane[i];
  }
  return out;
}

function sharesOf(shades: Uint8Array | Uint16Array, white: number): Float32Array {
  const out = new Float32Array(shades.length);
  for (let i = 0; i < out.length; i++) out[i] = shades[i] / white;
  return out;
}
