/**
 * @file One training batch of real images, the same for both sides.
 *
 * A folder of two files. `images.f32`: B × 3 × S × S float32 in 0…1, RGB, letterboxed, little-endian. `targets.json`:
 * `image` (T, rising), `class` (T) and `box` (T × 4, centre and size in 0…1 of the letterboxed image).
 */
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import sharp from "sharp";

const FILL = { r: 114, g: 114, b: 114 };

export interface Targets {
  readonly image: number[];
  readonly class: number[];
  readonly box: number[][];
}

/** Files of a list of the data set in `folder`, absolute. */
export function listed(folder: string, list: string): string[] {
  const lines = readFileSync(join(folder, list), "utf8").split("\n");
  return lines.filter((line) => line.trim() !== "").map((line) => join(folder, line.trim()));
}

/** RGB bytes of the image at `path`, fitted into a square of `size` px, and its scale on each axis. */
async function letterboxed(path: string, size: number): Promise<{ bytes: Buffer; scale: readonly [number, number] }> {
  const { width, height } = await sharp(path).metadata();
  const longest = Math.max(width, height);
  const bytes = await sharp(path)
    .resize(size, size, { fit: "contain", background: FILL })
    .removeAlpha()
    .toColourspace("srgb")
    .raw()
    .toBuffer();
  return { bytes, scale: [width / longest, height / longest] };
}

/**
 * Writes `batch` images, spread evenly over the list `train` of the YOLO data set in `data`, into `folder`.
 *
 * @returns how many boxes they hold
 */
export async function writeBatch(data: string, train: string, folder: string, size: number, batch: number) {
  const files = listed(data, train);
  const images = new Float32Array(batch * 3 * size * size);
  const targets: Targets = { image: [], class: [], box: [] };
  for (let i = 0; i < batch; i++) {
    const file = files[Math.floor(((i + 0.25) * files.length) / batch)];
    const { bytes, scale } = await letterboxed(file, size);
    for (let p = 0; p < size * size; p++) {
      for (let c = 0; c < 3; c++) images[(i * 3 + c) * size * size + p] = bytes[3 * p + c] / 255;
    }
    const labels = join(data, "labels", basename(file).replace(/\.\w+$/, ".txt"));
    for (const line of readFileSync(labels, "utf8").split("\n").filter(Boolean)) {
      const [label, cx, cy, w, h] = line.split(" ").map(Number);
      targets.image.push(i);
      targets.class.push(label);
      targets.box.push([0.5 + (cx - 0.5) * scale[0], 0.5 + (cy - 0.5) * scale[1], w * scale[0], h * scale[1]]);
    }
  }
  writeFileSync(join(folder, "images.f32"), images);
  writeFileSync(join(folder, "targets.json"), JSON.stringify(targets));
  return targets.image.length;
}
