/**
 * @file Chest radiographs of patients who never lived, with the places of their lesions known exactly.
 *
 * For trying out an installation and a pipeline, never for judging a detector on real patients: a phantom has the
 * layout of a radiograph and none of its difficulty.
 */
import { ArgumentError } from "../errors";
import type { Box } from "../finding";
import { type Image, image } from "../imaging/image";
import { hashSeed, Random } from "../math/random";
import { type Chest, drawChest } from "./anatomy";
import { sample } from "./canvas";
import { LESION_CLASSES, type LesionClass, type LesionShape, lesionShape } from "./lesion";
import { CANVAS_MM } from "./patient";

/** A lesion and its box, around every pixel that the lesion brightens visibly. */
export interface PhantomLesion {
  /** Index into `LESION_CLASSES`. */
  readonly classId: number;
  readonly className: LesionClass;
  /** Pixels. */
  readonly box: Box;
}

export interface Phantom {
  /** 12 bits in 16, bright where much is absorbed (MONOCHROME2). */
  readonly image: Image<Uint16Array>;
  readonly lesions: readonly PhantomLesion[];
  /** Distance of pixel centres at the detector, equal both ways. */
  readonly spacingMm: number;
}

export interface PhantomOptions {
  /** Pixels. @default 512 */
  readonly width?: number;
  /** Pixels. @default 512 */
  readonly height?: number;
  /** How often each class is drawn, in the order of `LESION_CLASSES`, to one another. @default all alike */
  readonly shares?: readonly number[];
}

const ALIKE = LESION_CLASSES.map(() => 1);

/** The detector's longer side: a 35 cm cassette. */
const FIELD_MM = 350;
/** Opacity from which a lesion counts as seen. */
const VISIBLE = 0.15;
/** The largest stored value: 12 bits. */
const WHITE = 4095;

/**
 * Draw phantom `index` of the set that belongs to `seed`: the same numbers give the same picture everywhere.
 *
 * One in eight has no lesion, the others one to four. Lesions lie in the lungs and do not touch one another.
 *
 * @throws {ArgumentError} if a side is not a whole number from 64 to 8192, or the shares are no shares of the classes
 */
export function drawPhantom(
  seed: number,
  index: number,
  { width = 512, height = 512, shares = ALIKE }: PhantomOptions = {},
): Phantom {
  for (const side of [width, height]) {
    if (!Number.isInteger(side) || side < 64 || side > 8192) {
      throw new ArgumentError(`drawPhantom: ${width} x ${height} pixels, expected whole sides from 64 to 8192`);
    }
  }
  const whole = shares.reduce((sum, share) => sum + share, 0);
  if (
    shares.length !== LESION_CLASSES.length ||
    !shares.every((share) => share >= 0) ||
    !(whole > 0 && whole < Infinity)
  ) {
    throw new ArgumentError(
      `drawPhantom: shares are ${shares}, expected one of 0 or more for each of ${LESION_CLASSES}`,
    );
  }
  const random = new Random(hashSeed(seed, index));
  const view = drawView(random, width, height);
  const chest = drawChest(random);
  const values = project(chest, view);
  const lesions = placeLesions(values, chest, view, shares, random);
  return { image: image(width, height, 1, expose(values, random, width)), lesions, spacingMm: view.spacingMm };
}

/** Where a pixel looks on the canvas: (originX + x cos - y sin, originY + x sin + y cos) for pixel position (x, y). */
interface View {
  readonly width: number;
  readonly height: number;
  /** At the detector. */
  readonly spacingMm: number;
  readonly originX: number;
  readonly originY: number;
  readonly cos: number;
  readonly sin: number;
}

/** The patient stands slightly turned, off the middle, nearer or farther. */
function drawView(random: Random, width: number, height: number): View {
  const spacingMm = FIELD_MM / Math.max(width, height);
  const angle = (random.uniform(-4, 4) * Math.PI) / 180;
  const zoom = random.uniform(0.94, 1.06) * spacingMm;
  const cos = Math.cos(angle) * zoom;
  const sin = Math.sin(angle) * zoom;
  const centerX = CANVAS_MM / 2 + random.uniform(-8, 8);
  const centerY = CANVAS_MM / 2 - 12 + random.uniform(-8, 8);
  return {
    width,
    height,
    spacingMm,
    originX: centerX - (cos * width) / 2 + (sin * height) / 2,
    originY: centerY - (sin * width) / 2 - (cos * height) / 2,
    cos,
    sin,
  };
}

/** Attenuation at each pixel. */
function project({ attenuation }: Chest, view: View): Float32Array {
  const { width, height } = view;
  const values = new Float32Array(width * height);
  for (let row = 0, at = 0; row < height; row++) {
    let x = view.originX + 0.5 * view.cos - (row + 0.5) * view.sin;
    let y = view.originY + 0.5 * view.sin + (row + 0.5) * view.cos;
    for (let column = 0; column < width; column++, at++) {
      values[at] = sample(attenuation, x, y);
      x += view.cos;
      y += view.sin;
    }
  }
  return values;
}

/** A class, each as often as its share of all. */
function drawClass(shares: readonly number[], random: Random): LesionClass {
  let left = random.uniform() * shares.reduce((sum, share) => sum + share, 0);
  const chosen = shares.findIndex((share) => {
    left -= share;
    return left < 0;
  });
  return LESION_CLASSES[chosen];
}

function placeLesions(
  values: Float32Array,
  chest: Chest,
  view: View,
  shares: readonly number[],
  random: Random,
): PhantomLesion[] {
  const { width, height, spacingMm } = view;
  const count = random.chance(0.125) ? 0 : random.integer(1, 5);
  const lesions: PhantomLesion[] = [];
  for (let i = 0; i < count; i++) {
    const className = drawClass(shares, random);
    // Lungs are crowded: a lesion that finds no room is left out.
    for (let attempt = 0; attempt < 80; attempt++) {
      const shape = lesionShape(className, random);
      const reach = shape.reachMm / spacingMm;
      const x = random.uniform(reach, width - reach);
      const y = random.uniform(reach, height - reach);
      if (!isInLung(chest, view, x, y, reach)) continue;
      if (lesions.some(({ box }) => touches(box, x, y, reach))) continue;
      const box = drawLesion(values, view, shape, x, y);
      lesions.push({ classId: LESION_CLASSES.indexOf(className), className, box });
      break;
    }
  }
  return lesions;
}

/** Whether the centre and eight points near the border are lung. */
function isInLung({ lungs }: Chest, view: View, x: number, y: number, reach: number): boolean {
  for (let i = 0; i < 9; i++) {
    const angle = (i * Math.PI) / 4;
    const far = i === 8 ? 0 : 0.72 * reach;
    const px = x + far * Math.cos(angle);
    const py = y + far * Math.sin(angle);
    const lung = sample(
      lungs,
      view.originX + px * view.cos - py * view.sin,
      view.originY + px * view.sin + py * view.cos,
    );
    if (lung < 0.7) return false;
  }
  return true;
}

function touches(box: Box, x: number, y: number, reach: number): boolean {
  return x + reach > box.x1 && x - reach < box.x2 && y + reach > box.y1 && y - reach < box.y2;
}

/** Add a lesion to the attenuation and give the box of its visible pixels. */
function drawLesion(
  values: Float32Array,
  { width, height, spacingMm }: View,
  { opacity, contrast, reachMm }: LesionShape,
  x: number,
  y: number,
): Box {
  const reach = reachMm / spacingMm;
  let [x1, y1, x2, y2] = [width, height, 0, 0];
  for (let row = Math.max(0, Math.floor(y - reach)); row < Math.min(height, y + reach); row++) {
    for (let column = Math.max(0, Math.floor(x - reach)); column < Math.min(width, x + reach); column++) {
      const value = opacity((column + 0.5 - x) * spacingMm, (row + 0.5 - y) * spacingMm);
      values[row * width + column] += contrast * value;
      if (value < VISIBLE) continue;
      if (column < x1) x1 = column;
      if (column >= x2) x2 = column + 1;
      if (row < y1) y1 = row;
      if (row >= y2) y2 = row + 1;
    }
  }
  return { x1, y1, x2, y2 };
}

/** Attenuation to 12 bits: exposure and contrast of the day, quantum noise. */
function expose(values: Float32Array, random: Random, width: number): Uint16Array {
  const offset = random.uniform(-0.04, 0);
  const gain = random.uniform(1.08, 1.22) * WHITE;
  const noise = Float32Array.from({ length: 8192 }, () => random.normal() * 0.016);
  const out = new Uint16Array(values.length);
  for (let i = 0, n = 0; i < values.length; i++, n++) {
    // A new place in the noise for each row, so that its repetition is not seen.
    if (i % width === 0) n = random.integer(0, noise.length);
    const value = gain * (offset + values[i] + noise[n & 8191]);
    out[i] = Math.max(0, Math.min(value, WHITE));
  }
  return out;
}
