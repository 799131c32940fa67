/**
 * @file How long what did not come off waits for its next attempt: jobs and deliveries alike.
 */

/** The longest pause, ms. */
const LONGEST_MS = 600_000;

/**
 * Pause before the next attempt, ms: between one and one and a half times 1 s, 2 s, 4 s ... 10 min, so that what failed together
 * does not come back together.
 *
 * @param attempts so far, from 1
 * @param random in [0, 1)
 * @param firstMs the first pause. @default 1000
 */
export function pauseAfter(attempts: number, random: () => number, firstMs = 1000): number {
  const pause = Math.min(firstMs * 2 ** Math.min(attempts - 1, 20), LONGEST_MS);
  return Math.round(pause * (1 + random() / 2));
}
