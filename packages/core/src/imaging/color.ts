/**
 * @file Colour of 8-bit images: shifts of hue, saturation and value; planes for a network.
 *
 * Arithmetic as in OpenCV's 8-bit HSV, within one grey level: hue in steps of two degrees, 0 ... 179, saturation and
 * value 0 ... 255.
 */
import { ShapeError } from "../errors";
import type { ByteImage } from "./image";

export interface HsvShift {
  /** Added to the hue, as a fraction of the whole circle. 0 leaves it. */
  readonly hue: number;
  /** Factor of the saturation. 1 leaves it. */
  readonly saturation: number;
  /** Factor of the value, of the brightness therefore. 1 leaves it. */
  readonly value: number;
}

/** 2^12 * 255 / v and 2^12 * 30 / d, rounded: divisions of the conversion as multiplications. */
const SATURATION_OVER = Int32Array.from({ length: 256 }, (_, v) => (v === 0 ? 0 : Math.round((255 * 4096) / v)));
const HUE_OVER = Int32Array.from({ length: 256 }, (_, d) => (d === 0 ? 0 : Math.round((30 * 4096) / d)));

/**
 * Shifts the colours of `image` in place and returns it. Grey images, and grey pixels of colour images, change in
 * value alone.
 */
export function shiftHsv(image: ByteImage, { hue, saturation, value }: HsvShift): ByteImage {
  const { data } = image;
  const scaled = (x: number, factor: number) => Math.min(Math.max(x * factor, 0), 255);
  const newValue = Uint8Array.from({ length: 256 }, (_, v) => scaled(v, value));
  if (image.channels === 1) {
    for (let i = 0; i < data.length; i++) data[i] = newValue[data[i]];
    return image;
  }
  const newHue = Uint8Array.from({ length: 180 }, (_, h) => (((h + hue * 180) % 180) + 180) % 180);
  const newSaturation = Uint8Array.from({ length: 256 }, (_, s) => scaled(s, saturation));
  for (let i = 0; i < data.length; i += 3) {
    const r = data[i];
    const g = data[i + 1];
    const b = data[i + 2];
    const top = Math.max(r, g, b);
    const spread = top - Math.min(r, g, b);
    const v = newValue[top];
    const s = newSaturation[(spread * SATURATION_OVER[top] + 2048) >> 12];
    if (s === 0 || v === 0) {
      data[i] = data[i + 1] = data[i + 2] = v;
      continue;
    }
    const turn = top === r ? g - b : top === g ? b - r + 2 * spread : r - g + 4 * spread;
    const h = (turn * HUE_OVER[spread] + 2048) >> 12;
    const steps = newHue[h < 0 ? h + 180 : h];
    // Six sectors of 30 steps: one channel is at v, one at the bottom, the third between. Cut, not rounded: so is OpenCV.
    const sector = (steps / 30) | 0;
    const f = steps / 30 - sector;
    const unit = s / 255;
    const low = (v * (1 - unit)) | 0;
    const between = (v * (1 - unit * (sector % 2 === 0 ? 1 - f : f))) | 0;
    data[i] = sector === 0 || sector === 5 ? v : sector === 1 || sector === 4 ? between : low;
    data[i + 1] = sector === 1 || sector === 2 ? v : sector === 0 || sector === 3 ? between : low;
    data[i + 2] = sector === 3 || sector === 4 ? v : sector === 2 || sector === 5 ? between : low;
  }
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
  for (let i = 0, p = offset, q = offset + plane, r = q + plane; i < data.length; i += 3, p++, q++, r++) {
    out[p] = data[i];
    out[q] = data[i + 1];
    out[r] = data[i + 2];
  }
}
