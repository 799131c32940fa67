/**
 * @file How sure the sensitivities of a validation are: intervals over its images, all from the same draws.
 */
import type { BootstrapOptions, Interval } from "../math/stats";
import type { DetectionMetrics, DetectionSummary } from "./detection-metrics";
import { LUNA16_POINTS } from "./froc";
import { type FrocReading, frocIntervals } from "./froc-intervals";

/** 95 % of the resamples lie within, unless asked for otherwise. */
export interface SensitivityIntervals {
  /** All lesions, at each of LUNA16's seven points. */
  readonly points: readonly Interval[];
  /** At one false positive per image, in the order of the summary's classes. */
  readonly perClass: readonly Interval[];
  /** At one false positive per image, from small to large; absent where there is no such lesion. */
  readonly sizes: readonly (Interval | undefined)[];
}

/** Intervals of the sensitivities in `summary`; nothing where no image has a label. */
export function sensitivityIntervals(
  metrics: DetectionMetrics,
  { perClass, sizes, labels }: DetectionSummary,
  options: BootstrapOptions = {},
): SensitivityIntervals | undefined {
  if (labels === 0) return undefined;
  const shown = sizes.flatMap(({ labels: count }, size) => (count > 0 ? [size] : []));
  const one = [1];
  const readings: FrocReading[] = [
    { curve: metrics.frocScans(), points: LUNA16_POINTS },
    ...perClass.map(({ classId }) => ({ curve: metrics.frocScans({ classId }), points: one })),
    ...shown.map((size) => ({ curve: metrics.frocScans({ size }), points: one })),
  ];
  const [points, ...others] = frocIntervals(readings, options);
  return {
    points,
    perClass: perClass.map((_, i) => others[i][0]),
    sizes: sizes.map((_, size) =>
      shown.includes(size) ? others[perClass.length + shown.indexOf(size)][0] : undefined,
    ),
  };
}
