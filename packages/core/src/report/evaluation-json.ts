/**
 * @file An evaluation as JSON: the same numbers as the page's, under keys that stay. docs/evaluation-report.md lists them.
 *
 * What cannot be stated (NaN, infinite) is null. Curves of precision and F1 have 101 even steps.
 */
import { type ClassCurves, CURVE_POINTS } from "../metrics/average-precision";
import type { Evaluation } from "../metrics/evaluation";

/** Changes when a key changes its meaning or goes. */
const VERSION = 1;

/** The text of the file. */
export function evaluationJson(evaluation: Evaluation, { date }: { readonly date?: string } = {}): string {
  const { precisionRecall, confusion, cases, worst, ...rest } = evaluation;
  const document = {
    ...{ format: "fovea-evaluation", version: VERSION, date },
    ...rest,
    precisionRecall: {
      bestConfidence: precisionRecall.bestConfidence,
      classes: precisionRecall.classes.map(({ classId, labels, detections, precision, recall, f1, ap, curves }) => ({
        ...{ classId, labels, detections, precision, recall, f1, ap: [...ap], curves: stepped(curves) },
      })),
    },
    confusion: [...confusion],
    cases,
    worst,
  };
  return `${JSON.stringify(document, (_, value: unknown) => plain(value), 1)}\n`;
}

/** Ten digits: more than is measured, fewer than rounding noise takes. */
function plain(value: unknown): unknown {
  if (typeof value !== "number") return value;
  if (!Number.isFinite(value)) return null;
  return Number.isInteger(value) ? value : Number(value.toPrecision(10));
}

function stepped(curves: ClassCurves): Record<keyof ClassCurves, number[]> {
  const of = (curve: Float64Array) =>
    Array.from({ length: 101 }, (_, k) => curve[Math.round((k * (CURVE_POINTS - 1)) / 100)]);
  return {
    precision: of(curves.precision),
    recall: of(curves.recall),
    f1: of(curves.f1),
    precisionAtRecall: of(curves.precisionAtRecall),
  };
}
