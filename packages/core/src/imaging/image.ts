/**
 * @file An image in memory.
 *
 * `data` holds rows from top to bottom, pixels from left to right, channels interleaved: value (y, x, c) is
 * `data[(y * width + x) * channels + c]`. One channel is grey, three are red, green, blue. Coordinates are continuous:
 * pixel (0, 0) covers [0, 1) x [0, 1).
 */
import { ShapeError } from "../errors";

/** Pixel storage: 8 bit for display, 16 bit and float for what a modality measured. */
export type Pixels = Uint8Array | Uint16Array | Int16Array | Float32Array;

export interface Image<P extends Pixels = Pixels> {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly data: P;
}

/** 8-bit image, the kind that is shown, drawn upon and augmented. */
export type ByteImage = Image<Uint8Array>;

/** @throws {ShapeError} if `data` is not height x width x channels long */
export function image<P extends Pixels>(width: number, height: number, channels: 1 | 3, data: P): Image<P> {
  if (data.length !== width * height * channels) {
    throw new ShapeError(`image: ${data.length} values for ${width} x ${height} x ${channels}`);
  }
  return { width, height, channels, data };
}
