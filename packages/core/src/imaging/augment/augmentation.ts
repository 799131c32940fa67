/**
 * @file How strongly training images are varied: arguments, a preset of the modality, a list of transforms, put together and
 * held against the anatomy.
 */
import { ArgumentError, FoveaError } from "../../errors";
import { nearestName } from "../../math/nearest-name";
import { type AugmentationNumbers, augmentationNumbers } from "./augmentation-numbers";
import { flipSwap } from "./flip-swap";
import { parseTransforms } from "./parse-transforms";
import { type AnatomyRules, PRESET_NAMES, PRESETS, type PresetName } from "./presets";
import type { SimpleTransform, Transform } from "./transform-table";

/** What a user gives. Numbers, preset by preset default: see `AugmentationNumbers` for their meaning. */
export interface AugmentationOptions extends Partial<AugmentationNumbers> {
  /** Values for a modality, and rules that go with it: ct, xray, ultrasound, mri, pathology or endoscopy. @default none */
  readonly preset?: string;
  /** List of transforms, as `parseTransforms` reads it; takes the place of the preset's. @default the preset's, or none */
  readonly transforms?: unknown;
  /** Classes that change places in a mirror image, by name: `{ left_kidney: "right_kidney" }`. @default none */
  readonly flip_swap?: unknown;
}

/** Every value present, in range, and in keeping with the preset; frozen. Plain data, which threads can be handed. */
export interface Augmentation extends AugmentationNumbers {
  readonly preset?: PresetName;
  readonly transforms: readonly Transform[];
  /** Class after an exchange of left and right; empty if classes stay. */
  readonly flip_swap: readonly number[];
}

/**
 * The checked augmentation of a training run. What it returns may be given to it again, and comes back equal.
 *
 * @param names of the classes, which `flip_swap` refers to
 * @throws {ArgumentError} if a value is out of range, or contradicts the preset
 * @throws {FoveaError} `unknown_argument` for a preset, transform or parameter that is none
 */
export function augmentation(options: AugmentationOptions = {}, names: readonly string[] = []): Augmentation {
  const preset = options.preset === undefined ? undefined : presetName(options.preset);
  const row = preset && PRESETS[preset];
  const numbers = augmentationNumbers(options, row?.arguments);
  const flip_swap = flipSwap(options.flip_swap, names);
  const transforms = parseTransforms(options.transforms ?? row?.transforms ?? []);
  const checked: Augmentation = { ...numbers, ...(preset && { preset }), transforms, flip_swap };
  if (preset && row) checkAnatomy(checked, preset, row.rules);
  return Object.freeze(checked);
}

function presetName(given: string): PresetName {
  const found = PRESET_NAMES.find((name) => name === given.toLowerCase());
  if (found) return found;
  const near = nearestName(given, PRESET_NAMES);
  const hint = near ? `, did you mean ${near}?` : `; there are ${PRESET_NAMES.join(", ")}`;
  throw new FoveaError("unknown_argument", `${given} is no preset${hint}`);
}

/** @throws {ArgumentError} for the first value that the modality forbids: what, why, how to mend it */
function checkAnatomy(
  { flip_swap, transforms, ...numbers }: Augmentation,
  preset: PresetName,
  { laterality, upright, rigid, turn }: AnatomyRules,
): void {
  const refuse = (what: string, why: string, mend: string): never => {
    throw new ArgumentError(`preset ${preset} refuses ${what}: ${why}; ${mend}, or leave the preset out`);
  };
  const acting = transforms.filter(({ p }) => p > 0);
  const flips = [
    ...(numbers.fliplr > 0 ? [[`fliplr ${numbers.fliplr}`, "set fliplr to 0", false] as const] : []),
    ...(numbers.flipud > 0 ? [[`flipud ${numbers.flipud}`, "set flipud to 0", true] as const] : []),
    ...acting.flatMap(({ name }) => {
      if (name !== "HorizontalFlip" && name !== "VerticalFlip") return [];
      return [[`the transform ${name}`, `take ${name} out`, name === "VerticalFlip"] as const];
    }),
  ];
  for (const [what, mend, vertical] of flips) {
    if (vertical && upright) refuse(what, upright, mend);
    if (laterality && flip_swap.length === 0) {
      refuse(what, laterality, `${mend}, or say by flip_swap which classes change places, such as { left_x: right_x }`);
    }
  }
  if (rigid && acting.some(({ name }) => name === "ElasticTransform")) {
    refuse("the transform ElasticTransform", rigid, "take ElasticTransform out");
  }
  if (!turn) return;
  const [most, why] = turn;
  if (numbers.degrees > most) refuse(`degrees ${numbers.degrees}`, why, `set degrees to ${most} or less`);
  for (const transform of acting) {
    const degrees = largestTurn(transform);
    if (degrees > most) refuse(`${transform.name} by ${degrees} degrees`, why, `turn by ${most} or less`);
  }
}

function largestTurn(transform: SimpleTransform | Transform): number {
  if (transform.name === "Rotate") return Math.max(...transform.limit.map(Math.abs));
  if (transform.name === "ShiftScaleRotate") return Math.max(...transform.rotate_limit.map(Math.abs));
  return 0;
}
