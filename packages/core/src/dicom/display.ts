/**
 * @file A frame as it is shown: grey or colour, 8 bit (PS3.4 N.2, PS3.3 C.7.6.3.1.2).
 */
import { FoveaError } from "../errors";
import { type ByteImage, image } from "../imaging/image";
import type { DataSet } from "./data-set";
import { lookUp, readLookupTable } from "./lookup-table";
import type { ImagePixel } from "./pixel-data";
import { type ModalityLut, modalityValues, readModalityLut } from "./rescale";
import type { StoredValues } from "./stored-values";
import { applyWindow, automaticWindow, readVoiLut, type VoiLut, type Window } from "./window";

export interface DisplayOptions {
  /** Window in modality values, in place of the file's own. @default the file's, or one that fits its values */
  readonly window?: Window;
}

/**
 * The frame as a viewer shows it: Modality LUT, VOI LUT or window, palette; MONOCHROME1 inverted, so that 0 is black.
 *
 * @param stored values of frame `frame`, with `pixel` describing them
 * @throws {FoveaError} `unsupported_dicom` for a photometric interpretation that is not read
 */
export function displayImage(
  dataSet: DataSet,
  pixel: ImagePixel,
  stored: StoredValues,
  frame: number,
  { window }: DisplayOptions = {},
): ByteImage {
  const { rows, columns } = pixel;
  switch (pixel.photometricInterpretation) {
    case "MONOCHROME1":
    case "MONOCHROME2":
      return image(columns, rows, 1, greyLevels(dataSet, pixel, stored, frame, window));
    case "PALETTE COLOR":
      return image(columns, rows, 3, paletteColors(dataSet, stored));
    case "RGB":
      return image(columns, rows, 3, toBytes(stored, pixel));
    case "YBR_FULL":
    case "YBR_FULL_422":
      return image(columns, rows, 3, rgbFromYbr(toBytes(stored, pixel)));
    default: {
      const message = `${JSON.stringify(pixel.photometricInterpretation)} under ${dataSet.transferSyntax.name} is not read`;
      throw new FoveaError("unsupported_dicom", message, { file: dataSet.file, at: "PhotometricInterpretation" });
    }
  }
}

function greyLevels(
  dataSet: DataSet,
  pixel: ImagePixel,
  stored: StoredValues,
  frame: number,
  window: Window | undefined,
): Uint8Array {
  const modalityLut = readModalityLut(dataSet, frame);
  const values = modalityValues(stored, modalityLut);
  const out = new Uint8ClampedArray(values.length);
  const voiLut = window
    ? { kind: "window" as const, window }
    : displayLut(dataSet, pixel, frame, modalityLut, () => values);
  if (voiLut.kind === "table") lookUp(values, voiLut.table, out, { scale: 255 / (2 ** voiLut.table.bits - 1) });
  else applyWindow(values, voiLut.window, out);
  if (pixel.photometricInterpretation === "MONOCHROME1") {
    for (let i = 0; i < out.length; i++) out[i] = 255 - out[i];
  }
  return new Uint8Array(out.buffer);
}

/**
 * What a monochrome frame is shown through: its VOI LUT or window, else all that 8 bits can hold, else a window that fits its
 * values.
 *
 * @param values those of the modality; asked for if nothing else helps
 */
export function displayLut(
  dataSet: DataSet,
  pixel: ImagePixel,
  frame: number,
  modalityLut: ModalityLut,
  values: () => Float32Array,
): VoiLut {
  const own = readVoiLut(dataSet, frame);
  if (own) return own;
  const full = fullRange(pixel, modalityLut);
  if (full) return { kind: "window", window: full };
  return { kind: "window", window: automaticWindow(values(), { padding: readPadding(dataSet, modalityLut) }) };
}

/** Without a window, up to 8 bits are shown as they are: such files were made to be looked at, masks included. */
function fullRange({ bitsStored, signed }: ImagePixel, lut: ModalityLut): Window | undefined {
  if (bitsStored > 8 || signed || lut.kind === "table") return undefined;
  const width = 2 ** bitsStored - 1;
  return {
    center: lut.slope * (width / 2) + lut.intercept,
    width: Math.abs(lut.slope) * width,
    voiLutFunction: "LINEAR_EXACT",
  };
}

/** Values from `low` to `high`, both included. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Stored values outside the picture (PS3.3 C.7.5.1.1.2). */
export function paddingOf(dataSet: DataSet): Interval | undefined {
  const value = dataSet.number("PixelPaddingValue");
  if (value === undefined) return undefined;
  const limit = dataSet.number("PixelPaddingRangeLimit") ?? value;
  return { low: Math.min(value, limit), high: Math.max(value, limit) };
}

/** The same in modality values. */
function readPadding(dataSet: DataSet, lut: ModalityLut): Interval | undefined {
  const padding = paddingOf(dataSet);
  if (padding === undefined || lut.kind === "table") return undefined;
  const ends = [padding.low, padding.high].map((x) => lut.slope * x + lut.intercept);
  return { low: Math.min(...ends), high: Math.max(...ends) };
}

/** Red, green and blue of each stored value, 8 bit. */
export function paletteColors(dataSet: DataSet, stored: StoredValues): Uint8Array {
  const out = new Uint8ClampedArray(3 * stored.length);
  for (const [offset, color] of (["Red", "Green", "Blue"] as const).entries()) {
    const table = readLookupTable(
      dataSet,
      `${color}PaletteColorLookupTableDescriptor`,
      `${color}PaletteColorLookupTableData`,
    );
    lookUp(stored, table, out, { scale: 255 / (2 ** paletteBits(table) - 1), stride: 3, offset });
  }
  return new Uint8Array(out.buffer);
}

/** Some writers say 16 bits and store 8. */
function paletteBits({ bits, entries }: { bits: number; entries: Uint16Array }): number {
  return bits > 8 && entries.every((entry) => entry < 256) ? 8 : bits;
}

/** Colour of any depth as 8 bit. */
function toBytes(stored: StoredValues, { bitsStored }: ImagePixel): Uint8Array {
  if (stored instanceof Uint8Array && bitsStored === 8) return stored;
  const out = new Uint8ClampedArray(stored.length);
  const scale = 255 / (2 ** bitsStored - 1);
  for (let i = 0; i < stored.length; i++) out[i] = stored[i] * scale;
  return new Uint8Array(out.buffer);
}

/** ITU-R BT.601, full range, as PS3.3 C.7.6.3.1.2 gives it. */
export function rgbFromYbr(ybr: Uint8Array): Uint8Array {
  const out = new Uint8ClampedArray(ybr.length);
  for (let i = 0; i < ybr.length; i += 3) {
    const y = ybr[i];
    const cb = ybr[i + 1] - 128;
    const cr = ybr[i + 2] - 128;
    out[i] = y + 1.402 * cr;
    out[i + 1] = y - 0.344136 * cb - 0.714136 * cr;
    out[i + 2] = y + 1.772 * cb;
  }
  return new Uint8Array(out.buffer);
}
