/**
 * @file Two training images made into one.
 *
 * Mixup: Zhang et al., ICLR 2018, arXiv:1710.09412. CutMix: Yun et al., ICCV 2019, arXiv:1905.04899.
 */
import { type Bounds, boundsOf, clipPolygon } from "../../geometry/polygon";
import type { Random } from "../../math/random";
import type { PaintablePixels } from "../grey-levels";
import type { Image } from "../image";
import { leastLeft, MIN_SIDE, type PlacedLabel } from "./move-labels";

/** A training image as it is being made. */
export interface Painted<P extends PaintablePixels = Uint8Array> {
  readonly image: Image<P>;
  readonly labels: readonly PlacedLabel[];
}

/** Both shapes of the Beta distribution from which the share of a mixup is drawn, as in the public tools: near a half. */
const MIXUP_SHAPE = 32;

/**
 * `base` blended with `other`, in place, with the labels of both; the share of `base` is drawn from Beta(32, 32).
 *
 * @param other of the same size, channels and pixel type
 */
export function mixUp<P extends PaintablePixels>(base: Painted<P>, other: Painted<P>, random: Random): Painted<P> {
  const [a, b] = [gamma(MIXUP_SHAPE, random), gamma(MIXUP_SHAPE, random)];
  const weight = Math.round((a / (a + b)) * 256);
  const { data } = base.image;
  const second = other.image.data;
  for (let i = 0; i < data.length; i++) data[i] = (weight * data[i] + (256 - weight) * second[i] + 128) >> 8;
  return { image: base.image, labels: [...base.labels, ...other.labels] };
}

/** Gamma of a whole shape: so many exponential waiting times in a row. */
function gamma(shape: number, random: Random): number {
  let sum = 0;
  for (let i = 0; i < shape; i++) sum -= Math.log(1 - random.uniform());
  return sum;
}

/** Places tried for the piece. */
const ATTEMPTS = 10;

/**
 * A rectangle of `other` put over `base`, in place. Its area is drawn evenly, its place so that no lesion of `base` is touched
 * (half a lesion teaches something wrong); where none of ten places is free, `base` stays as it is.
 *
 * @param other of the same size, channels and pixel type
 */
export function cutMix<P extends PaintablePixels>(base: Painted<P>, other: Painted<P>, random: Random): Painted<P> {
  const { width, height, channels, data } = base.image;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const side = Math.sqrt(random.uniform());
    const place = rectangle(random, width, height, side * width, side * height);
    if (place.x2 - place.x1 < MIN_SIDE || place.y2 - place.y1 < MIN_SIDE) continue;
    if (base.labels.some((label) => overlapArea(label, place) > 0)) continue;
    for (let y = place.y1; y < place.y2; y++) {
      const from = (y * width + place.x1) * channels;
      const to = (y * width + place.x2) * channels;
      data.set(other.image.data.subarray(from, to), from);
    }
    return { image: base.image, labels: [...base.labels, ...other.labels.flatMap((label) => cutTo(label, place))] };
  }
  return base;
}

/** A rectangle of about `w` x `h` whole pixels around a random point, cut at the image's edges. */
export function rectangle(random: Random, width: number, height: number, w: number, h: number): Bounds {
  const [x, y] = [random.uniform(0, width), random.uniform(0, height)];
  return {
    x1: Math.max(0, Math.round(x - w / 2)),
    y1: Math.max(0, Math.round(y - h / 2)),
    x2: Math.min(width, Math.round(x + w / 2)),
    y2: Math.min(height, Math.round(y + h / 2)),
  };
}

export function overlapArea(a: Bounds, b: Bounds): number {
  const width = Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1);
  const height = Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1);
  return width > 0 && height > 0 ? width * height : 0;
}

/** What `place` shows of a label; nothing if that is too little for a lesion. */
function cutTo(label: PlacedLabel, place: Bounds): PlacedLabel[] {
  const least = leastLeft(label);
  const area = (label.x2 - label.x1) * (label.y2 - label.y1);
  if (overlapArea(label, place) <= least.share * area) return [];
  const outline = label.outline && clipPolygon(label.outline, place);
  const box = outline
    ? boundsOf(outline)
    : {
        x1: Math.max(label.x1, place.x1),
        y1: Math.max(label.y1, place.y1),
        x2: Math.min(label.x2, place.x2),
        y2: Math.min(label.y2, place.y2),
      };
  const large = box.x2 - box.x1 > least.side && box.y2 - box.y1 > least.side;
  return large ? [{ ...label, ...box, outline }] : [];
}
