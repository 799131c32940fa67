/**
 * @file Measures as JSON: of `fovea val --json`, and of `validation.jsonl`, one line an epoch in a run's folder.
 *
 * Programs read both, so keys stay. `docs/validation.md` says what each is.
 */

import type { Interval } from "@fovea/core/math/stats";
import type { DetectionSummary } from "@fovea/core/metrics/detection-metrics";
import { cpm, LUNA16_POINTS, sensitivityAt } from "@fovea/core/metrics/froc";
import type { SensitivityIntervals } from "@fovea/core/metrics/sensitivity-intervals";

/** `null` stands where there is no lesion to be found. */
export interface MeasuresJson {
  readonly map50: number;
  readonly map5095: number;
  readonly precision: number;
  readonly recall: number;
  readonly perClass: readonly ClassJson[];
  readonly sizes: readonly SizeJson[];
  readonly froc: FrocJson | null;
}

/** Ends of the 95 % interval, where it was asked for. */
interface Sensitivity1Ends {
  readonly sensitivity1Low?: number;
  readonly sensitivity1High?: number;
}

export interface ClassJson extends Sensitivity1Ends {
  readonly classId: number;
  readonly className: string;
  readonly ap50: number;
  readonly ap: number;
  readonly precision: number;
  readonly recall: number;
  readonly labels: number;
  readonly images: number;
  readonly sensitivity1: number;
}

export interface SizeJson extends Sensitivity1Ends {
  readonly size: string;
  readonly labels: number;
  readonly images: number;
  readonly ap50: number | null;
  readonly sensitivity1: number | null;
}

export interface FrocJson {
  /** At LUNA16's seven points. */
  readonly points: readonly ({ readonly fpPerImage: number; readonly sensitivity: number } & Partial<Interval>)[];
  readonly cpm: number;
}

/** One line of `validation.jsonl`. */
export interface ValidationLine extends MeasuresJson {
  /** From 1. */
  readonly epoch: number;
  readonly images: number;
  readonly labels: number;
}

const ends = (interval: Interval | undefined): Sensitivity1Ends =>
  interval === undefined ? {} : { sensitivity1Low: interval.low, sensitivity1High: interval.high };

/** Measures, with the ends of the intervals where they are given. */
export function measuresJson(summary: DetectionSummary, intervals?: SensitivityIntervals): MeasuresJson {
  const { map50, map5095, precision, recall, perClass, sizes, froc } = summary;
  return {
    ...{ map50, map5095, precision, recall },
    perClass: perClass.map(({ classId, name, ap50, ap, labels, images, sensitivity1, ...one }, i) => ({
      ...{ classId, className: name, ap50, ap, precision: one.precision, recall: one.recall, labels, images },
      ...{ sensitivity1, ...ends(intervals?.perClass[i]) },
    })),
    sizes: sizes.map(({ size, labels, images, ap50 = null, sensitivity1 = null }, i) => ({
      ...{ size, labels, images, ap50, sensitivity1, ...ends(intervals?.sizes[i]) },
    })),
    froc: froc
      ? {
          points: LUNA16_POINTS.map((at, k) => ({
            ...{ fpPerImage: at, sensitivity: sensitivityAt(froc, at), ...intervals?.points[k] },
          })),
          cpm: cpm(froc),
        }
      : null,
  };
}

/** The line of an epoch in `validation.jsonl`. @param epoch from 1 */
export function validationLine(epoch: number, summary: DetectionSummary): ValidationLine {
  const { images, labels } = summary;
  return { epoch, images, labels, ...measuresJson(summary) };
}
