/**
 * @file How often an epoch shows each image: sampling against imbalance.
 *
 * Every image has a factor, how often an epoch is expected to show it. Three steps make it, in this order:
 *
 * 1. `sampler`. With f(c) the share of images that show class c, and the maximum taken over the classes of an image, so
 *    that one rare lesion among many common ones counts as rare:
 *    `repeat`: max(1, sqrt(repeat_threshold / f(c))), repeat-factor sampling: Gupta et al., "LVIS: A dataset for large
 *    vocabulary instance segmentation", CVPR 2019, arXiv:1908.03195, appendix.
 *    `inverse`: 1 / f(c), scaled to a mean of 1 over the images with lesions.
 *    Images without lesions have the factor 1: their share changes only where it is asked for.
 * 2. `oversample_ratio` multiplies the factors of all images with lesions.
 * 3. `negatives` scales the factors of the images without lesions so that they make up that share.
 *
 * `inverse` then draws as many images as there are, with replacement, with probabilities as the factors. Otherwise each
 * image is shown its factor times, rounded up or down at random so that the mean is the factor, and the roundings are
 * tied to one another so that every epoch has the same length (systematic sampling: Madow and Madow, 1944,
 * doi:10.1214/aoms/1177731312).
 */
import { ArgumentError } from "../errors";
import { hashSeed, Random } from "../math/random";
import type { Dataset, Sample } from "./sample";

export interface SamplingOptions {
  /** Weighting by the classes that an image shows. @default "none" */
  readonly sampler?: "none" | "inverse" | "repeat";
  /** Under `repeat`, classes on a smaller share of the images than this are repeated; in (0, 1]. @default 0.1 */
  readonly repeat_threshold?: number;
  /** Images with lesions are shown so many times as often, 1 or more. @default 1 */
  readonly oversample_ratio?: number;
  /** Share of images without lesions in an epoch, in [0, 1); -1 leaves it as it is. @default -1 */
  readonly negatives?: number;
}

/** How often each image is to be shown. */
export interface SamplingPlan {
  /** Images in an epoch, the same in all. */
  readonly length: number;
  /** Expected number of times that an epoch shows each image; they add up to `length`. */
  readonly factors: Float64Array;
  /** Draw with replacement, rather than round each factor. */
  readonly replacement: boolean;
}

/** What an epoch shows. Images that join a mosaic beside its first one are not counted. */
export interface EpochComposition {
  readonly images: number;
  /** Images without lesions among them. */
  readonly negatives: number;
  /** Different images among them. */
  readonly distinct: number;
  /** Boxes of each class. */
  readonly boxes: readonly number[];
}

/** Keeps the sampler's numbers apart from those of the images, which are seeded with the image's number as third part. */
const STREAM = 2 ** 32 - 1;

/** Sums of factors that should be whole may be off by this much. */
const ROUNDING = 1e-6;

/**
 * The plan of `options` for `samples`; `undefined` if every image is to be shown once.
 *
 * @throws {ArgumentError} if an option is out of range, or asks for images, with lesions or without, that are not there
 */
export function samplingPlan(
  samples: readonly Sample[],
  { sampler = "none", repeat_threshold = 0.1, oversample_ratio = 1, negatives = -1 }: SamplingOptions = {},
): SamplingPlan | undefined {
  if (!["none", "inverse", "repeat"].includes(sampler)) {
    throw new ArgumentError(`sampler is "${sampler}", expected none, inverse or repeat`);
  }
  if (!(repeat_threshold > 0 && repeat_threshold <= 1)) {
    throw new ArgumentError(`repeat_threshold is ${repeat_threshold}, expected above 0, at most 1`);
  }
  if (!(oversample_ratio >= 1 && oversample_ratio <= 1000)) {
    throw new ArgumentError(`oversample_ratio is ${oversample_ratio}, expected 1 to 1000`);
  }
  if (!(negatives === -1 || (negatives >= 0 && negatives < 1))) {
    throw new ArgumentError(
      `negatives is ${negatives}, expected a share from 0 to below 1, or -1 to leave it as it is`,
    );
  }
  if (sampler === "none" && oversample_ratio === 1 && negatives === -1) return undefined;

  const factors = classFactors(samples, sampler, repeat_threshold);
  samples.forEach(({ labels }, i) => {
    if (labels.length > 0) factors[i] *= oversample_ratio;
  });
  if (negatives >= 0) setNegatives(factors, samples, negatives);
  const sum = factors.reduce((total, factor) => total + factor, 0);
  const replacement = sampler === "inverse";
  const length = replacement ? samples.length : Math.max(1, Math.ceil(sum - ROUNDING));
  // Never below 1 without replacement: an image of factor 1 is in every epoch.
  const scale = replacement ? length / sum : Math.max(1, length / sum);
  return { length, factors: factors.map((factor) => factor * scale), replacement };
}

/** Share of the images that show each class. */
function classFrequencies(samples: readonly Sample[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const { labels } of samples) {
    for (const classId of new Set(labels.map((label) => label.classId))) {
      counts.set(classId, (counts.get(classId) ?? 0) + 1);
    }
  }
  return new Map([...counts].map(([classId, count]) => [classId, count / samples.length]));
}

function classFactors(samples: readonly Sample[], sampler: string, threshold: number): Float64Array {
  const frequencies = classFrequencies(samples);
  const rarest = samples.map(({ labels }) =>
    labels.reduce((least, { classId }) => Math.min(least, frequencies.get(classId) ?? 1), 1),
  );
  if (sampler === "none") return new Float64Array(samples.length).fill(1);
  if (sampler === "repeat") {
    return Float64Array.from(samples, ({ labels }, i) =>
      labels.length > 0 ? Math.max(1, Math.sqrt(threshold / rarest[i])) : 1,
    );
  }
  const positive = samples.flatMap(({ labels }, i) => (labels.length > 0 ? [1 / rarest[i]] : []));
  const mean = positive.reduce((sum, weight) => sum + weight, 0) / positive.length;
  return Float64Array.from(samples, ({ labels }, i) => (labels.length > 0 ? 1 / rarest[i] / mean : 1));
}

function setNegatives(factors: Float64Array, samples: readonly Sample[], share: number): void {
  const count = samples.filter(({ labels }) => labels.length === 0).length;
  if (count === samples.length) {
    throw new ArgumentError(`negatives is ${share}, but no image shows a lesion; set it to -1 or check the labels`);
  }
  if (count === 0 && share > 0) {
    throw new ArgumentError(`negatives is ${share}, but every image shows a lesion; set it to -1 or add images`);
  }
  const positive = factors.reduce((sum, factor, i) => (samples[i].labels.length > 0 ? sum + factor : sum), 0);
  const factor = count === 0 ? 0 : ((share / (1 - share)) * positive) / count;
  samples.forEach(({ labels }, i) => {
    if (labels.length === 0) factors[i] = factor;
  });
}

/** Numbers of the images that an epoch shows, in order; they depend on plan, seed and epoch alone. */
export function drawEpoch(plan: SamplingPlan, seed: number, epoch: number): Uint32Array {
  const random = new Random(hashSeed(seed, epoch, STREAM));
  const order = plan.replacement ? drawWithReplacement(plan, random) : roundFactors(plan, random);
  return random.shuffle(order);
}

function drawWithReplacement({ factors, length }: SamplingPlan, random: Random): Uint32Array {
  const upTo = new Float64Array(factors.length);
  let sum = 0;
  for (let i = 0; i < factors.length; i++) upTo[i] = sum += factors[i];
  return Uint32Array.from({ length }, () => {
    const drawn = random.uniform() * sum;
    // The first image whose factors add up to more than what was drawn.
    let low = 0;
    let high = factors.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (upTo[middle] > drawn) high = middle;
      else low = middle + 1;
    }
    return low;
  });
}

function roundFactors({ factors, length }: SamplingPlan, random: Random): Uint32Array {
  const order = new Uint32Array(length);
  // Shuffled, so that it is chance which images are rounded up together.
  const images = random.shuffle(Uint32Array.from(factors, (_, i) => i));
  // Few bits, so that sums of whole factors stay exact.
  let sum = random.integer(0, 2 ** 20) / 2 ** 20;
  let shown = 0;
  for (const image of images) {
    sum += factors[image];
    for (const end = Math.min(length, Math.floor(sum)); shown < end; shown++) order[shown] = image;
  }
  // A sum that rounding left just below its whole number.
  order.fill(images[images.length - 1], shown);
  return order;
}

/**
 * What the images of `order` come to.
 *
 * @param order numbers of images
 */
export function composition(
  order: Iterable<number>,
  { samples, nc }: Pick<Dataset, "samples" | "nc">,
): EpochComposition {
  const boxes = new Array<number>(nc).fill(0);
  const seen = new Set<number>();
  let images = 0;
  let negatives = 0;
  for (const index of order) {
    images++;
    seen.add(index);
    const { labels } = samples[index];
    if (labels.length === 0) negatives++;
    for (const { classId } of labels) boxes[classId]++;
  }
  return { images, negatives, distinct: seen.size, boxes };
}
