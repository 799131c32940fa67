/**
 * @file From detections in the network's input to findings in the source image.
 */
import type { Finding } from "../finding";
import { clipPolygon } from "../geometry/polygon";
import { boxesToSource, type LetterboxTransform } from "../imaging/letterbox";
import { maskLogits, maskOutline, type Prototypes } from "./masks";
import type { Detections } from "./suppress";

/** An image, and how it came to lie in the network's input. */
export interface SourceFrame {
  /** Pixels of the source image. */
  readonly width: number;
  readonly height: number;
  readonly transform: LetterboxTransform;
}

/** What a segmenting network gives beside boxes. */
export interface MaskParts {
  readonly prototypes: Prototypes;
  /** Mask coefficients of an anchor. */
  readonly coefficientsOf: (anchor: number) => Float32Array;
}

/** Findings in pixels of the source image, in the order of the detections. */
export function findingsOf(
  found: Detections,
  names: readonly string[],
  source: SourceFrame,
  masks?: MaskParts,
): Finding[] {
  const { width, height, transform } = source;
  const outlines = masks && outlinesOf(found, masks);
  const boxes = boxesToSource(found.boxes.slice(), transform, width, height);
  return Array.from(found.scores, (confidence, i): Finding => {
    const classId = found.classIds[i];
    const [x1, y1, x2, y2] = boxes.subarray(4 * i, 4 * i + 4);
    const finding = { classId, className: names[classId], confidence, box: { x1, y1, x2, y2 } };
    const polygon = outlines && outlineToSource(outlines[i], source);
    return polygon === undefined || polygon.length === 0 ? finding : { ...finding, polygon };
  });
}

/** Outlines of the detections' masks, pixels of the network's input. */
function outlinesOf({ boxes, anchorIndex }: Detections, { prototypes, coefficientsOf }: MaskParts): number[][] {
  return Array.from(anchorIndex, (anchor, i) => {
    const [x1, y1, x2, y2] = boxes.subarray(4 * i, 4 * i + 4);
    return maskOutline(maskLogits(prototypes, coefficientsOf(anchor), { x1, y1, x2, y2 }));
  });
}

function outlineToSource(outline: readonly number[], { width, height, transform }: SourceFrame): number[] {
  const { scale, left, top } = transform;
  const points = outline.map((value, i) => (value - (i % 2 === 0 ? left : top)) / scale);
  return Array.from(clipPolygon(points, { x1: 0, y1: 0, x2: width, y2: height }));
}
