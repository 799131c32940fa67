/**
 * @file How well the findings in one image fit what is marked there, and which images a report should show.
 */
import type { Label } from "../dataset/sample";
import type { Finding } from "../finding";
import { iou } from "../geometry/box";

export interface Judged {
  /** Lesions marked. */
  readonly marked: number;
  /** Of them, those with a finding of their class and an IoU of at least 0.5. */
  readonly found: number;
  /** Findings that fit no lesion, or one that is taken. */
  readonly falseAlarms: number;
}

const HIT = 0.5;

/**
 * Findings against labels, each used once, the most confident findings first.
 *
 * @param size of the image, pixels
 */
export function judgeFindings(
  findings: readonly Finding[],
  labels: readonly Label[],
  size: { readonly width: number; readonly height: number },
): Judged {
  const boxes = Float32Array.from(
    labels.flatMap(({ cx, cy, w, h }) => [
      (cx - w / 2) * size.width,
      (cy - h / 2) * size.height,
      (cx + w / 2) * size.width,
      (cy + h / 2) * size.height,
    ]),
  );
  const taken = new Set<number>();
  for (const { classId, box } of findings.toSorted((a, b) => b.confidence - a.confidence)) {
    const own = Float32Array.of(box.x1, box.y1, box.x2, box.y2);
    let best = -1;
    let bestOverlap = HIT;
    labels.forEach((label, j) => {
      if (label.classId !== classId || taken.has(j)) return;
      const overlap = iou(own, 0, boxes, j);
      if (overlap >= bestOverlap) [best, bestOverlap] = [j, overlap];
    });
    if (best >= 0) taken.add(best);
  }
  return { marked: labels.length, found: taken.size, falseAlarms: findings.length - taken.size };
}

/**
 * Which of `judged` to show: half of `count` the worst (most lesions missed and made up), the others at even distances
 * among the rest, in the order of the images. Images without any mistake are never called worst.
 */
export function pickImages(
  judged: readonly Judged[],
  count: number,
): { readonly index: number; readonly worst: boolean }[] {
  const mistakes = ({ marked, found, falseAlarms }: Judged) => marked - found + falseAlarms;
  const order = judged.map((_, index) => index).sort((a, b) => mistakes(judged[b]) - mistakes(judged[a]) || a - b);
  const worst = order.filter((index) => mistakes(judged[index]) > 0).slice(0, Math.floor(count / 2));
  const rest = judged.map((_, index) => index).filter((index) => !worst.includes(index));
  const room = Math.min(count - worst.length, rest.length);
  const others = Array.from({ length: room }, (_, i) => rest[Math.floor((i * rest.length) / room)]);
  return [...worst.map((index) => ({ index, worst: true })), ...others.map((index) => ({ index, worst: false }))];
}
