/**
 * @file The running mean and variance of batch norms, which inference uses in place of the batch's own.
 */

/** Share of a new batch in the running statistics. */
export const MOMENTUM = 0.03;

/** Moves `running` towards the statistics of a batch, in place. */
export function moveTowards(running: Float32Array, batch: Float32Array, share: number): void {
  for (let i = 0; i < running.length; i++) running[i] += share * (batch[i] - running[i]);
}

/** Turns the variance of n values into that of the population they are a sample of, in place. */
export function unbias(variance: Float32Array, n: number): void {
  const factor = n / Math.max(n - 1, 1);
  for (let i = 0; i < variance.length; i++) variance[i] *= factor;
}
