/**
 * @file Reads image files: JPEG, PNG, TIFF, WebP, GIF, AVIF and BMP.
 *
 * Pixels are those that OpenCV and libjpeg-turbo give: EXIF orientation applied, colour profiles ignored, alpha dropped,
 * palettes expanded, CMYK turned into sRGB. A grey file has one channel. 16-bit files keep their 16 bits, grey TIFFs of
 * 32 and 64 bits become float. Of an animation or a stack the first page is read, or it is refused (`onePage`).
 *
 * What is broken is refused, not guessed: half a photograph looks healthy where the lesion was cut off.
 */
import { FoveaError } from "@fovea/core/errors";
import { type Image, image } from "@fovea/core/imaging/image";
import type { Metadata, Sharp } from "sharp";
import { readBytes } from "../read-file";
import { describeBytes, imageFormat } from "./image-format";
import { jpegFrame } from "./jpeg-header";
import { decodeBmp } from "./read-bmp";
import { sharpLibrary } from "./sharp-library";
import { tiffPages } from "./tiff-pages";

export interface ReadImageOptions {
  /** Refuse images of more pixels, before any memory is taken for them. @default 268 435 456 (2^28) */
  readonly maxPixels?: number;
  /** Refuse animations and stacks, of which the first page alone would be read. @default false */
  readonly onePage?: boolean;
}

/**
 * Image in the file at `path`.
 *
 * @throws {FoveaError} `file_not_found`, `file_unreadable`; `invalid_image` if the file is empty, cut off, damaged, too
 * large, or holds no image of a kind named above
 */
export async function readImage(path: string, options: ReadImageOptions = {}): Promise<Image> {
  return decodeImage(await readBytes(path, "image file"), path, options);
}

/**
 * Image in `bytes`, the whole content of a file.
 *
 * @param file what errors call it
 * @throws {FoveaError} `invalid_image`, as `readImage`
 */
export async function decodeImage(
  bytes: Uint8Array,
  file: string,
  { maxPixels = 2 ** 28, onePage = false }: ReadImageOptions = {},
): Promise<Image> {
  if (bytes.length === 0) throw new FoveaError("invalid_image", "0 bytes, expected an image", { file });
  const format = imageFormat(bytes);
  if (format === undefined) {
    const seen = describeBytes(bytes);
    throw new FoveaError("invalid_image", `${seen}, expected JPEG, PNG, TIFF, WebP, GIF, AVIF or BMP`, { file });
  }
  if (format === "BMP") return decodeBmp(bytes, file, maxPixels);
  try {
    return await decodeWithSharp(bytes, file, { maxPixels, onePage });
  } catch (cause) {
    if (cause instanceof FoveaError) throw cause;
    const reason = cause instanceof Error ? cause.message.replaceAll("\n", "; ") : String(cause);
    const message = reason.includes("pixel limit")
      ? `${format} of more than ${maxPixels} pixels; cut it into tiles first`
      : `damaged or cut-off ${format} of ${bytes.length} bytes (${reason}); copy it again from its source`;
    throw new FoveaError("invalid_image", message, { file, cause });
  }
}

async function decodeWithSharp(
  bytes: Uint8Array,
  file: string,
  { maxPixels, onePage }: Required<ReadImageOptions>,
): Promise<Image> {
  const sharp = await sharpLibrary();
  const open = (content: Uint8Array): Sharp =>
    sharp(content, { limitInputPixels: maxPixels, failOn: "warning", ignoreIcc: true });
  const metadata = jpegMetadata(bytes) ?? (await open(bytes).metadata());
  if (onePage) checkOnePage(bytes, file, metadata);
  const decode = pixelDecoder(metadata, file);
  try {
    return await decode(open(bytes));
  } catch (cause) {
    // Some devices leave out the two bytes that end a JPEG. If they alone are missing, every pixel is there.
    if (metadata.format !== "jpeg" || endsJpeg(bytes)) throw cause;
    const ended = new Uint8Array(bytes.length + 2);
    ended.set(bytes);
    ended.set(END_OF_JPEG, bytes.length);
    return await decode(open(ended));
  }
}

/** Nobody would look at the other pages, and nobody would know. */
function checkOnePage(
  bytes: Uint8Array,
  file: string,
  { format, pages = 1 }: Pick<Metadata, "format" | "pages">,
): void {
  const pictures = pages > 1 && format === "tiff" ? tiffPages(bytes) : pages;
  if (pictures <= 1) return;
  const message = `${pictures} pages, expected one picture; save each as a file of its own`;
  throw new FoveaError("invalid_image", message, { file });
}

/** What the decoder must know of an ordinary JPEG, read here: asking the library takes a tenth of the decoding's time. */
function jpegMetadata(
  bytes: Uint8Array,
): Pick<Metadata, "format" | "depth" | "channels" | "space" | "pages"> | undefined {
  if (imageFormat(bytes) !== "JPEG") return undefined;
  const frame = jpegFrame(bytes);
  if (frame?.precision !== 8 || (frame.components !== 1 && frame.components !== 3)) return undefined;
  const channels = frame.components;
  return { format: "jpeg", depth: "uchar", channels, space: channels === 1 ? "b-w" : "srgb" };
}

const END_OF_JPEG = [0xff, 0xd9] as const;

function endsJpeg(bytes: Uint8Array): boolean {
  return bytes.at(-2) === END_OF_JPEG[0] && bytes.at(-1) === END_OF_JPEG[1];
}

/** How pixels of the kind that `metadata` tells come into memory. */
function pixelDecoder(
  { depth, channels, space }: Pick<Metadata, "depth" | "channels" | "space">,
  file: string,
): (source: Sharp) => Promise<Image> {
  const kind = `${depth} ${space} pixels of ${channels} channels`;
  const grey = (channels ?? 3) < 3;
  switch (depth) {
    case "uchar":
      return async (source) => {
        const { data, info } = await flat(source, grey ? "b-w" : "srgb")
          .raw()
          .toBuffer({ resolveWithObject: true });
        return image(info.width, info.height, grey ? 1 : 3, new Uint8Array(data.buffer, data.byteOffset, data.length));
      };
    case "ushort":
      return async (source) => {
        const pixels = flat(source, grey ? "grey16" : "rgb16").raw({ depth: "ushort" });
        const { data, info } = await pixels.toBuffer({ resolveWithObject: true });
        return image(info.width, info.height, grey ? 1 : 3, new Uint16Array(aligned(data)));
      };
    case "float":
    case "double":
    case "int":
    case "uint":
      if (channels !== 1) break;
      return async (source) => {
        const pixels = source.autoOrient().pipelineColourspace("b-w").toColourspace("b-w").raw({ depth: "float" });
        const { data, info } = await pixels.toBuffer({ resolveWithObject: true });
        return image(info.width, info.height, 1, new Float32Array(aligned(data)));
      };
  }
  throw new FoveaError("invalid_image", `${kind}; expected 8 or 16 bit without sign, or one channel of 32 bit`, {
    file,
  });
}

/** Upright, without alpha, in one colour space from end to end: 16 bits would else be cut to 8 on the way. */
function flat(source: Sharp, space: "b-w" | "srgb" | "grey16" | "rgb16"): Sharp {
  const upright = source.autoOrient().removeAlpha();
  return (space === "grey16" || space === "rgb16" ? upright.pipelineColourspace(space) : upright).toColourspace(space);
}

/** The bytes of `data` in a buffer of their own, from its start. */
function aligned(data: Buffer): ArrayBuffer {
  const copy = new ArrayBuffer(data.length);
  new Uint8Array(copy).set(data);
  return copy;
}
