/**
 * @file Random geometry from a canvas to a training image: one affine map, and what follows it where that is not all.
 */
import { type Affine, compose, rotation, scaling, shear, translation } from "../../geometry/affine";
import { invertProjective, type Projective, projective, squareToCorners } from "../../geometry/projective";
import type { Random } from "../../math/random";
import type { Augmentation } from "./augmentation";
import { randomDisplacement } from "./displacement";
import type { SimpleTransform, TransformOf } from "./transform-table";
import { projectiveStep, type WarpStep, withStep } from "./warp";

/** A drawn transform. */
export interface DrawnTransform {
  readonly outputFromCanvas: Affine;
  /** The scale that was drawn, which label filters allow for. */
  readonly scale: number;
  /** Whether left and right are exchanged, as in a mirror. @default false */
  readonly mirrored?: boolean;
  /** Steps after `outputFromCanvas`, if the whole is not affine. @default none */
  readonly warp?: readonly WarpStep[];
}

/**
 * Centre of the canvas to the origin, tilt, scale, turn, lean, shift to about the middle of the output, flips.
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
  const { degrees, translate, perspective } = options;
  const angle = random.uniform(-degrees, degrees);
  const scale = random.uniform(1 - options.scale, 1 + options.scale);
  const leanX = random.uniform(-options.shear, options.shear);
  const leanY = random.uniform(-options.shear, options.shear);
  const shiftX = random.uniform(0.5 - translate, 0.5 + translate) * size;
  const shiftY = random.uniform(0.5 - translate, 0.5 + translate) * size;
  const flipped = random.chance(options.flipud);
  const flipY: Affine = flipped ? [1, 0, 0, 0, -1, size] : [1, 0, 0, 0, 1, 0];
  const exchanged = random.chance(options.fliplr);
  const flipX: Affine = exchanged ? [-1, 0, size, 0, 1, 0] : [1, 0, 0, 0, 1, 0];
  // Upside down and left to right together are half a turn.
  const mirrored = flipped !== exchanged;
  const centred = translation(-canvasSize / 2, -canvasSize / 2);
  const rest = [flipX, flipY, translation(shiftX, shiftY), shear(leanX, leanY), rotation(angle), scaling(scale)];
  if (perspective === 0) return { outputFromCanvas: compose(...rest, centred), scale, mirrored };
  const tilt: Projective = [
    1,
    0,
    0,
    0,
    1,
    0,
    random.uniform(-perspective, perspective),
    random.uniform(-perspective, perspective),
    1,
  ];
  const warp = withStep([projectiveStep(tilt)], projectiveStep(projective(compose(...rest))));
  return { outputFromCanvas: centred, scale, mirrored, warp };
}

/** `drawn` followed by the geometry among `chosen`, on the training image of `size` x `size` pixels. */
export function withGeometry(
  drawn: DrawnTransform,
  chosen: readonly SimpleTransform[],
  size: number,
  random: Random,
): DrawnTransform {
  let result = drawn;
  for (const transform of chosen) result = followedBy(result, transform, size, random);
  return result;
}

function followedBy(drawn: DrawnTransform, transform: SimpleTransform, size: number, random: Random): DrawnTransform {
  switch (transform.name) {
    case "HorizontalFlip":
      return { ...afterAffine(drawn, [-1, 0, size, 0, 1, 0]), mirrored: !drawn.mirrored };
    case "VerticalFlip":
      return { ...afterAffine(drawn, [1, 0, 0, 0, -1, size]), mirrored: !drawn.mirrored };
    case "Rotate":
      return afterAffine(drawn, aboutMiddle(rotation(random.uniform(...transform.limit)), size));
    case "ShiftScaleRotate":
      return shiftScaleRotate(drawn, transform, size, random);
    case "Perspective":
      return afterStep(drawn, projectiveStep(randomTilt(transform, size, random)));
    case "ElasticTransform":
      return afterStep(drawn, { kind: "elastic", field: randomDisplacement(transform, size, random) });
    default:
      return drawn;
  }
}

function aboutMiddle(transform: Affine, size: number): Affine {
  return compose(translation(size / 2, size / 2), transform, translation(-size / 2, -size / 2));
}

function shiftScaleRotate(
  drawn: DrawnTransform,
  { shift_limit, scale_limit, rotate_limit }: TransformOf<"ShiftScaleRotate">,
  size: number,
  random: Random,
): DrawnTransform {
  const angle = random.uniform(...rotate_limit);
  const scale = 1 + random.uniform(...scale_limit);
  const shift = translation(random.uniform(...shift_limit) * size, random.uniform(...shift_limit) * size);
  const step = compose(shift, aboutMiddle(compose(rotation(angle), scaling(scale)), size));
  return { ...afterAffine(drawn, step), scale: drawn.scale * scale };
}

/** Each corner of the output shows a place further inside, by a normal share of the side, at most .45 of it. */
function randomTilt({ scale }: TransformOf<"Perspective">, size: number, random: Random): Projective {
  const spread = random.uniform(...scale);
  const inset = () => Math.min(Math.abs(random.normal()) * spread, 0.45) * size;
  const inputFromOutput = squareToCorners(size, [
    ...([inset(), inset()] as const),
    ...([size - inset(), inset()] as const),
    ...([size - inset(), size - inset()] as const),
    ...([inset(), size - inset()] as const),
  ]);
  return invertProjective(inputFromOutput);
}

/** One affine map as long as nothing else has happened. */
function afterAffine(drawn: DrawnTransform, step: Affine): DrawnTransform {
  if (drawn.warp === undefined) return { ...drawn, outputFromCanvas: compose(step, drawn.outputFromCanvas) };
  return afterStep(drawn, projectiveStep(projective(step)));
}

function afterStep(drawn: DrawnTransform, step: WarpStep): DrawnTransform {
  return { ...drawn, warp: withStep(drawn.warp ?? [], step) };
}
