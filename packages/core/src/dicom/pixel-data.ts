/**
 * @file Stored pixel values of one frame (PS3.3 C.7.6.3, PS3.5 section 8 and annex A).
 *
 * Stored values are what the file holds, before rescale, window and palette: rows from top to bottom, samples of a pixel
 * beside one another whatever PlanarConfiguration says.
 */
import { ArgumentError, FoveaError } from "../errors";
import type { DataSet } from "./data-set";

/** One frame, rows x columns x samples, in the narrowest type that holds BitsStored. */
export type StoredValues = Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array;

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
    frames: Math.max(1, dataSet.number("NumberOfFrames") ?? 1),
  };
  checkFrameCount(dataSet, pixel);
  return pixel;
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

/**
 * Stored values of an uncompressed frame, counted from 0.
 *
 * @throws {ArgumentError} if there is no such frame
 * @throws {FoveaError} `invalid_dicom` if the pixel data are too short
 */
export function nativeFrame(dataSet: DataSet, pixel: ImagePixel, frame: number): StoredValues {
  checkFrame(dataSet, pixel, frame);
  let bytes = dataSet.bytes("PixelData");
  if (bytes === undefined) {
    throw dataSet.error("PixelData", `compressed frames under ${dataSet.transferSyntax.name}, which has none`);
  }
  const bits = sampleCount(pixel) * pixel.bitsAllocated;
  const needed = Math.ceil(((frame + 1) * bits) / 8);
  if (bytes.length < needed) {
    throw dataSet.error("PixelData", `${bytes.length} bytes, frame ${frame} ends at ${needed}; the file is cut short`);
  }
  const { bigEndian } = dataSet.transferSyntax;
  // PS3.5 8.2: words of an OW are swapped even where they hold two 8-bit samples, or 16 of one bit.
  if (bigEndian && pixel.bitsAllocated <= 8 && dataSet.vr("PixelData") === "OW") bytes = swappedWords(bytes);
  if (pixel.bitsAllocated === 1) return unpackBits(bytes, frame * bits, bits);
  const frameBytes = bytes.subarray((frame * bits) / 8, needed);
  return storedValues(frameBytes, pixel, { bigEndian });
}

/**
 * The compressed bytes of a frame, counted from 0: one fragment, or several joined.
 *
 * Fragments belong to a frame by the basic offset table; without one by their number, or by where a JPEG stream begins.
 *
 * @throws {ArgumentError} if there is no such frame
 * @throws {FoveaError} `invalid_dicom` if there are no fragments, or no telling which belong to the frame
 */
export function encapsulatedFrame(dataSet: DataSet, pixel: ImagePixel, frame: number): Uint8Array {
  checkFrame(dataSet, pixel, frame);
  const encapsulation = dataSet.encapsulation("PixelData");
  if (encapsulation === undefined || encapsulation.fragments.length === 0) {
    throw dataSet.error("PixelData", `no compressed frames under ${dataSet.transferSyntax.name}`);
  }
  const { offsets, fragments } = encapsulation;
  if (pixel.frames === 1) return joined(fragments.map(({ bytes }) => bytes));
  if (fragments.length === pixel.frames) return fragments[frame].bytes;
  let starts = offsets.map((offset) => fragments.findIndex((fragment) => fragment.offset === offset));
  if (starts.length !== pixel.frames || starts.includes(-1)) {
    starts = [...fragments.keys()].filter((i) => beginsStream(fragments[i].bytes));
  }
  if (starts.length !== pixel.frames) {
    const found = `${fragments.length} fragments for ${pixel.frames} frames`;
    throw dataSet.error("PixelData", `${found}, and no offset table that says which belong together`);
  }
  return joined(fragments.slice(starts[frame], starts.at(frame + 1)).map(({ bytes }) => bytes));
}

export interface StoredValuesOptions {
  /** Order of the bytes of a sample. */
  readonly bigEndian: boolean;
}

/**
 * Stored values from a frame's uncompressed bytes: cut to BitsStored, sign extended, samples beside one another.
 *
 * YBR_FULL_422 leaves with its colour repeated for both pixels of a pair (PS3.3 C.7.6.3.1.2), as long as YBR_FULL.
 *
 * @param bytes rows x columns x samples x BitsAllocated / 8 long (two thirds of it for YBR_FULL_422)
 * @throws {ArgumentError} if the length is not that
 */
export function storedValues(bytes: Uint8Array, pixel: ImagePixel, { bigEndian }: StoredValuesOptions): StoredValues {
  const { bitsAllocated, bitsStored, lowBit, signed } = pixel;
  const count = sampleCount(pixel);
  const size = bitsAllocated / 8;
  if (bytes.length !== count * size)
    throw new ArgumentError(`storedValues: ${bytes.length} bytes, expected ${count * size}`);
  const out = allocate(count, bitsStored, signed);

  // Moving a value to the top of 32 bits and down again cuts it to BitsStored and extends its sign in one go.
  const up = 32 - bitsStored - lowBit;
  const down = 32 - bitsStored;
  const first = bigEndian ? size - 1 : 0;
  const step = bigEndian ? -1 : 1;
  for (let i = 0, at = first; i < count; i++, at += size) {
    let value = bytes[at];
    if (size > 1) value |= bytes[at + step] << 8;
    if (size > 2) value |= (bytes[at + 2 * step] << 16) | (bytes[at + 3 * step] << 24);
    out[i] = signed ? (value << up) >> down : (value << up) >>> down;
  }
  if (isSubsampled(pixel)) return withRepeatedColor(out);
  return pixel.planar ? interleaved(out) : out;
}

/** Samples of a frame as the file stores them. */
function sampleCount(pixel: ImagePixel): number {
  return pixel.rows * pixel.columns * (isSubsampled(pixel) ? 2 : pixel.samplesPerPixel);
}

function isSubsampled({ photometricInterpretation }: ImagePixel): boolean {
  return photometricInterpretation === "YBR_FULL_422" || photometricInterpretation === "YBR_PARTIAL_422";
}

function allocate(count: number, bits: number, signed: boolean): StoredValues {
  if (bits <= 8) return signed ? new Int8Array(count) : new Uint8Array(count);
  if (bits <= 16) return signed ? new Int16Array(count) : new Uint16Array(count);
  return signed ? new Int32Array(count) : new Uint32Array(count);
}

/** PS3.5 8.1.1: the first pixel is the least significant bit; frames follow without a gap. */
function unpackBits(bytes: Uint8Array, from: number, count: number): Uint8Array {
  const out = new Uint8Array(count);
  for (let i = 0, bit = from; i < count; i++, bit++) out[i] = (bytes[bit >> 3] >> (bit & 7)) & 1;
  return out;
}

function swappedWords(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) out[i] = bytes[i ^ 1];
  return out;
}

/** R R R G G G B B B -> R G B R G B R G B. */
function interleaved<V extends StoredValues>(planes: V): V {
  const out = planes.slice() as V;
  const size = planes.length / 3;
  for (let i = 0, at = 0; i < size; i++) {
    out[at++] = planes[i];
    out[at++] = planes[i + size];
    out[at++] = planes[i + 2 * size];
  }
  return out;
}

/** Y Y B R -> Y B R Y B R. */
function withRepeatedColor(pairs: StoredValues): StoredValues {
  const out = new (pairs.constructor as new (length: number) => StoredValues)((pairs.length / 2) * 3);
  for (let i = 0, at = 0; i + 3 < pairs.length; i += 4) {
    for (let y = i; y < i + 2; y++) {
      out[at++] = pairs[y];
      out[at++] = pairs[i + 2];
      out[at++] = pairs[i + 3];
    }
  }
  return out;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0];
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Start of image of JPEG and JPEG-LS (FF D8), start of code stream of JPEG 2000 (FF 4F). */
function beginsStream(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && (bytes[1] === 0xd8 || bytes[1] === 0x4f);
}

function checkFrame(dataSet: DataSet, { frames }: ImagePixel, frame: number): void {
  if (!Number.isInteger(frame) || frame < 0 || frame >= frames) {
    throw new ArgumentError(`frame ${frame} asked for, the file has ${frames}, counted from 0`, { file: dataSet.file });
  }
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
