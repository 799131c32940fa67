/**
 * @file How well the findings in one image fit what is marked there, and which images a report should show.
 */
import type { Region, Sample } from "../dataset/sample";
import type { Finding } from "../finding";
import { NO_LESION } from "../metrics/froc";
import { judgedDetections } from "../metrics/ignored-regions";
import { lesionHits } from "../metrics/lesion-hits";

export interface Judged {
  /** Lesions marked. */
  readonly marked: number;
  /** Of them, those with a finding of their class and an IoU of at least 0.5. */
  readonly found: number;
  /** Findings that fit no lesion, or one that is taken. */
  readonly falseAlarms: number;
}

/**
 * Findings against labels, each used once, the most confident findings first. Findings in regions in which nothing is judged
 * are no false alarms.
 *
 * @param size of the image, pixels
 */
export function judgeFindings(
  findings: readonly Finding[],
  { labels, ignored = [] }: Pick<Sample, "labels" | "ignored">,
  size: { readonly width: number; readonly height: number },
): Judged {
  const sorted = findings.toSorted((a, b) => b.confidence - a.confidence);
  const truth = { boxes: boxesOf(labels, size), classIds: Int32Array.from(labels, ({ classId }) => classId) };
  const detections = {
    boxes: Float32Array.from(sorted.flatMap(({ box: { x1, y1, x2, y2 } }) => [x1, y1, x2, y2])),
    classIds: Int32Array.from(sorted, ({ classId }) => classId),
  };
  const hits = lesionHits(detections, truth);
  const found = new Set(hits.filter((lesion) => lesion !== NO_LESION)).size;
  const judged = judgedDetections(detections, truth, boxesOf(ignored, size));
  return { marked: labels.length, found, falseAlarms: judged.length - found };
}

function boxesOf(marks: readonly Region[], { width, height }: { readonly width: number; readonly height: number }) {
  const corners = marks.flatMap(({ cx, cy, w, h }) => [cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2]);
  return Float32Array.from(corners, (value, i) => value * (i % 2 === 0 ? width : height));
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
