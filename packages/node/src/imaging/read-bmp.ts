/**
 * @file Reads Windows bitmaps with the decoder of the drawing library, which is loaded for them alone.
 *
 * That decoder fills missing rows with black; so the length that the header promises is checked first.
 */
import { FoveaError } from "@fovea/core/errors";
import { type ByteImage, image } from "@fovea/core/imaging/image";

/**
 * Image in the BMP file `bytes`, one channel if every pixel is grey and the file has a palette.
 *
 * @param file what errors call it
 * @throws {FoveaError} `invalid_image` if the header is damaged, or the file ends before its pixels
 */
export async function decodeBmp(bytes: Uint8Array, file: string, maxPixels: number): Promise<ByteImage> {
  const { bitsPerPixel, width, height } = checkHeader(bytes, file, maxPixels);
  const { createCanvas, loadImage } = await import("@napi-rs/canvas");
  const picture = await loadImage(Buffer.from(bytes)).catch((cause: unknown) => {
    throw new FoveaError("invalid_image", `damaged BMP of ${bytes.length} bytes (${String(cause)})`, { file, cause });
  });
  const context = createCanvas(width, height).getContext("2d");
  context.drawImage(picture, 0, 0);
  const rgba = context.getImageData(0, 0, width, height).data;
  const pixels = width * height;
  if (bitsPerPixel <= 8 && isGrey(rgba)) {
    const grey = new Uint8Array(pixels);
    for (let i = 0; i < pixels; i++) grey[i] = rgba[4 * i];
    return image(width, height, 1, grey);
  }
  const rgb = new Uint8Array(3 * pixels);
  for (let i = 0, p = 0, q = 0; i < pixels; i++, p += 3, q += 4) {
    rgb[p] = rgba[q];
    rgb[p + 1] = rgba[q + 1];
    rgb[p + 2] = rgba[q + 2];
  }
  return image(width, height, 3, rgb);
}

function isGrey(rgba: Uint8ClampedArray): boolean {
  for (let i = 0; i < rgba.length; i += 4) if (rgba[i] !== rgba[i + 1] || rgba[i] !== rgba[i + 2]) return false;
  return true;
}

/** Fields of BITMAPFILEHEADER and BITMAPINFOHEADER (Microsoft, "Bitmap storage"). */
function checkHeader(bytes: Uint8Array, file: string, maxPixels: number) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 54 || view.getUint32(14, true) < 40) {
    throw new FoveaError("invalid_image", `BMP of ${bytes.length} bytes without a Windows header`, { file });
  }
  const pixelOffset = view.getUint32(10, true);
  const width = view.getInt32(18, true);
  // A negative height says that rows run from top to bottom.
  const height = Math.abs(view.getInt32(22, true));
  const bitsPerPixel = view.getUint16(28, true);
  const compression = view.getUint32(30, true);
  if (width <= 0 || height === 0 || width * height > maxPixels) {
    throw new FoveaError("invalid_image", `BMP of ${width} x ${height} pixels, allowed are 1 to ${maxPixels}`, {
      file,
    });
  }
  // 0 and 3 are plain pixels, rows padded to four bytes; the run-length coded 1 and 2 have no fixed length.
  const expected = pixelOffset + 4 * Math.ceil((width * bitsPerPixel) / 32) * height;
  if ((compression === 0 || compression === 3) && bytes.length < expected) {
    throw new FoveaError("invalid_image", `BMP cut off: ${bytes.length} bytes of ${expected}`, { file });
  }
  return { width, height, bitsPerPixel };
}
