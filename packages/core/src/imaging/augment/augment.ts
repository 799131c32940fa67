/**
 * @file One training image: geometry, company, then colours.
 *
 * Where all sources have grey levels that are not cut yet, they are painted and mixed as such, and cut where
 * `applyIntensityToLevels` says. Beside bytes they are cut first.
 */
import type { Random } from "../../math/random";
import { shiftHsv } from "../color";
import { cutLevels, isLevelImage, type PaintableImage, type PaintablePixels, stepsOf } from "../grey-levels";
import { type ByteImage, image } from "../image";
import { isByteImage } from "../intensity";
import { applyIntensity, applyIntensityToLevels } from "./apply-intensity";
import type { Augmentation } from "./augmentation";
import { chooseTransforms } from "./choose-transforms";
import type { Partners } from "./company";
import { erase } from "./erase";
import { cutMix, mixUp, type Painted } from "./mix";
import { moveLabels, type PlacedLabel } from "./move-labels";
import { paintTiles } from "./paint-tiles";
import { pasteLesions } from "./paste-lesions";
import { randomTransform, withGeometry } from "./random-transform";
import { centred, mosaic, type Source } from "./tile";
import type { SimpleTransform } from "./transform-table";

/** Grey of the margins, as in validation and prediction. */
const FILL = 114;

/** A training image and what is marked in it. */
export interface Augmented {
  /** One channel if all sources have one. */
  readonly image: ByteImage;
  /** In pixels of the training image, in the order of the sources; pasted and mixed ones after them. */
  readonly labels: readonly PlacedLabel[];
}

/**
 * A training image of `size` x `size` pixels from four sources (a mosaic) or one, its labels carried along.
 *
 * Every output pixel is read from its source once, whatever is composed: mosaic, tilt, scale, turn, lean, shift, flips and
 * elastic bending are one position for each source. Numbers are drawn for what is switched on alone, in one order, so that
 * what is off leaves the rest as it is.
 *
 * @param given one or four sources, each at least 2 x 2 pixels and no side longer than `size`
 * @param scratch 3 x size x size bytes from an even offset on, which the image will use
 * @param givenPartners other images to mix with and to paste from
 */
export function augment(
  given: readonly Source[],
  options: Augmentation,
  size: number,
  random: Random,
  scratch: Uint8Array,
  givenPartners: Partners = {},
): Augmented {
  const { sources, partners, frame } = ofOneKind(given, givenPartners, size);
  const { hsv_h, hsv_s, hsv_v } = options;

  const canvas = canvasOf(sources, size, random);
  const drawn = randomTransform(options, canvas.size, size, random);
  const hsvShift = {
    hue: random.uniform(-1, 1) * hsv_h,
    saturation: 1 + random.uniform(-1, 1) * hsv_s,
    value: 1 + random.uniform(-1, 1) * hsv_v,
  };
  const chosen = chooseTransforms(options.transforms, random);
  const transform = withGeometry(drawn, chosen, size, random);
  const making = { canvas, transform, swapped: options.flip_swap };
  let painted = paint(making, frame(scratch));
  if (partners.donor) painted = pasteLesions(painted, partners.donor, making, random);
  for (const [others, mix] of [
    [partners.mixup, mixUp],
    [partners.cutmix, cutMix],
  ] as const) {
    if (!others) continue;
    const second = drawMaking(others, options, chosen, size, random);
    painted = mix(painted, paint(second, frame(new Uint8Array(scratch.length))), random);
  }

  const { labels } = painted;
  let shown: ByteImage;
  if (isLevelImage(painted.image)) {
    // The canvas takes two of the three parts.
    const room = scratch.subarray(2 * size * size, 3 * size * size);
    shown = applyIntensityToLevels(painted.image, hsvShift.value, chosen, random, room);
  } else {
    shown = bytesOf(painted.image);
    // Without a change the conversion would still cost a rounding of the colours.
    if (hsv_h > 0 || hsv_s > 0 || hsv_v > 0) shiftHsv(shown, hsvShift);
    applyIntensity(shown, chosen, random);
  }
  if (options.erasing > 0 && random.chance(options.erasing)) erase(shown, labels, FILL, random);
  return { image: shown, labels };
}

/** All sources as levels or, unless all are, as bytes, and how a canvas for them is laid out in memory. */
function ofOneKind(sources: readonly Source[], { mixup, cutmix, donor }: Partners, size: number) {
  const all = [...sources, ...(mixup ?? []), ...(cutmix ?? []), ...(donor ? [donor] : [])];
  if (all.every((source) => isLevelImage(source.image))) {
    const frame = ({ buffer, byteOffset }: Uint8Array): PaintableImage =>
      image(size, size, 1, new Uint16Array(buffer, byteOffset, size * size).fill(stepsOf(FILL)));
    return { sources, partners: { mixup, cutmix, donor }, frame };
  }
  const channels = all.every((source) => source.image.channels === 1) ? 1 : 3;
  const frame = (memory: Uint8Array): PaintableImage =>
    image(size, size, channels, memory.subarray(0, size * size * channels).fill(FILL));
  const cut = (source: Source): Source => ({ ...source, image: bytesOf(source.image) });
  const partners = { mixup: mixup?.map(cut), cutmix: cutmix?.map(cut), donor: donor && cut(donor) };
  return { sources: sources.map(cut), partners, frame };
}

function bytesOf(pixels: PaintableImage): ByteImage {
  if (isByteImage(pixels)) return pixels;
  if (isLevelImage(pixels)) return cutLevels(pixels);
  throw new Error("unreachable: pixels of another type");
}

function canvasOf(sources: readonly Source[], size: number, random: Random) {
  return sources.length === 4 ? mosaic(sources, size, random) : centred(sources[0], size);
}

/** How an image to mix with is made: with a geometry of its own. */
function drawMaking(
  sources: readonly Source[],
  options: Augmentation,
  chosen: readonly SimpleTransform[],
  size: number,
  random: Random,
) {
  const canvas = canvasOf(sources, size, random);
  const drawn = randomTransform(options, canvas.size, size, random);
  return { canvas, transform: withGeometry(drawn, chosen, size, random), swapped: options.flip_swap };
}

/** @param target filled with what margins show */
function paint(
  { canvas, transform, swapped }: ReturnType<typeof drawMaking>,
  target: PaintableImage,
): Painted<PaintablePixels> {
  paintTiles(canvas.tiles, transform, target);
  const labels = canvas.tiles.flatMap((tile) => moveLabels(tile, transform, target.width, swapped));
  return { image: target, labels };
}
