/**
 * @file What prediction says of one image, and the line of `findings.json` that says it.
 */
import type { Finding } from "@fovea/core/finding";
import type { ImageFindings } from "@fovea/core/report/findings";

/** Findings of one image, and where its pictures stand. */
export interface PredictedImage extends ImageFindings {
  /** Picture with its findings drawn upon it, relative to the folder of results. */
  readonly annotated?: string;
  /** Original and annotated picture side by side, relative to the folder of results. */
  readonly sideBySide?: string;
}

/** One image as JSON, on one line: hundredths of pixels and millimetres, confidences to four places. */
export function imageJson({ findings, ...image }: PredictedImage): string {
  return JSON.stringify({ ...image, findings: findings.map(roundFinding) });
}

function roundFinding({ confidence, box, sizeMm, polygon, ...finding }: Finding) {
  const { x1, y1, x2, y2 } = box;
  return {
    ...finding,
    confidence: round(confidence, 4),
    box: { x1: round(x1), y1: round(y1), x2: round(x2), y2: round(y2) },
    sizeMm: sizeMm && { width: round(sizeMm.width), height: round(sizeMm.height) },
    polygon: polygon?.map((value) => round(value)),
  };
}

function round(value: number, places = 2): number {
  return Number(value.toFixed(places));
}
