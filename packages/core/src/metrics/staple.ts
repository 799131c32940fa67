/**
 * @file What raters found and missed, and what was there, estimated together from their yes and no alone.
 *
 * Expectation maximisation over the unknown truth: Warfield, Zou, Wells, "Simultaneous truth and performance level
 * estimation (STAPLE)", IEEE Transactions on Medical Imaging 23 (2004), doi:10.1109/TMI.2004.828354, for binary decisions;
 * with the prevalence estimated too it is the model of Dawid and Skene, Applied Statistics 28 (1979). Raters are taken to
 * err independently given the truth. With fewer than three of them many solutions fit equally well.
 *
 * Units may be on the list only because somebody said yes (`seenOnly`): then those to which all said no are missing, and
 * an estimation that does not know it makes readers too sensitive and too unspecific. Their expected number is taken into
 * each step, which is the EM of the likelihood given at least one yes (Dempster, Laird, Rubin, JRSS B 39 (1977), 4.2). It
 * needs four raters.
 */
import { ArgumentError, ShapeError } from "../errors";
import { NOT_RATED } from "./rater-agreement";

export interface StapleOptions {
  /** How often each unit counts. @default all 1 */
  readonly weights?: ArrayLike<number>;
  /** All raters have the same sensitivity and the same specificity. @default false */
  readonly pooled?: boolean;
  /** Units to which all raters said no are not on the list. @default false */
  readonly seenOnly?: boolean;
  /** Rates to begin with. @default 0.9, and half of the units true */
  readonly start?: StapleRates;
  /** @default 2000 */
  readonly iterations?: number;
}

export interface StapleRates {
  /** Of each rater, share of the true units that it says yes to; equal ones where pooled. */
  readonly sensitivity: Float64Array;
  /** Of each rater, share of the units that are not true that it says no to. */
  readonly specificity: Float64Array;
  /** Share of true units; with `seenOnly` of those too that nobody saw. */
  readonly prevalence: number;
}

export interface Staple extends StapleRates {
  /** Probability of each unit to be true. */
  readonly probability: Float64Array;
}

/** Change of any rate from which on the iteration goes on. */
const PRECISION = 1e-6;

/** Rates stay off 0 and 1 by this, so that no unit becomes impossible. */
const EDGE = 1e-9;

/** Most units to which nobody said yes, for each that somebody did: without a bound there is no end where q nears 1. */
const MOST_UNSEEN = 1000;

/**
 * @param decisions units x raters, row-major: 1 yes, 0 no, `NOT_RATED`
 * @throws {ShapeError} if the length is no multiple of the number of raters
 * @throws {ArgumentError} if there are fewer than three raters, or four for units that somebody has seen
 */
export function staple(decisions: ArrayLike<number>, raters: number, options: StapleOptions = {}): Staple {
  const { weights, pooled = false, seenOnly = false, start, iterations = 2000 } = options;
  const units = decisions.length / raters;
  if (!Number.isInteger(units)) throw new ShapeError(`staple: ${decisions.length} decisions of ${raters} raters`);
  const least = seenOnly ? 4 : 3;
  if (raters < least) {
    throw new ArgumentError(`staple: ${raters} raters, wanted at least ${least}: fewer cannot be told apart`);
  }
  const sensitivity = start?.sensitivity.slice() ?? new Float64Array(raters).fill(0.9);
  const specificity = start?.specificity.slice() ?? new Float64Array(raters).fill(0.9);
  let prevalence = start?.prevalence ?? 0.5;
  const probability = new Float64Array(units);
  const lists = seenOnly ? listsOf(decisions, raters, units) : [];
  for (let k = 0; k < iterations; k++) {
    const sums = new Sums(raters, pooled);
    for (let u = 0; u < units; u++) {
      const [yes, no] = joint(decisions, u * raters, { sensitivity, specificity, prevalence });
      probability[u] = yes / (yes + no);
      sums.add(decisions, u * raters, probability[u], weights?.[u] ?? 1);
    }
    for (const { decisions: none, units: own } of lists) {
      const [yes, no] = joint(none, 0, { sensitivity, specificity, prevalence });
      const seen = own.reduce((sum, u) => sum + (weights?.[u] ?? 1), 0);
      const unseen = Math.min(MOST_UNSEEN, (yes + no) / (1 - yes - no));
      sums.add(none, 0, yes / (yes + no), seen * unseen);
    }
    const change = sums.maximise(sensitivity, specificity);
    prevalence = inside(sums.prevalence);
    if (change < PRECISION) break;
  }
  return { sensitivity, specificity, prevalence, probability };
}

/** Probability of a row of decisions and a true unit, and of the row and one that is not. */
function joint(
  decisions: ArrayLike<number>,
  from: number,
  { sensitivity, specificity, prevalence }: StapleRates,
): [yes: number, no: number] {
  let yes = prevalence;
  let no = 1 - prevalence;
  for (let r = 0; r < sensitivity.length; r++) {
    const decision = decisions[from + r];
    if (decision === NOT_RATED) continue;
    yes *= decision === 1 ? sensitivity[r] : 1 - sensitivity[r];
    no *= decision === 1 ? 1 - specificity[r] : specificity[r];
  }
  return [yes, no];
}

/** Units that the same raters rated: what was never seen by them is a row of their noes. */
interface RatedBySame {
  readonly decisions: readonly number[];
  readonly units: readonly number[];
}

function listsOf(decisions: ArrayLike<number>, raters: number, units: number): RatedBySame[] {
  const lists = new Map<string, { decisions: number[]; units: number[] }>();
  for (let u = 0; u < units; u++) {
    const none = Array.from({ length: raters }, (_, r) => (decisions[u * raters + r] === NOT_RATED ? NOT_RATED : 0));
    const list = lists.get(none.join());
    if (list) list.units.push(u);
    else lists.set(none.join(), { decisions: none, units: [u] });
  }
  return [...lists.values()];
}

/** What is expected of the units, from which the likeliest rates follow. */
class Sums {
  readonly #pooled: boolean;
  readonly #hits: Float64Array;
  readonly #trues: Float64Array;
  readonly #rejected: Float64Array;
  readonly #falses: Float64Array;
  #real = 0;
  #all = 0;

  constructor(raters: number, pooled: boolean) {
    this.#pooled = pooled;
    this.#hits = new Float64Array(raters);
    this.#trues = new Float64Array(raters);
    this.#rejected = new Float64Array(raters);
    this.#falses = new Float64Array(raters);
  }

  add(decisions: ArrayLike<number>, from: number, probability: number, weight: number): void {
    const [real, unreal] = [weight * probability, weight * (1 - probability)];
    this.#real += real;
    this.#all += weight;
    for (let r = 0; r < this.#hits.length; r++) {
      const decision = decisions[from + r];
      if (decision === NOT_RATED) continue;
      const rate = this.#pooled ? 0 : r;
      this.#trues[rate] += real;
      this.#falses[rate] += unreal;
      if (decision === 1) this.#hits[rate] += real;
      else this.#rejected[rate] += unreal;
    }
  }

  get prevalence(): number {
    return this.#real / this.#all;
  }

  /** Puts the likeliest rates into `sensitivity` and `specificity`, and gives the greatest change. */
  maximise(sensitivity: Float64Array, specificity: Float64Array): number {
    let change = 0;
    for (let r = 0; r < sensitivity.length; r++) {
      const rate = this.#pooled ? 0 : r;
      const found = inside(this.#hits[rate] / this.#trues[rate]);
      const left = inside(this.#rejected[rate] / this.#falses[rate]);
      change = Math.max(change, Math.abs(found - sensitivity[r]), Math.abs(left - specificity[r]));
      sensitivity[r] = found;
      specificity[r] = left;
    }
    return change;
  }
}

function inside(rate: number): number {
  return Math.min(1 - EDGE, Math.max(EDGE, rate));
}
