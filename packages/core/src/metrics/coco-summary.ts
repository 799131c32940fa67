/**
 * @file Average precision and recall as COCO reports them: twelve numbers, for all categories and for each.
 *
 * The numbers are those of pycocotools 2.0.11 (Lin et al., "Microsoft COCO: common objects in context", ECCV 2014,
 * arXiv:1405.0312; cocodataset.org, "Detection evaluation"). Two things that its users may not know are kept, for the
 * numbers to be comparable: `ignore` without `iscrowd` is read and then forgotten, unless `honourIgnore` is set; and -1
 * stands where there is nothing to find. One is not: an annotation of id 0 can be found like any other here.
 */
import type { AnnotationSet, Category } from "../dataset/annotation-set";
import { type EvaluationTables, evaluationTables, type OverlapKind } from "../dataset/box-tables";
import { ABSENT, type Accumulation, accumulate, RECALL_POINTS } from "./coco-accumulation";
import { type AreaRange, type Matching, matchTables } from "./coco-matching";

/** All in [0, 1], or -1 where there is no object to find. */
export interface CocoStats {
  /** Average precision, mean over IoU .50, .55 ... .95. */
  readonly AP: number;
  readonly AP50: number;
  readonly AP75: number;
  /** Of objects below 32², from 32² to 96², and above 96² square pixels. */
  readonly APs: number;
  readonly APm: number;
  readonly APl: number;
  /** Share of the objects that 1, 10 and 100 detections of an image and category find, mean over the same IoU. */
  readonly AR1: number;
  readonly AR10: number;
  readonly AR100: number;
  /** By 100 detections, by size. */
  readonly ARs: number;
  readonly ARm: number;
  readonly ARl: number;
}

export interface CocoCategory extends CocoStats {
  readonly name: string;
  readonly id?: number | string;
  /** Objects that are judged. */
  readonly objects: number;
  readonly detections: number;
  /** Precision at the recalls 0, .01 ... 1 at IoU .5; -1 without objects. */
  readonly precision50: Float64Array;
  /** Mean Dice of what is found at IoU .5, where masks are compared; -1 if nothing is. */
  readonly dice?: number;
}

export interface CocoSummary {
  readonly stats: CocoStats;
  /** In the order of their ids. */
  readonly perCategory: readonly CocoCategory[];
  /** Mean over the categories that have objects. */
  readonly precision50: Float64Array;
  /** Mean over all that is found in all categories. */
  readonly dice?: number;
}

export interface CocoOptions {
  /** What is compared: boxes, or masks. @default "bbox" */
  readonly iouType?: OverlapKind;
  /** Judge nothing where the truth says `ignore` without saying `crowd`: pycocotools does. @default false */
  readonly honourIgnore?: boolean;
}

/** NumPy's ten steps of .5 ... .95. */
const STEP = (0.95 - 0.5) / 9;
const COCO_THRESHOLDS: readonly number[] = Array.from({ length: 10 }, (_, i) => (i === 9 ? 0.95 : 0.5 + i * STEP));

/** All, small, medium, large: square pixels. */
const AREA_RANGES: readonly AreaRange[] = [
  [0, 1e10],
  [0, 32 ** 2],
  [32 ** 2, 96 ** 2],
  [96 ** 2, 1e10],
];

const COUNTS = [1, 10];
const MAX_DETECTIONS = 100;

/**
 * COCO's summary of detections against a truth.
 *
 * Images are matched by file, categories by name. Boxes of an annotation set are edges: their widths may differ from
 * those in a file by the last bit, which `cocoSummaryOf` avoids.
 *
 * @throws {ArgumentError} if a detection has no score, or an image or category that the truth lacks
 * @throws {FoveaError} `invalid_annotations` if masks are wanted and one cannot be read
 */
export function cocoSummary(
  truth: AnnotationSet,
  detections: AnnotationSet,
  { iouType = "bbox", honourIgnore = false }: CocoOptions = {},
): CocoSummary {
  return cocoSummaryOf(evaluationTables(truth, detections, iouType), { honourIgnore });
}

/** The same of tables: by their masks, where both have them. */
export function cocoSummaryOf(
  tables: EvaluationTables,
  { honourIgnore = false }: Omit<CocoOptions, "iouType"> = {},
): CocoSummary {
  const matching = matchTables(tables, {
    thresholds: COCO_THRESHOLDS,
    areaRanges: AREA_RANGES,
    maxDetections: MAX_DETECTIONS,
    honourIgnore,
  });
  const accumulation = accumulate(tables, matching, {
    thresholds: COCO_THRESHOLDS.length,
    ranges: AREA_RANGES.length,
    counts: COUNTS,
    maxDetections: MAX_DETECTIONS,
  });
  const { categories, detections } = tables;
  const reader = new Reader(accumulation, categories.length);
  const counted = new Uint32Array(categories.length);
  for (const category of detections.category) counted[category]++;
  const dice = detections.masks && diceOf(tables, matching);
  const all = [...categories.keys()];
  return {
    stats: reader.stats(all),
    perCategory: categories.map(
      ({ name, id }: Category, k): CocoCategory => ({
        name,
        ...(id !== undefined && { id }),
        ...reader.stats([k]),
        objects: matching.judged[k],
        detections: counted[k],
        precision50: reader.precision50([k]),
        ...(dice && { dice: dice.perCategory[k] }),
      }),
    ),
    precision50: reader.precision50(all),
    ...(dice && { dice: dice.all }),
  };
}

/** Means over what is there. */
class Reader {
  readonly #from: Accumulation;
  readonly #categories: number;

  constructor(from: Accumulation, categories: number) {
    this.#from = from;
    this.#categories = categories;
  }

  stats(of: readonly number[]): CocoStats {
    const every = [...COCO_THRESHOLDS.keys()];
    const ap = (thresholds: readonly number[], a: number) => {
      const { precision } = this.#from;
      return this.#mean(thresholds, of, (t, k) => this.#points(precision, t, k, a));
    };
    const { recall, recallByCount } = this.#from;
    const ar = (a: number) =>
      this.#mean(every, of, (t, k) => recall.subarray(this.#cell(t, k, a), this.#cell(t, k, a) + 1));
    const arBy = (m: number) =>
      this.#mean(every, of, (t, k) => {
        const at = (m * COCO_THRESHOLDS.length + t) * this.#categories + k;
        return recallByCount.subarray(at, at + 1);
      });
    return {
      ...{
        AP: ap(every, 0),
        AP50: ap([0], 0),
        AP75: ap([5], 0),
        APs: ap(every, 1),
        APm: ap(every, 2),
        APl: ap(every, 3),
      },
      ...{ AR1: arBy(0), AR10: arBy(1), AR100: ar(0), ARs: ar(1), ARm: ar(2), ARl: ar(3) },
    };
  }

  /** Mean precision at each recall, IoU .5, all sizes. */
  precision50(of: readonly number[]): Float64Array {
    const curves = of.map((k) => this.#points(this.#from.precision, 0, k, 0)).filter(([first]) => first > ABSENT);
    return Float64Array.from({ length: RECALL_POINTS }, (_, r) =>
      curves.length === 0 ? ABSENT : curves.reduce((sum, curve) => sum + curve[r], 0) / curves.length,
    );
  }

  #cell(t: number, k: number, a: number): number {
    return (t * this.#categories + k) * AREA_RANGES.length + a;
  }

  #points(precision: Float64Array, t: number, k: number, a: number): Float64Array {
    const at = this.#cell(t, k, a) * RECALL_POINTS;
    return precision.subarray(at, at + RECALL_POINTS);
  }

  #mean(
    thresholds: readonly number[],
    of: readonly number[],
    valuesOf: (t: number, k: number) => Float64Array,
  ): number {
    let sum = 0;
    let count = 0;
    for (const t of thresholds) {
      for (const k of of) {
        for (const value of valuesOf(t, k)) {
          if (value === ABSENT) continue;
          sum += value;
          count++;
        }
      }
    }
    return count === 0 ? ABSENT : sum / count;
  }
}

/** Mean Dice, 2 J / (1 + J) of the overlap J, of the detections that find an object at IoU .5. */
function diceOf({ categories, detections }: EvaluationTables, { overlap }: Matching) {
  const sums = new Float64Array(categories.length);
  const counts = new Float64Array(categories.length);
  for (let i = 0; i < overlap.length; i++) {
    if (overlap[i] === 0) continue;
    sums[detections.category[i]] += (2 * overlap[i]) / (1 + overlap[i]);
    counts[detections.category[i]]++;
  }
  const total = counts.reduce((a, b) => a + b, 0);
  return {
    perCategory: Array.from(sums, (sum, k) => (counts[k] === 0 ? ABSENT : sum / counts[k])),
    all: total === 0 ? ABSENT : sums.reduce((a, b) => a + b, 0) / total,
  };
}
