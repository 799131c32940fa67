/**
 * @file The charts of a validation: precision by recall, and precision, recall and F1 by confidence.
 */
import { type AveragePrecision, type ClassCurves, CURVE_POINTS } from "../metrics/average-precision";
import type { LineChart } from "./line-chart";

const CHARTS: readonly (readonly [curve: keyof ClassCurves, title: string, xTitle: string])[] = [
  ["precisionAtRecall", "precision by recall (IoU 0.5)", "recall"],
  ["f1", "F1 by confidence", "confidence"],
  ["precision", "precision by confidence", "confidence"],
  ["recall", "recall by confidence", "confidence"],
];

/** Lines of a chart hold this many steps: more are not seen. */
const STEPS = 200;

/**
 * The curves of every class that has labels.
 *
 * @param names of the classes, by id
 */
export function precisionRecallCharts(
  { classes }: AveragePrecision,
  names: readonly string[],
  { steps = STEPS }: { readonly steps?: number } = {},
): LineChart[] {
  return CHARTS.map(
    ([curve, title, xTitle]): LineChart => ({
      title,
      xTitle,
      xRange: [0, 1],
      yRange: [0, 1],
      lines: classes.map(({ classId, ap, curves }) => ({
        name: `${names[classId] ?? classId}${curve === "precisionAtRecall" ? ` ${ap[0].toFixed(3)}` : ""}`,
        points: thinned(curves[curve], steps),
      })),
    }),
  );
}

/** Even steps of a curve over 0 ... 1, and the last point. */
function thinned(curve: Float64Array, steps: number): { x: number; y: number }[] {
  const stride = CURVE_POINTS / steps;
  return Array.from({ length: steps + 1 }, (_, k) => {
    const i = Math.min(Math.round(k * stride), CURVE_POINTS - 1);
    return { x: i / (CURVE_POINTS - 1), y: curve[i] };
  });
}
