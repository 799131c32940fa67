/**
 * @file How a file's pixels lie: the Image Pixel Module, read and checked (PS3.3 C.7.6.3).
 */
import { FoveaError } from "../errors";
import { tell } from "../reasons/tell";
import type { DataSet } from "./data-set";

/** The Image Pixel Module, checked. */
export interface ImagePixel {
  readonly rows: number;
  readonly columns: number;
  readonly samplesPerPixel: 1 | 3;
  readonly bitsAllocated: 1 | 8 | 16 | 32;
  readonly bitsStored: number;
  /** Bits below the stored ones: HighBit + 1 - BitsStored, 0 in today's files. */
  readonly lowBit: number;
  readonly signed: boolean;
  /** Red, green and blue each a plane of their own. */
  readonly planar: boolean;
  /** `MONOCHROME1`, `MONOCHROME2`, `PALETTE COLOR`, `RGB`, `YBR_FULL` ... */
  readonly photometricInterpretation: string;
  readonly frames: number;
}

/** A frame of more samples is refused before memory is asked for: 2^28 is a 16 k x 16 k picture. */
const MAX_SAMPLES = 2 ** 28;

/**
 * Read and check the Image Pixel Module.
 *
 * @throws {FoveaError} `unsupported_dicom` for an object without pixels or with a layout that is not read
 * @throws {FoveaError} `invalid_dicom` for an attribute that is missing or contradicts another
 */
export function readImagePixel(dataSet: DataSet): ImagePixel {
  if (!dataSet.has("PixelData") && dataSet.encapsulation("PixelData") === undefined) throw withoutPixels(dataSet);
  const bitsAllocated = dataSet.requiredNumber("BitsAllocated");
  const samplesPerPixel = dataSet.number("SamplesPerPixel") ?? 1;
  if (bitsAllocated !== 1 && bitsAllocated !== 8 && bitsAllocated !== 16 && bitsAllocated !== 32) {
    throw unsupported(dataSet, "BitsAllocated", `${bitsAllocated} bits per sample; 1, 8, 16 and 32 are read`);
  }
  if (samplesPerPixel !== 1 && samplesPerPixel !== 3) {
    throw unsupported(dataSet, "SamplesPerPixel", `${samplesPerPixel} samples per pixel; 1 and 3 are read`);
  }
  const bitsStored = dataSet.number("BitsStored") ?? bitsAllocated;
  const lowBit = (dataSet.number("HighBit") ?? bitsStored - 1) + 1 - bitsStored;
  if (!(bitsStored >= 1 && lowBit >= 0 && lowBit + bitsStored <= bitsAllocated)) {
    throw dataSet.error("BitsStored", `${bitsStored} bits from bit ${lowBit} do not fit in ${bitsAllocated}`);
  }
  const rows = dataSet.requiredNumber("Rows");
  const columns = dataSet.requiredNumber("Columns");
  if (rows < 1 || columns < 1) throw dataSet.error("Rows", `an image of ${columns} x ${rows} pixels`);
  if (rows * columns * samplesPerPixel > MAX_SAMPLES) {
    throw unsupported(
      dataSet,
      "Rows",
      `a frame of ${columns} x ${rows} pixels; at most ${MAX_SAMPLES} samples are read`,
    );
  }
  const pixel: ImagePixel = {
    rows,
    columns,
    samplesPerPixel,
    bitsAllocated,
    bitsStored,
    lowBit,
    signed: dataSet.number("PixelRepresentation") === 1,
    planar: samplesPerPixel === 3 && dataSet.number("PlanarConfiguration") === 1,
    photometricInterpretation: dataSet.text("PhotometricInterpretation") ?? "MONOCHROME2",
    frames: 1,
  };
  const counted = { ...pixel, frames: frameCount(dataSet, pixel) };
  checkFrameCount(dataSet, counted);
  return counted;
}

/** Frames that the file says it has; where that is no number, those that uncompressed pixels have room for. */
function frameCount(dataSet: DataSet, pixel: ImagePixel): number {
  try {
    return Math.max(1, dataSet.number("NumberOfFrames") ?? 1);
  } catch (error) {
    const held = dataSet.transferSyntax.codec === "native" ? heldFrames(dataSet, pixel) : undefined;
    if (!(error instanceof FoveaError && held)) throw error;
    const written = JSON.stringify(dataSet.text("NumberOfFrames"));
    dataSet.warn(tell("frameCount", { written, held }));
    return held;
  }
}

/** A count of frames is believed as far as the file can hold so many: who reads them all must come to an end. */
function checkFrameCount(dataSet: DataSet, pixel: ImagePixel): void {
  const { frames } = pixel;
  if (!Number.isInteger(frames)) throw dataSet.error("NumberOfFrames", `${frames}, expected a whole number`);
  const held = heldFrames(dataSet, pixel);
  if (frames > 1 && held !== undefined && frames > held) {
    const message = `${frames} frames, of which PixelData holds ${held}; the file is cut short or damaged`;
    throw dataSet.error("NumberOfFrames", message);
  }
}

/** Frames that the pixel data have room for; undefined where that is not to be said without decoding. */
function heldFrames(dataSet: DataSet, pixel: ImagePixel): number | undefined {
  const { codec } = dataSet.transferSyntax;
  if (codec === "unsupported") return undefined;
  if (codec !== "native") return dataSet.encapsulation("PixelData")?.fragments.length;
  const bytes = dataSet.bytes("PixelData");
  return bytes && Math.floor((8 * bytes.length) / (sampleCount(pixel) * pixel.bitsAllocated));
}

/** Samples of a frame as the file stores them. */
export function sampleCount(pixel: ImagePixel): number {
  return pixel.rows * pixel.columns * (isSubsampled(pixel) ? 2 : pixel.samplesPerPixel);
}

/** Whether two pixels share their colour. */
export function isSubsampled({ photometricInterpretation }: ImagePixel): boolean {
  return photometricInterpretation === "YBR_FULL_422" || photometricInterpretation === "YBR_PARTIAL_422";
}

function withoutPixels(dataSet: DataSet): FoveaError {
  const sopClass = dataSet.text("SOPClassUID") ?? dataSet.text("MediaStorageSOPClassUID") ?? "unknown";
  const float = dataSet.has("FloatPixelData") || dataSet.has("DoubleFloatPixelData");
  const what = float ? "floating-point pixels, which are not read" : "no pixels, so it is no image";
  return unsupported(dataSet, "PixelData", `holds ${what} (SOP class ${sopClass})`);
}

function unsupported(dataSet: DataSet, at: string, message: string): FoveaError {
  return new FoveaError("unsupported_dicom", message, { file: dataSet.file, at });
}
