/**
 * @file Parts of an image.
 */
import { ArgumentError } from "../errors";
import type { PixelRect } from "../geometry/tiling";
import type { Image } from "./image";

/**
 * The pixels of `image` inside `rect`, copied; the image itself if that is all of it.
 *
 * @throws {ArgumentError} if `rect` is empty or reaches beyond the image
 */
export function cropImage<P extends Uint8Array | Uint16Array>(image: Image<P>, rect: PixelRect): Image<P> {
  const { x, y, width, height } = rect;
  const inside = x >= 0 && y >= 0 && width > 0 && height > 0 && x + width <= image.width && y + height <= image.height;
  if (!inside || ![x, y, width, height].every(Number.isInteger)) {
    const wanted = `${width} x ${height} pixels from column ${x} and row ${y} on`;
    throw new ArgumentError(`cropImage: ${wanted}, of an image of ${image.width} x ${image.height}`);
  }
  if (width === image.width && height === image.height) return image;
  const { channels } = image;
  // Of the same kind as the source's.
  const data = image.data.slice(0, width * height * channels) as P;
  for (let row = 0; row < height; row++) {
    const start = ((y + row) * image.width + x) * channels;
    data.set(image.data.subarray(start, start + width * channels), row * width * channels);
  }
  return { width, height, channels, data };
}
