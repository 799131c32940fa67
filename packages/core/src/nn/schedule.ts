/**
 * @file How learning rate, momentum and the weights' moving average change over a run.
 *
 * Epochs and iterations count from 0, updates from 1.
 */

/** Factor of the learning rate in an epoch: from 1 down to `lrf`, in a line or along half a cosine. */
export function learningRateFactor(
  epoch: number,
  { epochs, lrf, cosLr }: { epochs: number; lrf: number; cosLr: boolean },
): number {
  if (cosLr) return Math.max((1 - Math.cos((Math.PI * epoch) / epochs)) / 2, 0) * (lrf - 1) + 1;
  return Math.max(1 - epoch / epochs, 0) * (1 - lrf) + lrf;
}

/** Iterations of warm-up: `warmupEpochs` of them, but at least 100. */
export function warmUpIterations(warmupEpochs: number, batchesPerEpoch: number): number {
  return warmupEpochs > 0 ? Math.max(Math.round(warmupEpochs * batchesPerEpoch), 100) : 0;
}

/** Linear interpolation from `from` at iteration 0 to `to` at the end of warm-up, and `to` afterwards. */
export function warmed(iteration: number, iterations: number, from: number, to: number): number {
  if (iterations <= 0 || iteration >= iterations) return to;
  return from + ((to - from) * iteration) / iterations;
}

/** Batches whose gradients are summed before an update: up to the nominal batch size, growing during warm-up. */
export function accumulation(iteration: number, iterations: number, batch: number, nominal: number): number {
  return Math.max(1, Math.round(warmed(iteration, iterations, 1, nominal / batch)));
}

/** Decay of the moving average at an update: short at first, so that early weights are forgotten. */
export function averageDecay(update: number): number {
  return 0.9999 * (1 - Math.exp(-update / 2000));
}
