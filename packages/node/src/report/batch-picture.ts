/**
 * @file A batch as the network gets it, as one picture: its images side by side with the boxes that are their targets.
 */
import { REGION } from "@fovea/core/imaging/augment/tile";
import type { Canvas } from "@napi-rs/canvas";
import type { Batch } from "../data/batch";
import { FINDING_COLOURS } from "../imaging/draw-findings";
import { FONT_FAMILY, prepareFont } from "../imaging/picture-font";

export interface BatchPictureOptions {
  /** Longer side of the picture at most, pixels. @default 960 */
  readonly maxSide?: number;
  /** Images shown of a batch, the first ones. @default 16 */
  readonly mostImages?: number;
}

/** One image of a batch, already at the size it is shown. */
interface Cell {
  readonly rgba: Uint8ClampedArray;
  /** Targets: class, centre x, centre y, width, height in fractions. */
  readonly boxes: readonly (readonly [number, number, number, number, number])[];
}

/** A batch as it is drawn, copied out of the loader's memory, which goes on to hold other images. */
export interface BatchCopy {
  readonly side: { readonly width: number; readonly height: number };
  readonly cells: readonly Cell[];
}

const GAP = 4;

/** Takes what is to be shown of `batch`, reduced by whole steps; quick enough to be done between two steps. */
export function copyBatch(batch: Batch, { maxSide = 960, mostImages = 16 }: BatchPictureOptions = {}): BatchCopy {
  const count = Math.min(batch.size, mostImages);
  const columns = Math.ceil(Math.sqrt(count));
  const room = (maxSide - (columns - 1) * GAP) / columns;
  const step = Math.max(1, Math.ceil(Math.max(batch.width, batch.height) / room));
  const width = Math.floor(batch.width / step);
  const height = Math.floor(batch.height / step);
  const cells = Array.from({ length: count }, (_, i): Cell => {
    const boxes: [number, number, number, number, number][] = [];
    for (let t = 0; t < batch.targets.length; t += 6) {
      const [image, classId, x, y, w, h] = batch.targets.subarray(t, t + 6);
      if (image === i) boxes.push([classId, x, y, w, h]);
    }
    return { rgba: reduced(batch, i, step, width, height), boxes };
  });
  return { side: { width, height }, cells };
}

/** Mean over `step` x `step` pixels of image `i`, as RGBA. */
function reduced(batch: Batch, i: number, step: number, width: number, height: number): Uint8ClampedArray {
  const plane = batch.width * batch.height;
  const rgba = new Uint8ClampedArray(4 * width * height).fill(255);
  for (let c = 0; c < 3; c++) {
    const start = (3 * i + c) * plane;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        let sum = 0;
        for (let v = 0; v < step; v++) {
          const row = start + (y * step + v) * batch.width + x * step;
          for (let u = 0; u < step; u++) sum += batch.images[row + u];
        }
        rgba[4 * (y * width + x) + c] = sum / (step * step);
      }
    }
  }
  return rgba;
}

/**
 * The copy as a JPEG.
 *
 * @param names of the classes, by id
 */
export async function batchPicture({ side, cells }: BatchCopy, names: readonly string[]): Promise<EncodedPicture> {
  const columns = Math.ceil(Math.sqrt(cells.length));
  const rows = Math.ceil(cells.length / columns);
  const used = new Set(cells.flatMap(({ boxes }) => boxes.map(([classId]) => nameOf(classId, names))));
  await prepareFont([...used].join(""));
  const { createCanvas } = await import("@napi-rs/canvas");
  const canvas = createCanvas(columns * (side.width + GAP) - GAP, rows * (side.height + GAP) - GAP);
  const context = canvas.getContext("2d");
  context.fillStyle = "#101418";
  context.fillRect(0, 0, canvas.width, canvas.height);
  cells.forEach(({ rgba, boxes }, i) => {
    const left = (i % columns) * (side.width + GAP);
    const top = Math.floor(i / columns) * (side.height + GAP);
    const picture = context.createImageData(side.width, side.height);
    picture.data.set(rgba);
    context.putImageData(picture, left, top);
    context.save();
    context.beginPath();
    context.rect(left, top, side.width, side.height);
    context.clip();
    for (const [classId, x, y, w, h] of boxes) {
      const colour = classId === REGION ? REGION_COLOUR : FINDING_COLOURS[classId % FINDING_COLOURS.length];
      const [x1, y1] = [left + (x - w / 2) * side.width, top + (y - h / 2) * side.height];
      context.strokeStyle = colour;
      context.lineWidth = 1.5;
      context.strokeRect(x1, y1, w * side.width, h * side.height);
      context.font = `600 11px "${FONT_FAMILY}"`;
      context.fillStyle = colour;
      context.textBaseline = "bottom";
      context.fillText(nameOf(classId, names), x1 + 1, Math.max(y1 - 1, top + 12));
    }
    context.restore();
  });
  return encoded(canvas);
}

/** Regions in which nothing is judged. */
const REGION_COLOUR = "#b0b8c0";
const nameOf = (classId: number, names: readonly string[]) =>
  classId === REGION ? "ignored" : (names[classId] ?? String(classId));

/** Bytes of a JPEG and its size in pixels. */
export interface EncodedPicture {
  readonly jpeg: Buffer;
  readonly width: number;
  readonly height: number;
}

/** Enough for pictures that are looked at, not measured. */
const QUALITY = 80;

export async function encoded(canvas: Canvas): Promise<EncodedPicture> {
  return { jpeg: await canvas.encode("jpeg", QUALITY), width: canvas.width, height: canvas.height };
}
