/**
 * @file The detection loss in plain float64 loops over every anchor and ground truth, from section 10 of the reference
 * text: what the loss graph, which works on candidate lists, must come to.
 */
import type { AnchorGrid } from "@fovea/core/nn/candidates";
import type { LossOptions } from "@fovea/core/nn/loss-options";
import { type Box, boxLoss, ciou, plainIou } from "./reference-overlap";

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
  /** @default none: the public tools' loss */
  readonly options?: LossOptions;
  /** Weight of each target. @default 1 */
  readonly weights?: readonly number[];
  /** Which targets are regions to ignore. @default none */
  readonly ignored?: readonly boolean[];
  /** Running mean of 1 - IoU, for WIoU v3. */
  readonly iouMean?: number;
}

export interface LossOutput {
  /** Box, cls, dfl with their gains, 7.5, 0.5, 1.5 unless told. */
  readonly items: readonly [number, number, number];
  /** Per image the anchors that belong to a ground truth. */
  readonly foreground: readonly (readonly number[])[];
  /** Per image and foreground anchor the row of its ground truth. */
  readonly truths: readonly (readonly number[])[];
  /** Per image; given back to `referenceLoss` it stays as it is, since no gradient goes through it. */
  readonly assigned: readonly (readonly Assigned[])[];
  /** Mean of 1 - IoU over the foreground anchors by the weight of their ground truths. */
  readonly meanIouLoss: number;
}

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

interface Truth {
  readonly box: Box;
  readonly label: number;
}

const centred = (box: Box) => [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2] as const;

/** The anchor that is kept for each ground truth: the nearest free one of the level for its size. */
function keptFor(anchors: readonly Prediction[], truths: readonly Truth[]): number[] {
  const kept: number[] = [];
  for (const { box } of truths) {
    const half = Math.max(box[2] - box[0], box[3] - box[1]) / 2;
    const strides = [...new Set(anchors.map((p) => p.stride))];
    const own = strides.find((stride) => half <= 8 * stride) ?? strides[strides.length - 1];
    const [x, y] = centred(box);
    const order = anchors
      .map((p, anchor) => ({ anchor, other: p.stride !== own, distance: (p.x - x) ** 2 + (p.y - y) ** 2 }))
      .filter(({ anchor, other }) => !other && !kept.includes(anchor))
      .sort((p, q) => p.distance - q.distance);
    kept.push(order[0].anchor);
  }
  return kept;
}

function assign(anchors: readonly Prediction[], truths: readonly Truth[], all: boolean): Assigned[] {
  const kept = all ? keptFor(anchors, truths) : [];
  const overlap = truths.map(({ box }, t) => {
    const [left, top, right, bottom] = reachOf(box);
    return anchors.map((p, a) => {
      const inside = p.x > left && p.x < right && p.y > top && p.y < bottom;
      const candidate = kept.includes(a) ? kept[t] === a : inside;
      return candidate ? Math.max(0, ciou(box, p.box)) : 0;
    });
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
  const assigned = owner.flatMap((truth, anchor) => {
    if (truth < 0) return [];
    const own = owner.flatMap((t, a) => (t === truth ? [a] : []));
    const bestOverlap = Math.max(...own.map((a) => overlap[truth][a]));
    const bestMetric = Math.max(...own.map((a) => metric[truth][a]));
    return [{ anchor, truth, score: (metric[truth][anchor] * bestOverlap) / (bestMetric + 1e-9) }];
  });
  return all ? withKept(assigned, kept) : assigned;
}

/** Ground truths whose best target is below 0.1 take the anchor kept for them, with that target. */
function withKept(assigned: readonly Assigned[], kept: readonly number[]): Assigned[] {
  const found = [...assigned];
  kept.forEach((anchor, truth) => {
    const scores = assigned.filter((one) => one.truth === truth).map(({ score }) => score);
    if (Math.max(0, ...scores) >= 0.1) return;
    const at = found.findIndex((one) => one.anchor === anchor);
    if (at >= 0) found.splice(at, 1);
    found.push({ anchor, truth, score: 0.1 });
  });
  return found.sort((a, b) => a.anchor - b.anchor);
}

/** Class loss of one anchor: `target` for its own class. */
function classLoss(scores: readonly number[], target: number, label: number, options: LossOptions): number {
  const { focalGamma = 0, focalAlpha = 0, labelSmoothing: smoothing = 0, classWeights } = options;
  return scores.reduce((sum, x, c) => {
    const z = target * ((c === label ? 1 - smoothing : 0) + smoothing / scores.length);
    const entropy = (classWeights?.[c] ?? 1) * z * softplus(-x) + (1 - z) * softplus(x);
    const balance = focalAlpha > 0 ? focalAlpha * z + (1 - focalAlpha) * (1 - z) : 1;
    return sum + Math.abs(z - sigmoid(x)) ** focalGamma * balance * entropy;
  }, 0);
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

/** @param held assignment to take in place of one by these maps */
export function referenceLoss(input: LossInput, held?: LossOutput): LossOutput {
  const { grid, batch, targets, options = {}, weights, ignored, iouMean: mean } = input;
  const { box: boxGain = 7.5, cls: clsGain = 0.5, dfl: dflGain = 1.5, iouType: type, assignAll = false } = options;
  const sums = { box: 0, cls: 0, dfl: 0, scores: 0, iou: 0, count: 0 };
  const foreground: number[][] = [];
  const owners: number[][] = [];
  const all: (readonly Assigned[])[] = [];
  // Rows of the ground truths among themselves: regions to ignore are none.
  const real = targets.flatMap((_, i) => (ignored?.[i] ? [] : [i]));
  for (let image = 0; image < batch; image++) {
    const anchors = predictions(input, image);
    const rows = real.filter((row) => targets[row][0] === image);
    const truths = rows.map((row) => ({ box: cornersOf(targets[row], grid), label: targets[row][1] }));
    const assigned = held?.assigned[image] ?? assign(anchors, truths, assignAll);
    const unread = targets.flatMap((row, i) =>
      ignored?.[i] && row[0] === image ? [reachOf(cornersOf(row, grid))] : [],
    );
    anchors.forEach((p, a) => {
      const own = assigned.find(({ anchor }) => anchor === a);
      if (!own && unread.some(([x1, y1, x2, y2]) => p.x > x1 && p.x < x2 && p.y > y1 && p.y < y2)) return;
      const weight = own ? (weights?.[rows[own.truth]] ?? 1) : 1;
      sums.cls += weight * classLoss(p.scores, own?.score ?? 0, own ? truths[own.truth].label : -1, options);
    });
    for (const { anchor, truth, score } of assigned) {
      const { box } = truths[truth];
      const p = anchors[anchor];
      const weight = weights?.[rows[truth]] ?? 1;
      const [predicted, goal] = [p.box, box].map((b) => b.map((v) => v / p.stride));
      sums.scores += score * weight;
      sums.box += boxLoss(predicted, goal, { type, mean }) * score * weight;
      sums.dfl += distribution(p, box) * score * weight;
      sums.iou += (1 - plainIou(predicted, goal)) * weight;
      sums.count += weight;
    }
    foreground.push(assigned.map(({ anchor }) => anchor));
    owners.push(assigned.map(({ truth }) => real.indexOf(rows[truth])));
    all.push(assigned);
  }
  const total = Math.max(sums.scores, 1);
  return {
    items: [(boxGain * sums.box) / total, (clsGain * sums.cls) / total, (dflGain * sums.dfl) / total],
    foreground,
    truths: owners,
    assigned: all,
    meanIouLoss: sums.iou / sums.count,
  };
}
