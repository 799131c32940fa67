/**
 * @file Pixels of a frame as a file: PNG, JPEG or NumPy array.
 */
import type { FramePicture } from "@fovea/core/dicom/frame-picture";
import { sharpLibrary } from "../imaging/sharp-library";
import { encodeNpy } from "./npy";
import { encodePng } from "./png";

export type PictureFormat = "png" | "jpeg" | "npy";

/** Ending of the files. */
export const PICTURE_ENDINGS: Readonly<Record<PictureFormat, string>> = { png: ".png", jpeg: ".jpg", npy: ".npy" };

export interface EncodeOptions {
  readonly format: PictureFormat;
  /** Of JPEG, 1 to 100; colour is kept at full size. */
  readonly quality: number;
}

/**
 * The file's bytes. Arrays are rows x columns, and x channels where there are several.
 *
 * @param picture of PNG and JPEG with one channel or three; of JPEG with 8 bits
 */
export async function encodePicture(picture: FramePicture, { format, quality }: EncodeOptions): Promise<Uint8Array> {
  const { width, height, channels, data } = picture;
  if (format === "npy") return encodeNpy(data, channels === 1 ? [height, width] : [height, width, channels]);
  if (data instanceof Float32Array || (channels !== 1 && channels !== 3)) {
    throw new Error(`unreachable: ${format} of ${channels} channels, checked with the settings`);
  }
  if (format === "png") return encodePng(data, { width, height, channels });
  const sharp = await sharpLibrary();
  const raw = sharp(data, { raw: { width, height, channels } });
  const pixels = channels === 1 ? raw.toColourspace("b-w") : raw;
  return pixels.jpeg({ quality, chromaSubsampling: "4:4:4" }).toBuffer();
}
