/**
 * @file What the parts of a run are told: its arguments in the terms of loader, augmentation and loss.
 */
import { type Dataset, hasSoftLabels } from "@fovea/core/dataset/sample";
import type { SamplingOptions } from "@fovea/core/dataset/sampling";
import { type AugmentationOptions, augmentation } from "@fovea/core/imaging/augment/augmentation";
import type { Normalisation } from "@fovea/core/imaging/normalise";
import { classWeights } from "@fovea/core/nn/class-weights";
import type { LossOptions } from "@fovea/core/nn/loss-options";
import type { ArgumentName } from "@fovea/core/recipe/argument-table";
import type { GivenArguments, TrainingArguments } from "@fovea/core/recipe/training-arguments";
import type { LoaderOptions } from "../data/loader-options";

export function cacheOption({ cache }: TrainingArguments): LoaderOptions["cache"] {
  if (cache === "auto" || cache === "disk") return cache;
  return cache !== "false";
}

export function normalizeOption({ normalize }: TrainingArguments): Normalisation {
  return normalize as Normalisation;
}

export function samplingOptions(args: TrainingArguments): SamplingOptions {
  const { sampler, repeat_threshold, oversample_ratio, negatives } = args;
  return { sampler: sampler as SamplingOptions["sampler"], repeat_threshold, oversample_ratio, negatives };
}

/** Arguments that are numbers of the augmentation. */
const NUMBERS = [
  ...([
    "hsv_h",
    "hsv_s",
    "hsv_v",
    "degrees",
    "translate",
    "scale",
    "shear",
    "perspective",
    "flipud",
    "fliplr",
  ] as const),
  ...(["mosaic", "mixup", "cutmix", "copy_paste", "erasing"] as const),
] as const satisfies readonly ArgumentName[];

/** Of the numbers only those that were given: the others are the preset's. */
export function augmentationOptions(args: TrainingArguments, given: GivenArguments): AugmentationOptions {
  const { preset, transforms, flip_swap } = args;
  const numbers = NUMBERS.filter((name) => given[name] !== undefined).map((name) => [name, args[name]]);
  return {
    ...Object.fromEntries(numbers),
    ...(preset !== "none" && { preset }),
    ...(transforms && { transforms }),
    ...(flip_swap && { flip_swap }),
  };
}

/**
 * Arguments with the numbers of the augmentation as they are after preset and rules, so that what is written down is what
 * was done.
 *
 * @param given arguments that were given, of which a preset leaves those standing
 * @throws {FoveaError} if they contradict the preset
 */
export function resolvedArguments(
  args: TrainingArguments,
  given: GivenArguments,
  names: readonly string[],
): TrainingArguments {
  const resolved = augmentation(augmentationOptions(args, given), names);
  return { ...args, ...Object.fromEntries(NUMBERS.map((name) => [name, resolved[name]])) };
}

type Marked = Pick<Dataset, "samples" | "nc">;

/**
 * @param train whose classes are weighed by their frequency
 * @param val whose loss is measured too
 */
export function lossOptions(args: TrainingArguments, train: Marked, val?: Marked): LossOptions {
  const { box, cls, dfl, iou_type, wiou_scale, focal_gamma, focal_alpha, label_smoothing, cls_pw, assign_all } = args;
  const counts = new Array<number>(train.nc).fill(0);
  for (const { labels } of train.samples) for (const { classId } of labels) counts[classId]++;
  return {
    ...{ box, cls, dfl },
    iouType: iou_type as LossOptions["iouType"],
    wiouScale: wiou_scale,
    focalGamma: focal_gamma,
    focalAlpha: focal_alpha,
    labelSmoothing: label_smoothing,
    classWeights: cls_pw > 0 ? classWeights(counts, cls_pw) : undefined,
    assignAll: assign_all,
    softLabels: hasSoftLabels(train) || (val !== undefined && hasSoftLabels(val)),
  };
}
