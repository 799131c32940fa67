/**
 * @file How an image that is kept is to be shown, and its values, as core/contract/image tells.
 */
import type { FrameFacts, FrameValues, InstanceImage } from "@fovea/core/contract/image";
import { type DataSet, hasDicomPrefix, parseDataSet } from "@fovea/core/dicom/data-set";
import { displayImage, paddingOf } from "@fovea/core/dicom/display";
import { frameItem } from "@fovea/core/dicom/functional-group";
import { lookUp } from "@fovea/core/dicom/lookup-table";
import { isMonochrome } from "@fovea/core/dicom/measured-image";
import { directionCosines, standsUpright } from "@fovea/core/dicom/patient-side";
import { type ImagePixel, readImagePixel } from "@fovea/core/dicom/pixel-data";
import { readModalityLut } from "@fovea/core/dicom/rescale";
import { readSpacing } from "@fovea/core/dicom/spacing";
import { leastWidth, type VoiLutFunction } from "@fovea/core/dicom/window";
import { FoveaError } from "@fovea/core/errors";
import type { ByteImage, Image } from "@fovea/core/imaging/image";
import { isByteImage, stretchToBytes } from "@fovea/core/imaging/intensity";
import { tell } from "@fovea/core/reasons/tell";
import { DECODE_LIMITS } from "../../dicom/decode-limits";
import type { FrameDecoder } from "../../dicom/frame-decoder";
import { readStoredValues } from "../../dicom/read-dicom";
import { imageFormat } from "../../imaging/image-format";
import { decodeImage } from "../../imaging/read-image";
import { checkSize } from "../../predict/source-images";

/** Which one of the record it is. */
export interface ImageNames {
  readonly studyUid: string;
  readonly seriesUid: string;
  readonly sopUid: string;
  readonly modality?: string;
}

/** What errors call it: the record's own names are nobody's business. */
const FILE = "image";
const MOST_WINDOWS = 32;
const MOST_FRAMES = 100_000;

type Facts = Omit<InstanceImage, "sop_uid" | "series_uid" | "study_uid" | "modality">;

/** A file whose images are to be shown: parsed, where it is one of DICOM. */
export type ImageFile = { readonly dataSet: DataSet } | { readonly bytes: Uint8Array };

/**
 * Opens a whole file, within the bounds of the pool that analyses: a viewer is shown no more than that takes.
 *
 * @throws {FoveaError} `invalid_dicom`
 */
export function openImageFile(bytes: Uint8Array): ImageFile {
  // With a prefix, or without: then it is no picture either.
  const isDicom = hasDicomPrefix(bytes) || imageFormat(bytes) === undefined;
  return isDicom ? { dataSet: parseDataSet(bytes, FILE, DECODE_LIMITS) } : { bytes };
}

/** @throws {FoveaError} `invalid_image`, `invalid_dicom`, `unsupported_dicom` */
export async function describeImage(file: ImageFile, names: ImageNames): Promise<InstanceImage> {
  const facts = "dataSet" in file ? dicomFacts(file.dataSet) : pictureFacts(await picture(file.bytes));
  const { studyUid, seriesUid, sopUid, modality = null } = names;
  return { sop_uid: sopUid, series_uid: seriesUid, study_uid: studyUid, modality, ...facts };
}

/** Values of one frame, counted from 0, little endian, rows from top to bottom. */
export async function frameValues(file: ImageFile, frame: number, decoder: FrameDecoder): Promise<Uint8Array> {
  if (!("dataSet" in file)) {
    checkFrame(frame, 1);
    const { data } = await picture(file.bytes);
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
  const { dataSet } = file;
  const { pixel, values } = await storedFrame(dataSet, frame, decoder);
  if (!isMonochrome(pixel)) return displayImage(dataSet, pixel, values, frame).data;
  const lut = readModalityLut(dataSet, frame);
  const answered = lut.kind === "linear" ? values : new Uint16Array(values.length);
  if (lut.kind === "table") lookUp(values, lut.table, answered as Uint16Array);
  return new Uint8Array(answered.buffer, answered.byteOffset, answered.byteLength);
}

/** One frame as a viewer without a choice of window shows it. */
export async function shownFrame(file: ImageFile, frame: number, decoder: FrameDecoder): Promise<ByteImage> {
  if (!("dataSet" in file)) {
    checkFrame(frame, 1);
    const image = await picture(file.bytes);
    return isByteImage(image) ? image : stretchToBytes(image);
  }
  const { pixel, values } = await storedFrame(file.dataSet, frame, decoder);
  return displayImage(file.dataSet, pixel, values, frame);
}

function storedFrame(dataSet: DataSet, frame: number, decoder: FrameDecoder): ReturnType<typeof readStoredValues> {
  checkFrame(frame, readPixel(dataSet).frames);
  return readStoredValues(dataSet, { frame, decoder });
}

function readPixel(dataSet: DataSet): ImagePixel {
  const pixel = readImagePixel(dataSet);
  checkSize(dataSet, pixel, { maxPixels: DECODE_LIMITS.maxPixels });
  return pixel;
}

function checkFrame(frame: number, frames: number): void {
  if (frame >= frames) throw new FoveaError("not_found", tell("noFrame", { frame, frames }));
}

/** Grey of 8 or 16 bits, or 8-bit colour; what is deeper is shown between quantiles of its values. */
async function picture(bytes: Uint8Array): Promise<Image<Uint8Array> | Image<Uint16Array>> {
  const image = await decodeImage(bytes, FILE, { maxPixels: DECODE_LIMITS.maxPixels });
  if (isByteImage(image)) return image;
  if (image.data instanceof Uint16Array && image.channels === 1) return { ...image, data: image.data };
  return stretchToBytes(image);
}

function pictureFacts({ data, width, height, channels }: Image): Facts {
  const bits = data instanceof Uint16Array ? 16 : 8;
  return {
    rows: height,
    columns: width,
    frames: 1,
    photometric_interpretation: channels === 3 ? "RGB" : "MONOCHROME2",
    bits_allocated: bits,
    bits_stored: bits,
    signed: false,
    voi_lut_function: "LINEAR",
    values: { rescale_slope: 1, rescale_intercept: 0, windows: [] },
    frame_values: null,
    pixel_padding: null,
    pixel_spacing: null,
    pixel_aspect: 1,
    image_orientation: null,
    patient_orientation: null,
    lossy: false,
  };
}

function dicomFacts(dataSet: DataSet): Facts {
  const pixel = readPixel(dataSet);
  const { rows, columns, frames } = pixel;
  const mono = isMonochrome(pixel);
  const tabled = mono && readModalityLut(dataSet, 0).kind === "table";
  const bits = tabled ? 16 : mono ? pixel.bitsStored : 8;
  const padding = mono && !tabled ? paddingOf(dataSet) : undefined;
  return {
    rows,
    columns,
    frames,
    photometric_interpretation: mono ? (pixel.photometricInterpretation as "MONOCHROME1" | "MONOCHROME2") : "RGB",
    bits_allocated: bits <= 8 ? 8 : bits <= 16 ? 16 : 32,
    bits_stored: bits,
    signed: mono && !tabled && pixel.signed,
    ...framesOf(dataSet, mono, frames),
    pixel_padding: padding ?? null,
    pixel_aspect: aspectOf(dataSet),
    lossy: dataSet.text("LossyImageCompression") === "01",
  };
}

type FramesFacts = Pick<
  Facts,
  "values" | "voi_lut_function" | "pixel_spacing" | "image_orientation" | "patient_orientation" | "frame_values"
>;

/**
 * Once for all frames, or, where functional groups differ, once for each. A frame without an item of its own has what is shared,
 * as everywhere else in core/dicom, never what another frame has.
 */
function framesOf(dataSet: DataSet, mono: boolean, frames: number): FramesFacts {
  const first = factsOf(dataSet, mono, 0);
  const { pixel_spacing, image_orientation, voi_lut_function, ...values } = first;
  const shared = {
    ...{ values, voi_lut_function, pixel_spacing, image_orientation, frame_values: null },
    patient_orientation: orientationOf(dataSet),
  };
  if (frames === 1 || dataSet.items("PerFrameFunctionalGroupsSequence").length === 0) return shared;
  const same = JSON.stringify(first);
  const all = [first];
  let differ = false;
  for (let frame = 1; frame < frames; frame++) {
    const facts = factsOf(dataSet, mono, frame);
    differ ||= JSON.stringify(facts) !== same;
    if (frame < MOST_FRAMES) all.push(facts);
    else if (differ) throw tooMany(dataSet, frames);
  }
  if (!differ) return shared;
  return {
    ...{ values, voi_lut_function, frame_values: all },
    // What differs is not told of all: a wrong side, or a wrong size, is worse than none.
    pixel_spacing: commonOf(all, ({ pixel_spacing: spacing }) => spacing),
    image_orientation: commonOf(all, ({ image_orientation: cosines }) => cosines),
    patient_orientation: areEqual(all, ({ image_orientation: cosines }) => cosines) ? orientationOf(dataSet) : null,
  };
}

function tooMany(dataSet: DataSet, frames: number): FoveaError {
  const message = `${frames} frames that differ in how they are shown; at most ${MOST_FRAMES} are`;
  return new FoveaError("unsupported_dicom", message, { file: dataSet.file, at: "NumberOfFrames" });
}

function areEqual<T>(all: readonly FrameFacts[], of: (facts: FrameFacts) => T): boolean {
  const first = JSON.stringify(of(all[0]));
  return all.every((facts) => JSON.stringify(of(facts)) === first);
}

function commonOf<T>(all: readonly FrameFacts[], of: (facts: FrameFacts) => T | null): T | null {
  return areEqual(all, of) ? of(all[0]) : null;
}

function factsOf(dataSet: DataSet, mono: boolean, frame: number): FrameFacts {
  const cosines = standsUpright(dataSet) ? directionCosines(dataSet, frame) : [];
  return {
    ...(mono ? valuesOf(dataSet, frame) : { rescale_slope: 1, rescale_intercept: 0, windows: [] }),
    voi_lut_function: functionOf(dataSet, frame),
    pixel_spacing: readSpacing(dataSet, frame) ?? null,
    image_orientation: cosines.length === 6 ? [...cosines] : null,
  };
}

function valuesOf(dataSet: DataSet, frame: number): FrameValues {
  const lut = readModalityLut(dataSet, frame);
  const [slope, intercept] = lut.kind === "linear" ? [lut.slope, lut.intercept] : [1, 0];
  return { rescale_slope: slope, rescale_intercept: intercept, windows: windowsOf(dataSet, frame) };
}

/** Those that are usable, in the file's order. A table (VOI LUT) is none. */
function windowsOf(dataSet: DataSet, frame: number): FrameValues["windows"] {
  const group = frameItem(dataSet, frame, "FrameVOILUTSequence");
  const centers = group.numbers("WindowCenter");
  const widths = group.numbers("WindowWidth");
  const least = leastWidth({ voiLutFunction: functionOf(dataSet, frame) });
  const windows = centers.slice(0, MOST_WINDOWS).map((center, i) => ({
    center,
    width: widths.at(i) ?? 0,
    explanation: asciiOf(group.text("WindowCenterWidthExplanation", i)),
  }));
  return windows.filter(({ width }) => width >= least && width > 0);
}

/** Other letters would need the file's character set; the numbers say enough. */
function asciiOf(text: string | undefined): string | null {
  const trimmed = text?.trim() ?? "";
  return /^[\x20-\x7e]+$/.test(trimmed) ? trimmed : null;
}

function functionOf(dataSet: DataSet, frame: number): VoiLutFunction {
  const name = frameItem(dataSet, frame, "FrameVOILUTSequence").text("VOILUTFunction");
  return name === "LINEAR_EXACT" || name === "SIGMOID" ? name : "LINEAR";
}

/** PS3.3 C.7.6.3.1.7: height and width as two whole numbers. */
function aspectOf(dataSet: DataSet): number {
  const [height, width] = dataSet.numbers("PixelAspectRatio");
  return height > 0 && width > 0 ? height / width : 1;
}

function orientationOf(dataSet: DataSet): [string, string] | null {
  if (!standsUpright(dataSet)) return null;
  const [row, column] = [dataSet.text("PatientOrientation", 0)?.trim(), dataSet.text("PatientOrientation", 1)?.trim()];
  return row && column ? [row, column] : null;
}
