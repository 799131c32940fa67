/**
 * @file Colour of 8-bit images: shifts of hue, saturation and value; planes for a network.
 *
 * Hue, saturation and value are those of Smith (SIGGRAPH 1978), in single precision, rounded once at the end. OpenCV's
 * 8-bit HSV rounds the hue to two degrees and the saturation to a byte on the way.
 */
import { ShapeError } from "../errors";
import type { ByteImage } from "./image";
import { pixelKernel } from "./pixel-kernel/pixel-kernel";
import { applyTable, toneTable } from "./tone";

export interface HsvShift {
  /** Added to the hue, as a fraction of the whole circle. 0 leaves it. */
  readonly hue: number;
  /** Factor of the saturation. 1 leaves it. */
  readonly saturation: number;
  /** Factor of the value, of the brightness therefore. 1 leaves it. */
  readonly value: number;
}

/**
 * Shifts the colours of `image` in place and returns it. Grey images, and grey pixels of colour images, change in
 * value alone.
 */
export function shiftHsv(image: ByteImage, { hue, saturation, value }: HsvShift): ByteImage {
  const { data, width, height, channels } = image;
  if (channels === 1)
    return applyTable(
      image,
      toneTable((level) => level * Math.max(value, 0)),
    );
  const kernel = pixelKernel(data.length);
  // Sixths of the circle, in single precision below six.
  const turn = Math.fround(6 * (hue - Math.floor(hue)));
  kernel.edit(data, (at) => {
    kernel.run.shiftHsv(at, width * height, turn < 6 ? turn : 0, Math.max(saturation, 0), Math.max(value, 0));
  });
  return image;
}

/**
 * Writes `image` as planes R, G, B into a batch from `offset` on; grey fills all three.
 *
 * @param out 3 x height x width bytes are written
 * @throws {ShapeError} if `out` has no room for them
 */
export function toPlanes({ data, width, height, channels }: ByteImage, out: Uint8Array, offset = 0): void {
  const plane = width * height;
  if (offset + 3 * plane > out.length) {
    throw new ShapeError(`toPlanes: 3 x ${height} x ${width} values from ${offset} on, room for ${out.length}`);
  }
  if (channels === 1) {
    for (let k = 0; k < 3; k++) out.set(data, offset + k * plane);
    return;
  }
  const kernel = pixelKernel(data.length, 3 * plane + 64);
  kernel.look(data, (at) => {
    const planes = kernel.room(3 * plane);
    kernel.run.planes(at, plane, planes);
    out.set(kernel.view(planes, 3 * plane), offset);
  });
}
