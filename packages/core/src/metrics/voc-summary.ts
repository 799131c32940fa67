/**
 * @file Average precision as the Pascal VOC challenge has it, at one threshold of overlap: by every point of the curve
 * (2010 and later), or by eleven (2007).
 *
 * Everingham et al., IJCV 88 (2010), doi:10.1007/s11263-009-0275-4. The numbers are those of review_object_detection_metrics
 * (Padilla et al., Electronics 10 (2021), doi:10.3390/electronics10030279): edges of boxes are pixels and both included, so
 * that a box has a width of `x2 - x1 + 1`; a detection points at the object of its class that it overlaps most, the first
 * of equals, and a second one on the same object is a false alarm. The mean is over the classes that have objects.
 */
import type { EvaluationTables } from "../dataset/box-tables";
import { ArgumentError } from "../errors";
import { byFallingValue, byRisingKey, inputOrder } from "../math/stable-order";
import type { VocMethod } from "./voc-method";

export interface VocOptions {
  /** Least overlap of a hit. In (0, 1]. @default 0.5 */
  readonly iou?: number;
  /** @default "every-point" */
  readonly method?: VocMethod;
  /** Count neither what the truth says to ignore (`ignore`, `crowd`) nor what lies on it, as VOC does with difficult objects. @default false */
  readonly honourIgnore?: boolean;
}

export interface VocCategory {
  readonly name: string;
  readonly id?: number | string;
  /** In [0, 1]; -1 without objects. */
  readonly AP: number;
  readonly objects: number;
  readonly truePositives: number;
  readonly falsePositives: number;
  /** By falling score, one for each detection that counts. */
  readonly precision: Float64Array;
  readonly recall: Float64Array;
}

export interface VocSummary {
  /** Mean over the categories that have objects; -1 if none has. */
  readonly mAP: number;
  readonly perCategory: readonly VocCategory[];
}

/**
 * VOC's summary of detections against a truth.
 *
 * @throws {ArgumentError} if `iou` lies outside
 */
export function vocSummaryOf(
  tables: EvaluationTables,
  { iou = 0.5, method = "every-point", honourIgnore = false }: VocOptions = {},
): VocSummary {
  if (!(iou > 0 && iou <= 1)) throw new ArgumentError(`vocSummaryOf: iou is ${iou}, wanted above 0, up to 1`);
  const { detections, categories, images } = tables;
  const fates = judge(tables, iou, honourIgnore);
  const inImages = byRisingKey(inputOrder(detections.scores.length), detections.image, images);
  const byScore = byFallingValue(inImages, detections.scores).filter((row) => fates[row] !== NEITHER);
  const objects = new Uint32Array(categories.length);
  const { truth } = tables;
  for (let j = 0; j < truth.image.length; j++) {
    if (!(honourIgnore && (truth.ignore[j] || truth.crowd[j]))) objects[truth.category[j]]++;
  }
  const perCategory = categories.map(({ name, id }, k): VocCategory => {
    const rows = byScore.filter((row) => detections.category[row] === k);
    const { precision, recall, found } = curveOf(rows, fates, objects[k]);
    const areaOf = method === "11-point" ? elevenPoints : everyPoint;
    return {
      name,
      ...(id !== undefined && { id }),
      AP: objects[k] === 0 ? -1 : areaOf(precision, recall),
      ...{ objects: objects[k], truePositives: found, falsePositives: rows.length - found, precision, recall },
    };
  });
  const judged = perCategory.filter((one) => one.objects > 0);
  const mAP = judged.length === 0 ? -1 : judged.reduce((sum, { AP }) => sum + AP, 0) / judged.length;
  return { mAP, perCategory };
}

/** What becomes of a detection; 0 is a false alarm. */
const [HIT, NEITHER] = [1, 2];

/** The fate of each detection. */
function judge({ images, truth, detections }: EvaluationTables, iou: number, honourIgnore: boolean): Uint8Array {
  const n = detections.scores.length;
  const fates = new Uint8Array(n);
  const marked = new Map<number, number[]>();
  for (let j = 0; j < truth.image.length; j++) {
    const key = truth.category[j] * images + truth.image[j];
    const rows = marked.get(key);
    if (rows) rows.push(j);
    else marked.set(key, [j]);
  }
  const taken = new Uint8Array(truth.image.length);
  for (const row of byFallingValue(inputOrder(n), detections.scores)) {
    let chosen = -1;
    let best = 0;
    for (const j of marked.get(detections.category[row] * images + detections.image[row]) ?? []) {
      const value = pixelOverlap(detections.boxes, 4 * row, truth.boxes, 4 * j);
      if (value <= best) continue;
      best = value;
      chosen = j;
    }
    if (chosen < 0 || best < iou) continue;
    if (honourIgnore && (truth.ignore[chosen] || truth.crowd[chosen])) fates[row] = NEITHER;
    else if (!taken[chosen]) fates[row] = HIT;
    taken[chosen] = 1;
  }
  return fates;
}

/** Overlap of two boxes whose last row and column of pixels are included; those that touch share a line. */
function pixelOverlap(a: Float64Array, p: number, b: Float64Array, q: number): number {
  const width = Math.min(a[p] + a[p + 2], b[q] + b[q + 2]) - Math.max(a[p], b[q]) + 1;
  const height = Math.min(a[p + 1] + a[p + 3], b[q + 1] + b[q + 3]) - Math.max(a[p + 1], b[q + 1]) + 1;
  if (width < 1 || height < 1) return 0;
  const shared = width * height;
  return shared / ((a[p + 2] + 1) * (a[p + 3] + 1) + (b[q + 2] + 1) * (b[q + 3] + 1) - shared);
}

function curveOf(rows: Uint32Array, fates: Uint8Array, objects: number) {
  const precision = new Float64Array(rows.length);
  const recall = new Float64Array(rows.length);
  let found = 0;
  for (let i = 0; i < rows.length; i++) {
    if (fates[rows[i]] === HIT) found++;
    precision[i] = found / (i + 1);
    recall[i] = objects === 0 ? 0 : found / objects;
  }
  return { precision, recall, found };
}

/** Highest precision from each point on. */
function envelope(precision: Float64Array): Float64Array {
  const highest = precision.slice();
  for (let i = highest.length - 2; i >= 0; i--) highest[i] = Math.max(highest[i], highest[i + 1]);
  return highest;
}

function everyPoint(precision: Float64Array, recall: Float64Array): number {
  const highest = envelope(precision);
  let area = 0;
  for (let i = 0, before = 0; i < recall.length; before = recall[i++]) area += (recall[i] - before) * highest[i];
  return area;
}

function elevenPoints(precision: Float64Array, recall: Float64Array): number {
  const highest = envelope(precision);
  let sum = 0;
  for (let r = 0; r <= 10; r++) {
    // NumPy's steps: multiplied by a tenth, so that the fourth is a hair above .3.
    const wanted = r === 10 ? 1 : r * 0.1;
    const at = recall.findIndex((value) => value >= wanted);
    if (at >= 0) sum += highest[at];
  }
  return sum / 11;
}
