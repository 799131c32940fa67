/**
 * @file Sensitivities of a FROC curve with intervals that do not pretend: where none or all lesions are found every draw says
 * the same, which would make one of one lesion found look certain. Such shares get Wilson's interval, with the number of
 * clusters that have lesions for its number of trials, as `cluster-ratio.ts` has it.
 */
import type { BootstrapOptions, Interval } from "../math/stats";
import { wilsonInterval } from "../math/wilson-interval";
import type { Measured } from "./cluster-ratio";
import { froc, sensitivityAt } from "./froc";
import { type FrocScans, frocIntervals } from "./froc-intervals";

/** Sensitivity at each of `points`, false positives per scan, drawing whole clusters; none without lesions. */
export function measuredFroc(
  scans: FrocScans & { readonly clusters: ArrayLike<number> },
  points: readonly number[],
  options: BootstrapOptions = {},
): Measured[] {
  if (scans.lesionCount === 0) return [];
  const { clusters } = scans;
  const curve = froc(scans);
  const trials = new Set(Array.from(scans.lesionScans, (s) => clusters[s])).size;
  const [intervals] = frocIntervals([{ curve: scans, points }], { ...options, clusters });
  return points.map((at, k) => {
    const value = sensitivityAt(curve, at);
    const certain: Interval | undefined =
      value === 0 || value === 1 ? wilsonInterval(value * trials, trials, options.level) : undefined;
    return { value, ...(certain ?? intervals[k]) };
  });
}
