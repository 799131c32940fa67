/**
 * @file Calibration: whether of the findings that a model is 80 % sure of 80 % are right, and a temperature that mends it.
 *
 * Guo et al., "On calibration of modern neural networks", ICML 2017, arXiv:1706.04599, of two outcomes: what counts is the
 * confidence in the positive one. Of a detector's findings, those that were never made cannot be judged.
 */
import { ArgumentError, ShapeError } from "../errors";
import type { Interval } from "../math/stats";
import { wilsonInterval } from "../math/wilson-interval";

export interface ReliabilityOptions {
  /** @default 10 */
  readonly bins?: number;
  /** Bins of about as many cases each rather than of one width; equal scores stay together. @default false */
  readonly equalCount?: boolean;
  /** Of the intervals, in (0, 1). @default 0.95 */
  readonly level?: number;
}

/** Cases of like confidence. */
export interface ReliabilityBin {
  /** Confidences above `low` and up to `high`; 0 is in the first. Of bins of equal count the least and greatest that are in it. */
  readonly low: number;
  readonly high: number;
  readonly count: number;
  /** Mean confidence. */
  readonly confidence: number;
  /** Share that is positive. */
  readonly observed: number;
  /** Wilson's, of `observed`. */
  readonly interval: Interval;
}

/**
 * Bins by rising confidence. Those without cases are left out.
 *
 * @param scores n, confidences in [0, 1]
 * @param outcomes n, not 0 for what is right
 * @throws {ShapeError} if the lengths differ
 * @throws {ArgumentError} if a score or the number of bins lies outside
 */
export function reliability(
  scores: ArrayLike<number>,
  outcomes: ArrayLike<number>,
  { bins = 10, equalCount = false, level = 0.95 }: ReliabilityOptions = {},
): ReliabilityBin[] {
  check("reliability", scores, outcomes);
  if (!(Number.isSafeInteger(bins) && bins > 0)) {
    throw new ArgumentError(`reliability: ${bins} bins, wanted at least one`);
  }
  const order = Uint32Array.from({ length: scores.length }, (_, i) => i).sort((i, j) => scores[i] - scores[j]);
  const groups = equalCount ? groupsByCount(scores, order, bins) : groupsByWidth(scores, order, bins);
  return groups.map(({ low, high, rows }) => {
    let [sum, positives] = [0, 0];
    for (const i of rows) {
      sum += scores[i];
      if (outcomes[i]) positives++;
    }
    const count = rows.length;
    const interval = wilsonInterval(positives, count, level);
    return { low, high, count, confidence: sum / count, observed: positives / count, interval };
  });
}

/** Mean over all cases of how far the share of their bin is from its confidence (ECE); 0 of nothing. */
export function expectedCalibrationError(bins: readonly ReliabilityBin[]): number {
  const total = bins.reduce((sum, { count }) => sum + count, 0);
  return bins.reduce((sum, bin) => sum + (bin.count / total) * gap(bin), 0);
}

/** The worst bin's (MCE); 0 of nothing. */
export function maximumCalibrationError(bins: readonly ReliabilityBin[]): number {
  return bins.reduce((most, bin) => Math.max(most, gap(bin)), 0);
}

function gap({ confidence, observed }: ReliabilityBin): number {
  return Math.abs(confidence - observed);
}

interface Group {
  readonly low: number;
  readonly high: number;
  readonly rows: Uint32Array;
}

function groupsByWidth(scores: ArrayLike<number>, order: Uint32Array, bins: number): Group[] {
  const groups: Group[] = [];
  for (let begin = 0; begin < order.length; ) {
    const bin = Math.max(0, Math.ceil(scores[order[begin]] * bins) - 1);
    let end = begin + 1;
    while (end < order.length && Math.max(0, Math.ceil(scores[order[end]] * bins) - 1) === bin) end++;
    groups.push({ low: bin / bins, high: (bin + 1) / bins, rows: order.subarray(begin, end) });
    begin = end;
  }
  return groups;
}

function groupsByCount(scores: ArrayLike<number>, order: Uint32Array, bins: number): Group[] {
  const n = order.length;
  const groups: Group[] = [];
  let begin = 0;
  for (let bin = 1; bin <= bins; bin++) {
    let end = Math.round((bin * n) / bins);
    if (end <= begin) continue;
    while (end < n && scores[order[end]] === scores[order[end - 1]]) end++;
    groups.push({ low: scores[order[begin]], high: scores[order[end - 1]], rows: order.subarray(begin, end) });
    begin = end;
  }
  return groups;
}

/** What a temperature changes. */
export interface TemperatureFit {
  /** More than 1 for a model that is too sure of itself. In [1/100, 100]. */
  readonly temperature: number;
  /** Mean negative log likelihood of the outcomes, in nats, as the model says and with the temperature. */
  readonly before: number;
  readonly after: number;
}

/** Beyond these a temperature makes no odds: all is certain, or nothing is. */
const [COLDEST, HOTTEST] = [1 / 100, 100];

/** Confidences of exactly 0 and 1 have no finite logit. */
const NEAREST = 1e-7;

/**
 * The temperature under which `outcomes` are most likely. Fit it on other cases than those it is judged on.
 *
 * The likelihood is concave in 1 / T, so that its slope has one root.
 *
 * @param scores n, confidences in [0, 1]
 * @param outcomes n, not 0 for what is right
 * @throws as `reliability`, and {ArgumentError} if not both outcomes are there
 */
export function fitTemperature(scores: ArrayLike<number>, outcomes: ArrayLike<number>): TemperatureFit {
  check("fitTemperature", scores, outcomes);
  const logits = Float64Array.from(scores, logit);
  const truth = Float64Array.from(outcomes, (outcome) => (outcome ? 1 : 0));
  const positives = truth.reduce((sum, one) => sum + one, 0);
  if (positives === 0 || positives === truth.length) {
    const negatives = truth.length - positives;
    throw new ArgumentError(`fitTemperature: ${positives} right and ${negatives} wrong, wanted at least one of each`);
  }
  const slope = (logT: number) => {
    const inverse = Math.exp(-logT);
    return logits.reduce((sum, z, i) => sum + (sigmoid(z * inverse) - truth[i]) * z, 0);
  };
  // The slope by 1 / T: positive where T is to be greater.
  let [low, high] = [Math.log(COLDEST), Math.log(HOTTEST)];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (slope(middle) > 0) low = middle;
    else high = middle;
  }
  const temperature = Math.exp((low + high) / 2);
  const loss = (t: number) => logits.reduce((sum, z, i) => sum + surprise(z / t, truth[i]), 0) / logits.length;
  return { temperature, before: loss(1), after: loss(temperature) };
}

/** Confidences with their logits divided by `temperature`; their order stays. */
export function withTemperature(scores: ArrayLike<number>, temperature: number): Float64Array {
  if (!(temperature > 0)) throw new ArgumentError(`withTemperature: temperature is ${temperature}, wanted more than 0`);
  return Float64Array.from(scores, (score) => sigmoid(logit(score) / temperature));
}

function logit(score: number): number {
  const p = Math.min(Math.max(score, NEAREST), 1 - NEAREST);
  return Math.log(p / (1 - p));
}

function sigmoid(z: number): number {
  return 1 / (1 + Math.exp(-z));
}

/** -log of the probability of an outcome; exact for large logits. */
function surprise(z: number, outcome: number): number {
  const against = outcome === 1 ? -z : z;
  return Math.max(against, 0) + Math.log1p(Math.exp(-Math.abs(against)));
}

function check(who: string, scores: ArrayLike<number>, outcomes: ArrayLike<number>): void {
  if (scores.length !== outcomes.length) {
    throw new ShapeError(`${who}: ${scores.length} scores for ${outcomes.length} outcomes`);
  }
  for (let i = 0; i < scores.length; i++) {
    if (!(scores[i] >= 0 && scores[i] <= 1)) {
      throw new ArgumentError(`${who}: score ${i} is ${scores[i]}, wanted a confidence from 0 to 1`);
    }
  }
}
