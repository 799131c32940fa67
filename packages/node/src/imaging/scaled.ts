/**
 * @file Images made smaller or larger to be shown; for networks see `core/imaging/letterbox`.
 */
import type { ByteImage } from "@fovea/core/imaging/image";
import { sharpLibrary } from "./sharp-library";

/** `image` with a longer side of `side` pixels. */
export async function scaledTo({ data, width, height, channels }: ByteImage, side: number): Promise<ByteImage> {
  const sharp = await sharpLibrary();
  const factor = side / Math.max(width, height);
  const [w, h] = [Math.max(1, Math.round(width * factor)), Math.max(1, Math.round(height * factor))];
  const { data: pixels, info } = await sharp(data, { raw: { width, height, channels }, limitInputPixels: false })
    .resize(w, h, { fit: "fill" })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return {
    width: info.width,
    height: info.height,
    channels: info.channels === 1 ? 1 : 3,
    data: new Uint8Array(pixels),
  };
}
