/**
 * @file The images of one file: the file itself, or the frames of a DICOM file.
 */
import { extname } from "node:path";
import { hasDicomPrefix, parseDataSet } from "@fovea/core/dicom/data-set";
import { shownBytes } from "@fovea/core/dicom/measured-image";
import type { SideAtLeft } from "@fovea/core/dicom/patient-side";
import { readImagePixel } from "@fovea/core/dicom/pixel-data";
import type { Spacing } from "@fovea/core/dicom/spacing";
import type { Window } from "@fovea/core/dicom/window";
import { zScorePicture } from "@fovea/core/dicom/z-score-image";
import type { ByteImage, Image } from "@fovea/core/imaging/image";
import type { Normalisation } from "@fovea/core/imaging/normalise";
import type { FrameDecoder } from "../dicom/frame-decoder";
import { dicomImage } from "../dicom/read-dicom";
import { decodeImage } from "../imaging/read-image";
import { readBytesAtOnce } from "../read-file";

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
  /** @param frame counted from 0 */
  read(frame: number): Promise<SourceImage>;
}

export interface OpenSourceOptions {
  /** Decompresses DICOM frames. @default one is started for each frame */
  readonly decoder?: FrameDecoder;
  /** Window of DICOM values, in place of each file's own. @default each file's own, or one that fits its values */
  readonly window?: Window;
  /** What the network's images are brought to; those that are shown stay as they are. @default "none" */
  readonly normalize?: Normalisation;
}

/**
 * Opens an image file of any kind that is read.
 *
 * @throws {FoveaError} as `readImage` or `readDicom`, also when an image is read
 */
export function openSource(file: string, options: OpenSourceOptions = {}): SourceFile {
  const bytes = readBytesAtOnce(file, "image file");
  if (!hasDicomPrefix(bytes) && !/^\.(dcm|dicom)$/i.test(extname(file))) {
    return { frames: 1, read: () => readPicture(bytes, file, options) };
  }
  const dataSet = parseDataSet(bytes, file);
  const { frames } = readImagePixel(dataSet);
  return { frames, read: (frame) => dicomImage(dataSet, { ...options, frame }) };
}

async function readPicture(
  bytes: Uint8Array,
  file: string,
  { normalize }: Pick<OpenSourceOptions, "normalize">,
): Promise<SourceImage> {
  const image = await decodeImage(bytes, file);
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
  return `16-bit picture of which ${bits} bits are used: it is seen nearly black; convert it from DICOM with a window`;
}
