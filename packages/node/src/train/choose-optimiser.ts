/**
 * @file Which optimiser a run uses, and with which learning rate.
 */
import type { OptimiserName } from "@fovea/core/nn/optimiser";
import type { TrainingArguments } from "@fovea/core/recipe/training-arguments";

export interface OptimiserChoice {
  readonly name: OptimiserName;
  readonly lr0: number;
  readonly momentum: number;
  readonly warmupBiasLr: number;
}

/** Above this many updates plain SGD does better than Adam. */
const LONG_RUN = 10_000;

/**
 * The optimiser asked for; `auto` takes AdamW with a learning rate that falls with the number of classes, or SGD for long
 * runs, and then `lr0`, `momentum` and `warmup_bias_lr` are its own.
 */
export function chooseOptimiser(args: TrainingArguments, images: number, classes: number): OptimiserChoice {
  const { optimizer, epochs, batch, nbs, lr0, momentum, warmup_bias_lr } = args;
  if (optimizer !== "auto") {
    return { name: optimizer as OptimiserName, lr0, momentum, warmupBiasLr: warmup_bias_lr };
  }
  const updates = Math.ceil(images / Math.max(batch, nbs)) * epochs;
  if (updates > LONG_RUN) return { name: "SGD", lr0: 0.01, momentum: 0.9, warmupBiasLr: 0 };
  const fitted = Math.round(((0.002 * 5) / (4 + classes)) * 1e6) / 1e6;
  return { name: "AdamW", lr0: fitted, momentum: 0.9, warmupBiasLr: 0 };
}
