/**
 * @file A DICOM file as the detector and the reader see it: one frame in 8 bit, with its pixel spacing; and as training keeps it.
 */
import { isWholeStream, streamSize } from "@fovea/core/dicom/code-stream";
import { type DataSet, parseDataSet } from "@fovea/core/dicom/data-set";
import { type DisplayOptions, displayImage } from "@fovea/core/dicom/display";
import { type MeasuredImage, measuredImage, shownBytes } from "@fovea/core/dicom/measured-image";
import {
  encapsulatedFrame,
  type ImagePixel,
  nativeFrame,
  readImagePixel,
  type StoredValues,
  storedValues,
} from "@fovea/core/dicom/pixel-data";
import { readSpacing, type Spacing } from "@fovea/core/dicom/spacing";
import { zScoreFrame } from "@fovea/core/dicom/z-score-image";
import { FoveaError } from "@fovea/core/errors";
import type { ByteImage } from "@fovea/core/imaging/image";
import type { Normalisation } from "@fovea/core/imaging/normalise";
import { readBytes } from "../read-file";
import { FrameDecoder } from "./frame-decoder";

/** A frame ready to be looked at. */
export interface DicomImage {
  /** Windowed, MONOCHROME1 inverted; one channel grey, three red, green, blue. */
  readonly image: ByteImage;
  /** Through the window of its own values instead, where `normalize` asks for it. */
  readonly normalised?: ByteImage;
  /** Undefined where the file gives none. */
  readonly spacingMm?: Spacing;
  /** Frames in the file. */
  readonly frames: number;
  /** `DX`, `CT` ...; empty where the file does not say. */
  readonly modality: string;
  readonly transferSyntaxUid: string;
  readonly sopInstanceUid?: string;
  /** What was odd about the file but could be read. */
  readonly warnings: readonly string[];
}

export interface ReadDicomOptions extends DisplayOptions {
  /** Counted from 0. @default 0 */
  readonly frame?: number;
  /** Decompresses; one for many files saves its start of about 0.1 s. Without one, one is started and ended here. */
  readonly decoder?: FrameDecoder;
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
  { frame = 0, decoder }: ReadDicomOptions = {},
): Promise<{ pixel: ImagePixel; values: StoredValues }> {
  const { codec, name, uid } = dataSet.transferSyntax;
  const { file } = dataSet;
  const pixel = readImagePixel(dataSet);
  if (codec === "native") return { pixel, values: nativeFrame(dataSet, pixel, frame) };
  if (codec === "unsupported") {
    const message = `${uid} (${name}) is not read; have the archive send it uncompressed`;
    throw new FoveaError("unsupported_dicom", message, { file, at: "TransferSyntaxUID" });
  }

  const bytes = encapsulatedFrame(dataSet, pixel, frame);
  if (codec !== "rle") checkStream(dataSet, pixel, bytes, frame);
  const used = decoder ?? new FrameDecoder();
  try {
    const decoded = await used.decode({ codec, bytes, pixel });
    const expected = pixel.rows * pixel.columns * pixel.samplesPerPixel * Math.max(1, pixel.bitsAllocated / 8);
    if (decoded.bytes.length !== expected) throw new Error(`gives ${decoded.bytes.length} bytes, expected ${expected}`);
    const layout = layoutAfter(pixel, decoded);
    return { pixel: layout, values: storedValues(decoded.bytes, layout, { bigEndian: false }) };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new FoveaError("invalid_dicom", `frame ${frame} (${name}) cannot be decoded: ${why}`, {
      file,
      at: "PixelData",
      cause,
    });
  } finally {
    if (decoder === undefined) await used.close();
  }
}

/** How the decoded bytes lie: colour is no longer subsampled, one-bit masks have become bytes. */
function layoutAfter(
  pixel: ImagePixel,
  { planar, photometricInterpretation }: { planar: boolean; photometricInterpretation: string },
): ImagePixel {
  return {
    ...pixel,
    planar: pixel.samplesPerPixel === 3 && planar,
    bitsAllocated: pixel.bitsAllocated === 1 ? 8 : pixel.bitsAllocated,
    photometricInterpretation:
      photometricInterpretation === "YBR_FULL_422"
        ? "YBR_FULL"
        : photometricInterpretation.replace(/^YBR_[IR]CT$/, "RGB"),
  };
}

function checkStream(dataSet: DataSet, { rows, columns }: ImagePixel, bytes: Uint8Array, frame: number): void {
  const size = streamSize(bytes);
  if (size === undefined)
    throw dataSet.error("PixelData", `frame ${frame} is no ${dataSet.transferSyntax.name} stream`);
  if (size.rows !== rows || size.columns !== columns) {
    const found = `frame ${frame} is ${size.columns} x ${size.rows} pixels, the file says ${columns} x ${rows}`;
    throw dataSet.error("PixelData", found);
  }
  if (!isWholeStream(bytes)) {
    throw dataSet.error("PixelData", `frame ${frame} is cut short: no end of image; copy the file again`);
  }
}
