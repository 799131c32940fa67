/**
 * @file Random affine transforms from a canvas to a training image.
 */
import { type Affine, compose, rotation, scaling, shear, translation } from "../../geometry/affine";
import type { Random } from "../../math/random";
import type { Augmentation } from "./augmentation";

/** A drawn transform. */
export interface DrawnTransform {
  readonly outputFromCanvas: Affine;
  /** The scale that was drawn, which label filters allow for. */
  readonly scale: number;
}

/**
 * Centre of the canvas to the origin, scale, turn, lean, shift to about the middle of the output, flips.
 *
 * @param canvasSize side of the canvas, pixels
 * @param size side of the output, pixels
 */
export function randomTransform(
  options: Augmentation,
  canvasSize: number,
  size: number,
  random: Random,
): DrawnTransform {
  const { degrees, translate } = options;
  const angle = random.uniform(-degrees, degrees);
  const scale = random.uniform(1 - options.scale, 1 + options.scale);
  const leanX = random.uniform(-options.shear, options.shear);
  const leanY = random.uniform(-options.shear, options.shear);
  const shiftX = random.uniform(0.5 - translate, 0.5 + translate) * size;
  const shiftY = random.uniform(0.5 - translate, 0.5 + translate) * size;
  const flipY: Affine = random.chance(options.flipud) ? [1, 0, 0, 0, -1, size] : [1, 0, 0, 0, 1, 0];
  const flipX: Affine = random.chance(options.fliplr) ? [-1, 0, size, 0, 1, 0] : [1, 0, 0, 0, 1, 0];
  const outputFromCanvas = compose(
    flipX,
    flipY,
    translation(shiftX, shiftY),
    shear(leanX, leanY),
    rotation(angle),
    scaling(scale),
    translation(-canvasSize / 2, -canvasSize / 2),
  );
  return { outputFromCanvas, scale };
}
