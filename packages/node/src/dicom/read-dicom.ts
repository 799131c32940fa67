/**
 * @file A DICOM file as the detector and the reader see it: one frame in 8 bit, with its pixel spacing; and as training keeps it.
 */
import { type DataSet, parseDataSet } from "@fovea/core/dicom/data-set";
import { type DisplayOptions, displayImage } from "@fovea/core/dicom/display";
import { type MeasuredImage, measuredImage, shownBytes } from "@fovea/core/dicom/measured-image";
import { readSideAtLeft, type SideAtLeft } from "@fovea/core/dicom/patient-side";
import type { ImagePixel } from "@fovea/core/dicom/pixel-data";
import { readSpacing, type Spacing } from "@fovea/core/dicom/spacing";
import { type StoredValues, storedValues } from "@fovea/core/dicom/stored-values";
import { zScoreFrame } from "@fovea/core/dicom/z-score-image";
import type { ByteImage } from "@fovea/core/imaging/image";
import type { Normalisation } from "@fovea/core/imaging/normalise";
import { readBytes } from "../read-file";
import { type FrameBytesOptions, readFrameBytes } from "./frame-bytes";

/** A frame ready to be looked at. */
export interface DicomImage {
  /** Windowed, MONOCHROME1 inverted; one channel grey, three red, green, blue. */
  readonly image: ByteImage;
  /** Through the window of its own values instead, where `normalize` asks for it. */
  readonly normalised?: ByteImage;
  /** Undefined where the file gives none. */
  readonly spacingMm?: Spacing;
  /** The patient's side at the image's left, where the file says it. */
  readonly sideAtLeft?: SideAtLeft;
  /** Frames in the file. */
  readonly frames: number;
  /** `DX`, `CT` ...; empty where the file does not say. */
  readonly modality: string;
  readonly transferSyntaxUid: string;
  readonly sopInstanceUid?: string;
  /** What was odd about the file but could be read. */
  readonly warnings: readonly string[];
}

export interface ReadDicomOptions extends DisplayOptions, FrameBytesOptions {
  /** What a network reads beside what is shown. @default "none" */
  readonly normalize?: Normalisation;
}

/**
 * Read one frame of a DICOM file.
 *
 * @throws {FoveaError} `file_not_found`, `file_unreadable`; `invalid_dicom` if it is none, or damaged;
 * `unsupported_dicom` if it holds no image or one of a kind that is not read; `invalid_argument` without such a frame
 */
export async function readDicom(path: string, options: ReadDicomOptions = {}): Promise<DicomImage> {
  return dicomImage(parseDataSet(await readBytes(path, "DICOM file"), path), options);
}

/**
 * One frame of a data set that is parsed already.
 *
 * @throws {FoveaError} as `readDicom`
 */
export async function dicomImage(
  dataSet: DataSet,
  { frame = 0, decoder, window, normalize = "none" }: ReadDicomOptions = {},
): Promise<DicomImage> {
  const { pixel, values } = await readStoredValues(dataSet, { frame, decoder });
  return {
    image: displayImage(dataSet, pixel, values, frame, { window }),
    ...(normalize === "zscore" && { normalised: shownBytes(zScoreFrame(dataSet, pixel, values, frame)) }),
    spacingMm: readSpacing(dataSet, frame),
    sideAtLeft: readSideAtLeft(dataSet, frame),
    frames: pixel.frames,
    modality: dataSet.text("Modality") ?? "",
    transferSyntaxUid: dataSet.transferSyntax.uid,
    sopInstanceUid: dataSet.text("SOPInstanceUID"),
    warnings: dataSet.warnings,
  };
}

/**
 * The first frame of a DICOM file as it was measured, if it is monochrome, else in colours of 8 bit; under `zscore` with the
 * window of its own values.
 *
 * @throws {FoveaError} as `readDicom`
 */
export async function readMeasuredDicom(
  path: string,
  { decoder, normalize = "none" }: Pick<ReadDicomOptions, "decoder" | "normalize"> = {},
): Promise<ByteImage | MeasuredImage> {
  const dataSet = parseDataSet(await readBytes(path, "DICOM file"), path);
  const { pixel, values } = await readStoredValues(dataSet, { decoder });
  if (normalize === "zscore") return zScoreFrame(dataSet, pixel, values, 0);
  return measuredImage(dataSet, pixel, values, 0) ?? displayImage(dataSet, pixel, values, 0);
}

/**
 * Stored values of one frame, compressed or not, with the layout they have now.
 *
 * @throws {FoveaError} as `readDicom`
 */
export async function readStoredValues(
  dataSet: DataSet,
  { frame = 0, decoder }: FrameBytesOptions = {},
): Promise<{ pixel: ImagePixel; values: StoredValues }> {
  const { bytes, pixel } = await readFrameBytes(dataSet, { frame, decoder });
  return { pixel, values: storedValues(bytes, pixel) };
}
