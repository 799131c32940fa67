/**
 * @file The loaders of a run, as its arguments have them.
 */
import { augmentation } from "@fovea/core/imaging/augment/augmentation";
import type { GivenArguments } from "@fovea/core/recipe/training-arguments";
import { Loader } from "../data/loader";
import type { OpenedRun } from "./open-run";
import { augmentationOptions, cacheOption, normalizeOption, samplingOptions } from "./run-options";

/** @param given arguments that were given, of which a preset leaves those standing */
export function openLoaders(
  { args, model: { network, names }, train, val, onProblem }: OpenedRun,
  given: GivenArguments,
): { readonly loader: Loader; readonly valLoader?: Loader } {
  const { imgsz, batch, seed, rect, workers, multi_scale: multiScale } = args;
  const shared = {
    ...{ imgsz, batch, workers: workers < 0 ? undefined : workers, onProblem },
    ...{ cache: cacheOption(args), normalize: normalizeOption(args) },
  };
  const loader = new Loader(train, {
    ...shared,
    mode: "train",
    masks: network.task === "segment",
    seed,
    augmentation: augmentation(augmentationOptions(args, given), names),
    sampling: samplingOptions(args),
    ...{ rect, multiScale, stride: Math.max(...network.strides) },
  });
  return { loader, valLoader: val && new Loader(val, { ...shared, mode: "val" }) };
}
