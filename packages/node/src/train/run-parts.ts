/**
 * @file The parts of a batch on several sessions at once, and their results as those of the whole.
 *
 * The loss of B images is B times what is summed over anchors, divided by S = max(sum of the target scores, 1). With B_i
 * and S_i of the parts, the whole's gradient is therefore the sum of g_i (S_i / B_i) (B / S), and its loss items are the
 * sums of those of the parts times S_i / S: exactly, where no image looks at another. Batch norms that go by the batch
 * look at their part (Goyal et al., 2017, arXiv:1706.02677, section 3); their running statistics learn the mean and
 * variance of all pixels.
 */
import type { Session, Value } from "@fovea/core/graph/runtime";
import type { Batch } from "../data/batch";
import { splitBatch } from "./split-batch";

type Values = Readonly<Record<string, Value>>;

/**
 * Runs a part of the batch on each session, all at once.
 *
 * @param sessions of the graph of a part (`TrainingGraphOptions.part`)
 * @param into memory for the whole's results; the first part's are written to it, and the others added
 * @returns what the graph of the whole batch would give
 * @throws what the first of the sessions that fail throws, once all are done
 */
export async function runParts(
  sessions: readonly Session[],
  batch: Batch,
  feedsOf: (part: Batch) => Values,
  into: Values,
): Promise<Values> {
  const parts = splitBatch(batch, sessions.length);
  const feeds = parts.map(feedsOf);
  const results = await allDone(feeds.map((own, i) => sessions[i].run(own, i === 0 ? into : {})));
  const sizes = parts.map(({ size }) => size);
  pool(results, sizes, feeds[0].iou_mean);
  return results[0];
}

/** As `Promise.all`, but nothing is under way any more when it throws. */
export async function allDone<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const outcomes = await Promise.allSettled(promises);
  return outcomes.map((outcome) => {
    if (outcome.status === "rejected") throw outcome.reason;
    return outcome.value;
  });
}

const numbers = ({ data }: Value) => data as Float32Array;

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

/** Makes the first part's results those of the whole, in place. @param running the mean that WIoU judged by */
function pool(results: readonly Values[], sizes: readonly number[], running: Value | undefined): void {
  const of = (name: string) => results.map((values) => numbers(values[name]));
  const images = sum(sizes);
  const targets = of("target_sum").map(([value]) => value);
  const divisor = Math.max(sum(targets), 1);
  const shares = targets.map((value) => Math.max(value, 1) / divisor);
  for (const name of Object.keys(results[0])) {
    const [kind, path] = name.split(":");
    if (kind === "gradient") {
      weightedSum(
        of(name),
        shares.map((share, i) => (share * images) / sizes[i]),
      );
    }
    if (kind === "variance") {
      poolMoments(
        of(`mean:${path}`),
        of(name),
        sizes.map((size) => size / images),
      );
    }
  }
  weightedSum(of("loss_items"), shares);
  if (running) poolIou(of("batch_iou_mean"), of("batch_iou_count"), numbers(running)[0]);
}

/** The first array becomes the sum of all, each times its factor. */
function weightedSum(arrays: readonly Float32Array[], factors: readonly number[]): void {
  const [first, ...others] = arrays;
  for (let k = 0; k < first.length; k++) first[k] *= factors[0];
  others.forEach((other, i) => {
    const factor = factors[i + 1];
    for (let k = 0; k < first.length; k++) first[k] += factor * other[k];
  });
}

/** The first mean and biased variance become those of all: within the parts and between them. */
function poolMoments(means: readonly Float32Array[], variances: readonly Float32Array[], shares: readonly number[]) {
  for (let c = 0; c < means[0].length; c++) {
    const mean = sum(means.map((part, i) => shares[i] * part[c]));
    variances[0][c] = sum(variances.map((part, i) => shares[i] * (part[c] + (means[i][c] - mean) ** 2)));
    means[0][c] = mean;
  }
}

/** The first mean of 1 - IoU becomes that of all boxes; the running one fills up where there is less than one box. */
function poolIou(means: readonly Float32Array[], counts: readonly Float32Array[], running: number): void {
  const missing = (count: number) => running * Math.max(0, 1 - count);
  const sums = means.map(([mean], i) => mean * Math.max(counts[i][0], 1) - missing(counts[i][0]));
  const count = sum(counts.map(([value]) => value));
  means[0][0] = (sum(sums) + missing(count)) / Math.max(count, 1);
}
