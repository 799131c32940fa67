/**
 * @file Boxes whose size or shape is far from that of their class.
 *
 * Sizes and aspects differ by factors: both are judged by their logarithm, against the class's median, in units of the
 * median absolute deviation times 1.4826, which is the standard deviation where the values are normal (Iglewicz and
 * Hoaglin, "How to detect and handle outliers", 1993).
 */
import type { Box } from "../../finding";
import { quantile } from "../../math/stats";
import { type AnnotatedImage, type AnnotationSet, isIgnored } from "../annotation-set";
import { type CheckFinding, finding } from "./finding-kinds";
import { CHECK_LIMITS, type CheckLimits } from "./limits";
import { hasArea } from "./packed-boxes";

/** Fewer boxes of a class say nothing of what is usual. */
const LEAST_BOXES = 20;

/** A class of equal boxes must not make outliers of the next pixel: a tenth up or down is nothing. */
const LEAST_DEVIATION = Math.log(1.1);

const NORMAL = 1.4826;

/** So near to the edge a box ends at it, pixels. */
const EDGE = 1.5;

interface Measured {
  readonly image: number;
  readonly index: number;
  readonly size: number;
  readonly aspect: number;
  /** It touches an edge of the image: what is cut off there has any shape. */
  readonly cut: boolean;
}

export function outlierFindings(
  { categories, images }: AnnotationSet,
  { outlierDeviations, tinyPx }: CheckLimits = CHECK_LIMITS,
): CheckFinding[] {
  return categories.flatMap(({ name }, classId) => {
    const boxes = images.flatMap(({ annotations }, image) =>
      annotations.flatMap((one, index): Measured[] => {
        if (one.classId !== classId || isIgnored(one) || !hasArea(one.box)) return [];
        const [w, h] = [one.box.x2 - one.box.x1, one.box.y2 - one.box.y1];
        // Those of a few pixels have a finding of their own.
        if (Math.min(w, h) < tinyPx) return [];
        return [{ image, index, size: Math.sqrt(w * h), aspect: w / h, cut: touchesEdge(one.box, images[image]) }];
      }),
    );
    if (boxes.length < LEAST_BOXES) return [];
    return [
      ...farOut(boxes, ({ size }) => size, outlierDeviations).map(({ one, median }) => {
        const [size, usual] = [one.size.toFixed(1), median.toFixed(1)];
        return finding(
          "size_outlier",
          `${name}: side ${size} px, usual ${usual}`,
          `${name}：边长 ${size} px，通常为 ${usual}`,
          { image: one.image, annotations: [one.index] },
        );
      }),
      ...farOut(
        boxes.filter(({ cut }) => !cut),
        ({ aspect }) => aspect,
        outlierDeviations,
      ).map(({ one, median }) => {
        const [aspect, usual] = [one.aspect.toFixed(2), median.toFixed(2)];
        return finding(
          "aspect_outlier",
          `${name}: width / height ${aspect}, usual ${usual}`,
          `${name}：宽高比 ${aspect}，通常为 ${usual}`,
          { image: one.image, annotations: [one.index] },
        );
      }),
    ];
  });
}

function touchesEdge({ x1, y1, x2, y2 }: Box, { width = Infinity, height = Infinity }: AnnotatedImage): boolean {
  return x1 <= EDGE || y1 <= EDGE || x2 >= width - EDGE || y2 >= height - EDGE;
}

function farOut(
  boxes: readonly Measured[],
  measureOf: (one: Measured) => number,
  limit: number,
): { readonly one: Measured; readonly median: number }[] {
  if (boxes.length < LEAST_BOXES) return [];
  const logs = boxes.map((one) => Math.log(measureOf(one)));
  const median = quantile(logs, 0.5);
  const spread = quantile(
    logs.map((value) => Math.abs(value - median)),
    0.5,
  );
  const deviation = Math.max(NORMAL * spread, LEAST_DEVIATION);
  return boxes.flatMap((one, i) =>
    Math.abs(logs[i] - median) > limit * deviation ? [{ one, median: Math.exp(median) }] : [],
  );
}
