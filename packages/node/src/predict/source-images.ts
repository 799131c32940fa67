/**
 * @file The images of one file: the file itself, or the frames of a DICOM file.
 */
import { extname } from "node:path";
import { type DataSet, hasDicomPrefix, parseDataSet } from "@fovea/core/dicom/data-set";
import { shownBytes } from "@fovea/core/dicom/measured-image";
import type { SideAtLeft } from "@fovea/core/dicom/patient-side";
import { type ImagePixel, readImagePixel } from "@fovea/core/dicom/pixel-data";
import type { Spacing } from "@fovea/core/dicom/spacing";
import type { Window } from "@fovea/core/dicom/window";
import { zScorePicture } from "@fovea/core/dicom/z-score-image";
import { FoveaError } from "@fovea/core/errors";
import type { ByteImage, Image } from "@fovea/core/imaging/image";
import type { Normalisation } from "@fovea/core/imaging/normalise";
import { tell } from "@fovea/core/reasons/tell";
import type { FrameDecoder } from "../dicom/frame-decoder";
import { dicomImage } from "../dicom/read-dicom";
import { decodeImage } from "../imaging/read-image";

/** An image to look for lesions in. */
export interface SourceImage {
  /** As stored: 16 bits stay 16 bits; a DICOM frame is windowed to 8. */
  readonly image: Image;
  /** What the network reads, where that is not `image` in 8 bit. */
  readonly normalised?: ByteImage;
  /** Undefined where the file gives none. */
  readonly spacingMm?: Spacing;
  /** The patient's side at the image's left, where the file says it. */
  readonly sideAtLeft?: SideAtLeft;
  /** What was odd about the file, though it could be read. */
  readonly warnings?: readonly string[];
}

/** A file that is open. */
export interface SourceFile {
  /** Images in it; 1 but for DICOM files of several frames. */
  readonly frames: number;
  /** `DX`, `CT` ...; of DICOM files that say it. */
  readonly modality?: string;
  /**
   * @param frame counted from 0
   * @param normalize in place of the options'
   */
  read(frame: number, normalize?: Normalisation): Promise<SourceImage>;
}

export interface OpenSourceOptions {
  /** Decompresses DICOM frames. @default one is started for each frame */
  readonly decoder?: FrameDecoder;
  /** Window of DICOM values, in place of each file's own. @default each file's own, or one that fits its values */
  readonly window?: Window;
  /** What the network's images are brought to; those that are shown stay as they are. @default "none" */
  readonly normalize?: Normalisation;
  /** What errors call the file. @default its name */
  readonly called?: string;
  /** Refuse images of more pixels, before memory is taken for them. @default 2^28 */
  readonly maxPixels?: number;
  /** Refuse deflated DICOM files that grow past so many bytes. @default 2^29 */
  readonly maxInflated?: number;
  /** Refuse DICOM files of more elements. @default not counted */
  readonly maxElements?: number;
  /** Refuse files of more frames. @default as many as the file holds */
  readonly maxFrames?: number;
}

/**
 * Opens an image file that is in memory.
 *
 * @param name of the file; its ending tells a DICOM file without the prefix `DICM`
 * @throws {FoveaError} `invalid_image`, `invalid_dicom`, `unsupported_dicom`, also when an image is read
 */
export function openSourceBytes(bytes: Uint8Array, name: string, options: OpenSourceOptions = {}): SourceFile {
  const { called = name } = options;
  if (!hasDicomPrefix(bytes) && !/^\.(dcm|dicom)$/i.test(extname(name))) {
    const read = (_: number, normalize = options.normalize) => readPicture(bytes, called, { ...options, normalize });
    return { frames: 1, read };
  }
  const dataSet = parseDataSet(bytes, called, options);
  const pixel = readImagePixel(dataSet);
  checkSize(dataSet, pixel, options);
  const modality = dataSet.text("Modality");
  return {
    frames: pixel.frames,
    ...(modality && { modality }),
    read: (frame, normalize = options.normalize) => dicomImage(dataSet, { ...options, normalize, frame }),
  };
}

/** Before memory is taken for its pixels. @throws {FoveaError} `invalid_dicom` */
export function checkSize(
  dataSet: DataSet,
  { rows, columns, frames }: ImagePixel,
  {
    maxPixels = Number.POSITIVE_INFINITY,
    maxFrames = Number.POSITIVE_INFINITY,
  }: Pick<OpenSourceOptions, "maxPixels" | "maxFrames">,
): void {
  const refuse = (at: string, message: string) => new FoveaError("invalid_dicom", message, { file: dataSet.file, at });
  if (rows * columns > maxPixels) {
    throw refuse("Rows", `a frame of ${columns} x ${rows} pixels, at most ${maxPixels} pixels are taken`);
  }
  if (frames > maxFrames) throw refuse("NumberOfFrames", `${frames} frames, at most ${maxFrames} are taken`);
}

async function readPicture(
  bytes: Uint8Array,
  file: string,
  { normalize, maxPixels }: Pick<OpenSourceOptions, "normalize" | "maxPixels">,
): Promise<SourceImage> {
  const image = await decodeImage(bytes, file, { maxPixels, onePage: true });
  const dark = normalize === "zscore" ? undefined : unusedBits(image);
  return {
    image,
    ...(normalize === "zscore" && { normalised: shownBytes(zScorePicture(image)) }),
    ...(dark !== undefined && { warnings: [dark] }),
  };
}

/** 16-bit pictures keep their upper bytes, as OpenCV has it: one whose values end far below comes out nearly black. */
function unusedBits({ data }: Image): string | undefined {
  if (!(data instanceof Uint16Array)) return undefined;
  const most = data.reduce((high, value) => Math.max(high, value), 0);
  if (most === 0 || most >= 2 ** 14) return undefined;
  const bits = Math.ceil(Math.log2(most + 1));
  return tell("nearlyBlack", { bits });
}
