/**
 * @file Pictures of a validation: precision by recall, and precision, recall and F1 by confidence.
 */
import { type AveragePrecision, type ClassCurves, CURVE_POINTS } from "@fovea/core/metrics/average-precision";
import { writeAtomically } from "../data/atomic-write";
import { drawLineCharts, type LineChart } from "./line-chart";

const CHARTS: readonly (readonly [curve: keyof ClassCurves, title: string, xTitle: string])[] = [
  ["precisionAtRecall", "precision by recall (IoU 0.5)", "recall"],
  ["f1", "F1 by confidence", "confidence"],
  ["precision", "precision by confidence", "confidence"],
  ["recall", "recall by confidence", "confidence"],
];

/** Lines of a chart hold this many points: more are not seen. */
const POINTS = 200;

/**
 * Writes the curves of every class that has labels to the PNG file `path`.
 *
 * @param names of the classes, by id
 * @throws {FoveaError} `disk_full` or `write_failed`
 */
export async function drawPrecisionRecall(
  { classes }: AveragePrecision,
  names: readonly string[],
  path: string,
): Promise<void> {
  const charts = CHARTS.map(
    ([curve, title, xTitle]): LineChart => ({
      title,
      xTitle,
      xRange: [0, 1],
      yRange: [0, 1],
      lines: classes.map(({ classId, ap, curves }) => ({
        name: `${names[classId] ?? classId}${curve === "precisionAtRecall" ? ` ${ap[0].toFixed(3)}` : ""}`,
        points: thinned(curves[curve]),
      })),
    }),
  );
  await writeAtomically(path, await drawLineCharts(charts, { columns: 2, width: 560, height: 400 }));
}

/** Every fifth point of a curve over 0 ... 1, and the last. */
function thinned(curve: Float64Array): { x: number; y: number }[] {
  const step = CURVE_POINTS / POINTS;
  return Array.from({ length: POINTS + 1 }, (_, k) => {
    const i = Math.min(k * step, CURVE_POINTS - 1);
    return { x: i / (CURVE_POINTS - 1), y: curve[i] };
  });
}
