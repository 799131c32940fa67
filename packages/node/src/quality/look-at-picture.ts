/**
 * @file Reads a picture once and keeps what checks need of it: a kilobyte, however large it is.
 */
import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { extname } from "node:path";
import { greyFacts, type LookedPicture, type PictureFacts } from "@fovea/core/dataset/check/picture-facts";
import { hasDicomPrefix, parseDataSet } from "@fovea/core/dicom/data-set";
import { FoveaError } from "@fovea/core/errors";
import type { ByteImage } from "@fovea/core/imaging/image";
import { toByteImage } from "@fovea/core/imaging/intensity";
import { HASH_SIDE, perceptualHash } from "@fovea/core/imaging/perceptual-hash";
import { isDicomName } from "../data/source-image";
import type { FrameDecoder } from "../dicom/frame-decoder";
import { dicomImage } from "../dicom/read-dicom";
import { imageFormat } from "../imaging/image-format";
import { decodeImage } from "../imaging/read-image";
import { sharpLibrary } from "../imaging/sharp-library";
import { readBytes } from "../read-file";

/** What an ending says of the content. */
const ENDINGS: Readonly<Record<string, string>> = {
  ...{ ".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".tif": "TIFF", ".tiff": "TIFF", ".webp": "WebP" },
  ...{ ".gif": "GIF", ".avif": "AVIF", ".bmp": "BMP", ".dcm": "DICOM", ".dicom": "DICOM" },
};

/** Facts of the picture at `path`, or why there are none; never rejects. */
export async function lookAtPicture(path: string, decoder?: FrameDecoder): Promise<LookedPicture> {
  try {
    // A name in an annotation file may lead to a device, which never ends, or a pipe, which waits for ever.
    const entry = await stat(path).catch(() => undefined);
    if (entry && !entry.isFile() && !entry.isDirectory()) {
      return { code: "file_unreadable", message: "is a device or a pipe, expected a file" };
    }
    const bytes = await readBytes(path, "image file");
    const dicom = hasDicomPrefix(bytes) || (isDicomName(path) && imageFormat(bytes) === undefined);
    const image = dicom
      ? toByteImage((await dicomImage(parseDataSet(bytes, path), { decoder, frame: 0 })).image)
      : toByteImage(await decodeImage(bytes, path));
    return { ...(await imageFacts(image)), ...fileFacts(path, bytes, dicom) };
  } catch (error) {
    // Parsers and codecs of others throw what they like; one file must not end the check.
    const code = error instanceof FoveaError ? error.code : "invalid_image";
    const message = error instanceof Error ? error.message : String(error);
    return { code, message: message.replace(`${path}: `, "") };
  }
}

function fileFacts(path: string, bytes: Uint8Array, dicom: boolean): Pick<PictureFacts, "digest" | "format" | "named"> {
  return {
    digest: createHash("sha256").update(bytes).digest("hex"),
    format: dicom ? "DICOM" : (imageFormat(bytes) ?? "unknown"),
    named: ENDINGS[extname(path).toLowerCase()],
  };
}

/** Grey statistics, thumbnail and hash of an image in memory. */
async function imageFacts(image: ByteImage): Promise<Omit<PictureFacts, "digest" | "format" | "named">> {
  const thumbnail = await greyThumbnail(image);
  const { width, height } = image;
  return { width, height, ...greyFacts(greyHistogram(image)), thumbnail, hash: perceptualHash(thumbnail) };
}

/** Counts of the grey levels; of colours their brightness by ITU-R BT.601. */
function greyHistogram({ data, channels }: ByteImage): Uint32Array {
  const counts = new Uint32Array(256);
  if (channels === 1) for (const level of data) counts[level]++;
  else {
    for (let p = 0; p < data.length; p += 3) {
      counts[(77 * data[p] + 150 * data[p + 1] + 29 * data[p + 2] + 128) >> 8]++;
    }
  }
  return counts;
}

async function greyThumbnail({ data, width, height, channels }: ByteImage): Promise<Uint8Array> {
  const sharp = await sharpLibrary();
  const small = sharp(data, { raw: { width, height, channels }, limitInputPixels: false })
    .resize(HASH_SIDE, HASH_SIDE, { fit: "fill" })
    .toColourspace("b-w")
    .raw();
  return new Uint8Array(await small.toBuffer());
}
