/**
 * @file Any image file of a data set, DICOM included: its size at a glance, and its pixels in 8 bit or as they were measured.
 */
import { type FileHandle, open } from "node:fs/promises";
import { extname } from "node:path";
import { hasDicomPrefix, parseDataSet } from "@fovea/core/dicom/data-set";
import { HIGH_BYTE, type MeasuredImage, shownBytes } from "@fovea/core/dicom/measured-image";
import { readImagePixel } from "@fovea/core/dicom/pixel-data";
import { zScorePicture } from "@fovea/core/dicom/z-score-image";
import { FoveaError } from "@fovea/core/errors";
import type { ByteImage } from "@fovea/core/imaging/image";
import { toByteImage } from "@fovea/core/imaging/intensity";
import type { Normalisation } from "@fovea/core/imaging/normalise";
import type { FrameDecoder } from "../dicom/frame-decoder";
import { readDicom, readMeasuredDicom } from "../dicom/read-dicom";
import { imageFormat } from "../imaging/image-format";
import { readImage } from "../imaging/read-image";
import { readFailure } from "../read-file";

/** Endings of the files that are looked for in folders. */
export const IMAGE_ENDINGS: ReadonlySet<string> = new Set(
  ["bmp", "jpg", "jpeg", "png", "tif", "tiff", "webp", "gif", "avif", "dcm", "dicom"].map((ending) => `.${ending}`),
);

/** Smaller sides hold no lesion that could be learned. Pixels. */
const MIN_SIDE = 10;

/** Bytes read from either end of a file to judge it. */
const GLANCE = 512;

export interface ImageSize {
  /** Pixels, EXIF orientation applied. */
  readonly width: number;
  readonly height: number;
  /** Frames of a DICOM file, of which the first one is read. */
  readonly frames: number;
}

type Glimpse = Omit<ImageSize, "frames"> & Partial<ImageSize>;

/**
 * Size of the image in `file`, from its header; the pixels are decoded only where the end of the file looks cut off.
 *
 * @throws {FoveaError} `file_not_found`, `file_unreadable`; `invalid_image`, `invalid_dicom` or `unsupported_dicom` if
 * it is damaged, of another kind, or has a side below 10 px
 */
export async function readImageSize(file: string): Promise<ImageSize> {
  const {
    width,
    height,
    frames = 1,
  } = await withFile(file, async (handle): Promise<Glimpse> => {
    const { size: length } = await handle.stat();
    const head = await readPart(handle, 0, GLANCE);
    if (isDicomFile(file, head)) return dicomSize(await handle.readFile(), file);
    const tail = await readPart(handle, length - GLANCE, length);
    // Where something looks odd, the full reader says what is wrong, or that nothing is.
    return imageFormat(head) === "BMP" || !endsWell(head, tail, length) ? readImage(file) : headerSize(file);
  });
  if (width < MIN_SIDE || height < MIN_SIDE) {
    throw new FoveaError("invalid_image", `${width} x ${height} pixels; sides of ${MIN_SIDE} and more are needed`, {
      file,
    });
  }
  return { width, height, frames };
}

export interface ReadSourceOptions {
  /** Decompresses DICOM frames; one for many files saves time. @default one is started for each frame */
  readonly decoder?: FrameDecoder;
  /** `zscore` takes the window of the image's own values in place of its file's. @default "none" */
  readonly normalize?: Normalisation;
}

/**
 * Pixels of `file` in 8 bit: as `readImage` and `toByteImage` give them, or, of a DICOM file, its first frame windowed.
 *
 * @throws {FoveaError} as `readImage` or `readDicom`
 */
export async function readSourceImage(file: string, options: ReadSourceOptions = {}): Promise<ByteImage> {
  const { decoder, normalize } = options;
  if (normalize === "zscore") return shownBytes(await readMeasuredImage(file, options));
  return (await isDicom(file)) ? (await readDicom(file, { decoder })).image : toByteImage(await readImage(file));
}

/** An image in 8 bit, or what was measured where there is more. */
export type SourceImage = ByteImage | MeasuredImage;

export function isMeasured(source: SourceImage): source is MeasuredImage {
  return "display" in source;
}

/**
 * What `file` holds: the values of a monochrome DICOM frame or of a grey picture of 16 bits, of others the pixels that
 * `readSourceImage` gives.
 *
 * @throws {FoveaError} as `readSourceImage`
 */
export async function readMeasuredImage(file: string, options: ReadSourceOptions = {}): Promise<SourceImage> {
  if (await isDicom(file)) return readMeasuredDicom(file, options);
  const image = await readImage(file);
  if (options.normalize === "zscore") return zScorePicture(image);
  const { data, width, height, channels } = image;
  if (!(data instanceof Uint16Array && channels === 1)) return toByteImage(image);
  return { image: { width, height, channels, data }, display: HIGH_BYTE };
}

function isDicom(file: string): Promise<boolean> {
  return withFile(file, async (handle) => isDicomFile(file, await readPart(handle, 0, GLANCE)));
}

function isDicomFile(file: string, head: Uint8Array): boolean {
  return hasDicomPrefix(head) || isDicomName(file);
}

/** Whether a file's name says that it is DICOM. */
export function isDicomName(file: string): boolean {
  return /^\.(dcm|dicom)$/i.test(extname(file));
}

/** `use` on the open file; what the operating system complains of becomes an error of ours. */
async function withFile<T>(file: string, use: (handle: FileHandle) => Promise<T>): Promise<T> {
  try {
    const handle = await open(file);
    try {
      return await use(handle);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw readFailure(file, error, "image file");
  }
}

async function readPart(handle: FileHandle, from: number, to: number): Promise<Uint8Array> {
  const start = Math.max(0, from);
  const bytes = new Uint8Array(Math.max(0, to - start));
  const { bytesRead } = await handle.read(bytes, 0, bytes.length, start);
  return bytes.subarray(0, bytesRead);
}

function dicomSize(bytes: Uint8Array, file: string): ImageSize {
  const { columns, rows, frames } = readImagePixel(parseDataSet(bytes, file));
  return { width: columns, height: rows, frames };
}

/** Whether a file has the end that its kind must have, where that is cheap to say. */
function endsWell(head: Uint8Array, tail: Uint8Array, length: number): boolean {
  const end = Buffer.from(tail.buffer, tail.byteOffset, tail.byteLength);
  switch (imageFormat(head)) {
    case "JPEG":
      return end.subarray(-2).equals(Buffer.of(0xff, 0xd9));
    case "PNG":
      return end.subarray(-8, -4).toString("latin1") === "IEND";
    case "WebP":
      return length >= new DataView(head.buffer, head.byteOffset).getUint32(4, true) + 8;
    case undefined:
      return false;
    default:
      return true;
  }
}

async function headerSize(file: string): Promise<Glimpse> {
  const { default: sharp } = await import("sharp");
  try {
    const { autoOrient } = await sharp(file, { failOn: "warning" }).metadata();
    return autoOrient;
  } catch {
    // The full reader words what is wrong.
    return readImage(file);
  }
}
