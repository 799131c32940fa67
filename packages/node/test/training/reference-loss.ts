/**
 * @file The detection loss in plain float64 loops over every anchor and ground truth, from section 10 of the reference
 * text: what the loss graph, which works on candidate lists, must come to.
 */
import type { AnchorGrid } from "@fovea/core/nn/candidates";

const BINS = 16;
const TOP = 10;

/** Raw maps of one level: boxes (B, 64, H, W), scores (B, C, H, W). */
export interface LevelMaps {
  readonly boxes: Float32Array;
  readonly scores: Float32Array;
}

export interface LossInput {
  readonly grid: AnchorGrid;
  readonly batch: number;
  readonly classes: number;
  readonly levels: readonly LevelMaps[];
  /** Rows image, class, centre x, centre y, width, height. */
  readonly targets: readonly (readonly number[])[];
}

export interface LossOutput {
  /** Box, cls, dfl with their gains 7.5, 0.5, 1.5. */
  readonly items: readonly [number, number, number];
  /** Per image the anchors that belong to a ground truth. */
  readonly foreground: readonly (readonly number[])[];
  /** Per image and foreground anchor the row of its ground truth. */
  readonly truths: readonly (readonly number[])[];
}

type Box = readonly number[];

/** x, y in pixels, stride, and what the network says there. */
interface Prediction {
  readonly x: number;
  readonly y: number;
  readonly stride: number;
  /** 4 x 16 */
  readonly logits: readonly number[];
  readonly box: Box;
  readonly scores: readonly number[];
}

const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const logSumExp = (values: readonly number[]) => {
  const most = Math.max(...values);
  return most + Math.log(values.reduce((sum, v) => sum + Math.exp(v - most), 0));
};

export function ciou(a: Box, b: Box): number {
  const [aw, ah, bw, bh] = [a[2] - a[0], a[3] - a[1] + 1e-7, b[2] - b[0], b[3] - b[1] + 1e-7];
  const across = Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0]));
  const down = Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
  const iou = (across * down) / (aw * ah + bw * bh - across * down + 1e-7);
  const hull = (Math.max(a[2], b[2]) - Math.min(a[0], b[0])) ** 2 + (Math.max(a[3], b[3]) - Math.min(a[1], b[1])) ** 2;
  const apart = ((b[0] + b[2] - a[0] - a[2]) ** 2 + (b[1] + b[3] - a[1] - a[3]) ** 2) / 4;
  const v = (4 / Math.PI ** 2) * (Math.atan(bw / bh) - Math.atan(aw / ah)) ** 2;
  return iou - apart / (hull + 1e-7) - (v * v) / (v - iou + 1 + 1e-7);
}

/** Everything the network says of one image. */
function predictions({ grid, classes, levels }: LossInput, image: number): Prediction[] {
  const found: Prediction[] = [];
  levels.forEach(({ boxes, scores }, level) => {
    const stride = grid.strides[level];
    const [columns, rows] = [grid.width / stride, grid.height / stride];
    const pixels = columns * rows;
    for (let cell = 0; cell < pixels; cell++) {
      const at = (map: Float32Array, channels: number, channel: number) =>
        map[(image * channels + channel) * pixels + cell];
      const logits = Array.from({ length: 4 * BINS }, (_, i) => at(boxes, 4 * BINS, i));
      const [x, y] = [((cell % columns) + 0.5) * stride, (Math.floor(cell / columns) + 0.5) * stride];
      const reach = [0, 1, 2, 3].map((side) => {
        const bins = logits.slice(side * BINS, (side + 1) * BINS);
        const norm = logSumExp(bins);
        return stride * bins.reduce((sum, v, bin) => sum + bin * Math.exp(v - norm), 0);
      });
      const box = [x - reach[0], y - reach[1], x + reach[2], y + reach[3]];
      found.push({
        x,
        y,
        stride,
        logits,
        box,
        scores: Array.from({ length: classes }, (_, c) => at(scores, classes, c)),
      });
    }
  });
  return found;
}

const cornersOf = ([, , cx, cy, w, h]: readonly number[], { width, height }: AnchorGrid): Box =>
  [(cx - w / 2) * width, (cy - h / 2) * height, (cx + w / 2) * width, (cy + h / 2) * height].map(Math.fround);

/** The box in which anchors are candidates: sides below 8 px are widened to 16. */
function reachOf([x1, y1, x2, y2]: Box): Box {
  const wide = (from: number, to: number) => (to - from < 8 ? [(from + to) / 2 - 8, (from + to) / 2 + 8] : [from, to]);
  const [[left, right], [top, bottom]] = [wide(x1, x2), wide(y1, y2)];
  return [left, top, right, bottom];
}

interface Assigned {
  readonly anchor: number;
  readonly truth: number;
  readonly score: number;
}

function assign(
  anchors: readonly Prediction[],
  truths: readonly { readonly box: Box; readonly label: number }[],
): Assigned[] {
  const overlap = truths.map(({ box }) => {
    const [left, top, right, bottom] = reachOf(box);
    return anchors.map((p) =>
      p.x > left && p.x < right && p.y > top && p.y < bottom ? Math.max(0, ciou(box, p.box)) : 0,
    );
  });
  const metric = truths.map(({ label }, t) =>
    anchors.map((p, a) => Math.sqrt(sigmoid(p.scores[label])) * overlap[t][a] ** 6),
  );
  const chosen = metric.map((row) => {
    const tenth = [...row].sort((a, b) => b - a)[TOP - 1] ?? 0;
    return row.map((value) => value > 0 && value >= tenth);
  });
  const owner = anchors.map((_, a) => {
    const takers = truths.flatMap((_truth, t) => (chosen[t][a] ? [t] : []));
    if (takers.length < 2) return takers[0] ?? -1;
    return truths.reduce((best, _truth, t) => (overlap[t][a] > overlap[best][a] ? t : best), 0);
  });
  return owner.flatMap((truth, anchor) => {
    if (truth < 0) return [];
    const own = owner.flatMap((t, a) => (t === truth ? [a] : []));
    const bestOverlap = Math.max(...own.map((a) => overlap[truth][a]));
    const bestMetric = Math.max(...own.map((a) => metric[truth][a]));
    return [{ anchor, truth, score: (metric[truth][anchor] * bestOverlap) / (bestMetric + 1e-9) }];
  });
}

/** Cross-entropy with the two bins beside each side's distance, averaged over the sides. */
function distribution({ x, y, stride, logits }: Prediction, box: Box): number {
  const sides = [x - box[0], y - box[1], box[2] - x, box[3] - y];
  const losses = sides.map((side, i) => {
    const distance = Math.min(Math.max(side / stride, 0), BINS - 1 - 0.01);
    const low = Math.floor(distance);
    const bins = logits.slice(i * BINS, (i + 1) * BINS);
    const norm = logSumExp(bins);
    return (norm - bins[low]) * (low + 1 - distance) + (norm - bins[low + 1]) * (distance - low);
  });
  return losses.reduce((a, b) => a + b) / 4;
}

export function referenceLoss(input: LossInput): LossOutput {
  const { grid, batch, classes, targets } = input;
  const sums = { box: 0, cls: 0, dfl: 0, scores: 0 };
  const foreground: number[][] = [];
  const owners: number[][] = [];
  for (let image = 0; image < batch; image++) {
    const anchors = predictions(input, image);
    const rows = targets.flatMap((row, i) => (row[0] === image ? [i] : []));
    const truths = rows.map((row) => ({ box: cornersOf(targets[row], grid), label: targets[row][1] }));
    const assigned = assign(anchors, truths);
    for (const { scores } of anchors) for (let c = 0; c < classes; c++) sums.cls += softplus(scores[c]);
    for (const { anchor, truth, score } of assigned) {
      const { label, box } = truths[truth];
      const p = anchors[anchor];
      const inStrides = (b: Box) => b.map((v) => v / p.stride);
      sums.cls -= p.scores[label] * score;
      sums.scores += score;
      sums.box += (1 - ciou(inStrides(p.box), inStrides(box))) * score;
      sums.dfl += distribution(p, box) * score;
    }
    foreground.push(assigned.map(({ anchor }) => anchor));
    owners.push(assigned.map(({ truth }) => rows[truth]));
  }
  const total = Math.max(sums.scores, 1);
  return {
    items: [(7.5 * sums.box) / total, (0.5 * sums.cls) / total, (1.5 * sums.dfl) / total],
    foreground,
    truths: owners,
  };
}
