/**
 * @file One training image: geometry, then colours.
 */
import type { Random } from "../../math/random";
import { shiftHsv } from "../color";
import { type ByteImage, image } from "../image";
import type { Augmentation } from "./augmentation";
import { moveLabels, type PlacedLabel } from "./move-labels";
import { paintTile } from "./paint-tile";
import { randomTransform } from "./random-transform";
import { centred, mosaic, type Source } from "./tile";

/** Grey of the margins, as in validation and prediction. */
const FILL = 114;

/** A training image and what is marked in it. */
export interface Augmented {
  /** One channel if all sources have one. */
  readonly image: ByteImage;
  /** In pixels of the training image, in the order of the sources. */
  readonly labels: readonly PlacedLabel[];
}

/**
 * A training image of `size` x `size` pixels from four sources (a mosaic) or one, its labels carried along.
 *
 * Every output pixel is read from its source once, whatever is composed: mosaic, scale, turn, lean, shift and flips are
 * one affine transform for each source.
 *
 * @param sources one or four, each at least 2 x 2 pixels and no side longer than `size`
 * @param scratch 3 x size x size bytes, which the image will use
 */
export function augment(
  sources: readonly Source[],
  options: Augmentation,
  size: number,
  random: Random,
  scratch: Uint8Array,
): Augmented {
  const canvas = sources.length === 4 ? mosaic(sources, size, random) : centred(sources[0], size);
  const transform = randomTransform(options, canvas.size, size, random);
  const hsvShift = {
    hue: random.uniform(-1, 1) * options.hsv_h,
    saturation: 1 + random.uniform(-1, 1) * options.hsv_s,
    value: 1 + random.uniform(-1, 1) * options.hsv_v,
  };
  const channels = sources.every((source) => source.image.channels === 1) ? 1 : 3;
  const target = image(size, size, channels, scratch.subarray(0, size * size * channels).fill(FILL));
  const labels: PlacedLabel[] = [];
  for (const tile of canvas.tiles) {
    paintTile(tile, transform.outputFromCanvas, target);
    labels.push(...moveLabels(tile, transform, size));
  }
  // Without a change the conversion would still cost a rounding of the colours.
  if (options.hsv_h > 0 || options.hsv_s > 0 || options.hsv_v > 0) shiftHsv(target, hsvShift);
  return { image: target, labels };
}
