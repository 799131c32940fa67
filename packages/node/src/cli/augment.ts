/**
 * @file `fovea augment`: a sheet of training images as the augmentation makes them.
 */
import {
  AUGMENTATION_NUMBERS,
  type AugmentationNumber,
  type AugmentationNumbers,
} from "@fovea/core/imaging/augment/augmentation-numbers";
import { NORMALISATIONS, type Normalisation } from "@fovea/core/imaging/normalise";
import { type Command, InvalidArgumentError, Option } from "commander";
import { wholeNumber } from "./option";

/** What the command line says. */
export interface AugmentOptions extends Partial<Record<AugmentationNumber, number>> {
  readonly data: string;
  readonly out: string;
  readonly n: number;
  readonly seed: number;
  readonly imgsz: number;
  readonly split: string;
  readonly normalize: Normalisation;
  readonly preset?: string;
  /** Path of a YAML or JSON list. */
  readonly transforms?: string;
  /** `left_x:right_x,left_y:right_y` */
  readonly flip_swap?: string;
}

const MEANINGS: { readonly [K in keyof AugmentationNumbers]: string } = {
  hsv_h: "shift of the hue, share of the circle",
  hsv_s: "relative change of the saturation",
  hsv_v: "relative change of the brightness",
  degrees: "rotate by up to so many degrees",
  translate: "move by up to this share of the image",
  scale: "scale by 1 - scale to 1 + scale",
  shear: "shear by up to so many degrees",
  perspective: "tilt: change of the scale per pixel",
  flipud: "probability of turning upside down",
  fliplr: "probability of exchanging left and right",
  mosaic: "probability of putting four images together",
  mixup: "probability of blending with another image",
  cutmix: "probability of a piece of another image",
  copy_paste: "probability of lesions pasted from another image",
  erasing: "probability of a hidden rectangle",
};

const EXAMPLES = `
Options may also be written as name=value.

Examples:
  fovea augment --data chest.yaml --preset xray --out sheet.png
  fovea augment --data cells.yaml --preset pathology --n 12 mosaic=0
  fovea augment --data ct.yaml --preset ct fliplr=0.5 flip_swap=left:right
  fovea augment --data own.yaml --transforms list.yaml

A list of transforms:
  - { name: CLAHE, p: 0.5, clip_limit: 2 }
  - { name: Rotate, p: 0.5, limit: 15 }`;

function number(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value)) return value;
  throw new InvalidArgumentError("Wanted a number.");
}

export function register(program: Command): void {
  const command = program
    .command("augment")
    .summary("show training images as they are augmented")
    .description("Draw a sheet of training images with their boxes, just as a training run would be fed with them.")
    .requiredOption("--data <yaml>", "data set: path, train, val, names")
    .option("--out <png>", "sheet to write", "sheet.png")
    .option("--n <n>", "images on the sheet", wholeNumber(1, 400), 24)
    .option("--seed <n>", "the same seed, the same sheet", wholeNumber(0, 2 ** 32 - 1), 0)
    .option("--imgsz <px>", "side of the training images", wholeNumber(32, 8192), 640)
    .option("--split <part>", "part of the data set", "train")
    .addOption(
      new Option("--normalize <how>", "zscore: each image through the window of its own values")
        .choices(NORMALISATIONS)
        .default("none"),
    )
    .optionsGroup("Augmentation:")
    .option("--preset <name>", "ct, xray, ultrasound, mri, pathology or endoscopy")
    .option("--transforms <file>", "YAML list of transforms, in place of the preset's")
    .option("--flip_swap <pairs>", "classes that change places in a mirror image: left_x:right_x,...");
  // The core checks ranges; a preset's defaults take the place of the general ones.
  for (const name of AUGMENTATION_NUMBERS) {
    command.option(`--${name} <x>`, MEANINGS[name], number);
  }
  command.addHelpText("after", EXAMPLES).action(async (options: AugmentOptions) => {
    const { runAugment } = await import("./run-augment");
    await runAugment(options);
  });
}
