/**
 * @file Figures with their intervals: patients are drawn again and again with all that is in them.
 */
import { type BootstrapOptions, bootstrap, type Interval } from "../math/stats";
import type { Readings } from "./readings";

/** A figure; not a number where the material has none. */
export interface Estimate {
  readonly value: number;
  readonly interval: Interval;
}

/** A figure where patient p counts `weights[p]` times. */
export type Measure = (weights: ArrayLike<number>) => number;

/** Each measure on all patients, and its interval; all intervals are of the same draws. */
export function estimates(patients: number, measures: readonly Measure[], options: BootstrapOptions = {}): Estimate[] {
  if (measures.length === 0) return [];
  const ones = new Float64Array(patients).fill(1);
  const intervals = bootstrap(
    patients,
    measures.length,
    (weights, out) => {
      measures.forEach((measure, k) => {
        out[k] = measure(weights);
      });
    },
    options,
  );
  return measures.map((measure, k) => ({ value: measure(ones), interval: intervals[k] }));
}

/** Patient of each case, from 0, and their number. */
export function patientsOf({ cases }: Readings): { readonly patientOf: Int32Array; readonly patients: number } {
  const numbers = new Map<string, number>();
  const patientOf = Int32Array.from(cases, ({ patient }) => {
    const known = numbers.get(patient) ?? numbers.size;
    numbers.set(patient, known);
    return known;
  });
  return { patientOf, patients: numbers.size };
}

/** A sum over patients of what was added to each. */
export class PatientSum {
  readonly #sums: Float64Array;

  constructor(patients: number) {
    this.#sums = new Float64Array(patients);
  }

  add(patient: number, value: number): void {
    this.#sums[patient] += value;
  }

  get total(): number {
    return this.#sums.reduce((sum, value) => sum + value, 0);
  }

  /** Takes up all that another one holds. */
  addAll(other: PatientSum): void {
    for (let p = 0; p < this.#sums.length; p++) this.#sums[p] += other.#sums[p];
  }

  weighted(weights: ArrayLike<number>): number {
    let sum = 0;
    for (let p = 0; p < this.#sums.length; p++) sum += weights[p] * this.#sums[p];
    return sum;
  }
}

/** `above` in `below`, each summed over weighted patients; `factor` times. */
export function ratio(above: PatientSum, below: PatientSum, factor = 1): Measure {
  return (weights) => (factor * above.weighted(weights)) / below.weighted(weights);
}
