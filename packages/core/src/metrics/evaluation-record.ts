/**
 * @file What an evaluation keeps of each image: its lesions with the best score that found each, and its false alarms.
 *
 * Every measure of an evaluation but average precision follows from these two lists. An image takes about 30 bytes for each
 * detection kept, of which there are at most 100: 20 000 images stay below 100 MB.
 */
import type { Attributes } from "../dataset/annotation-set";
import { ShapeError } from "../errors";
import { area, type Boxes } from "../geometry/box";
import type { ClassedBoxes } from "../geometry/match";
import { orderByScore } from "../geometry/nms";
import { DetectionMetrics, pickDetections, type ScoredBoxes } from "./detection-metrics";
import { NO_LESION } from "./froc";
import { judgedDetections } from "./ignored-regions";
import { type HitOptions, lesionHits, type PixelSpacing } from "./lesion-hits";

/** One image with what is marked and what is reported in it, boxes of both in its pixels. */
export interface EvaluationCase {
  /** Path to show, and to find the picture by. */
  readonly file: string;
  /** Pixels, where known. */
  readonly width?: number;
  readonly height?: number;
  /** Whose image it is, where known. */
  readonly patient?: string;
  /** By which subgroups are made: site, scanner, sex ... @default none */
  readonly attributes?: Attributes;
  readonly spacingMm?: PixelSpacing;
  readonly truth: ClassedBoxes;
  /** How sure its readers were of each lesion, in (0, 1]. @default 1 of each */
  readonly certainty?: Float32Array;
  /** n x 4, in which nothing is judged. @default none */
  readonly regions?: Boxes;
  /** In any order. */
  readonly detections: ScoredBoxes;
}

/** One image after it was judged. */
export interface JudgedCase extends Omit<EvaluationCase, "certainty" | "regions" | "attributes"> {
  readonly attributes: Attributes;
  readonly certainty?: Float32Array;
  readonly regions: Boxes;
  /** By falling score, the best 100 (`mostDetections`), without those in regions in which nothing is judged. */
  readonly detections: ScoredBoxes;
  /** The lesion of this image that each detection hits, or `NO_LESION`. */
  readonly hits: Int32Array;
}

/** All lesions of all images, in order: one value a lesion in each column. */
export interface LesionColumns {
  /** Its image, and its number there. */
  readonly image: Int32Array;
  readonly place: Int32Array;
  readonly classId: Int32Array;
  /** Square root of its box's area, px; and in millimetres, NaN where no spacing is known. */
  readonly sizePx: Float64Array;
  readonly sizeMm: Float64Array;
  /** Of the most confident detection that hits it; -1 if none does. */
  readonly score: Float32Array;
}

/** All detections that hit no lesion, in order of their images: one value each in each column. */
export interface FalseAlarmColumns {
  /** Its image, and its number among the image's detections. */
  readonly image: Int32Array;
  readonly place: Int32Array;
  readonly classId: Int32Array;
  readonly score: Float32Array;
}

/** Detections kept of an image, unless more are asked for: COCO's number. */
const MOST_DETECTIONS = 100;

/** Takes images in one by one. */
export class EvaluationRecord {
  /** Class names by id. */
  readonly names: readonly string[];
  readonly hitOptions: Required<HitOptions>;
  /** Average precision, curves and confusion, of all detections given. */
  readonly metrics: DetectionMetrics;
  /** The most confident detections of an image that are kept; `Infinity` of all. */
  readonly mostDetections: number;
  readonly #cases: JudgedCase[] = [];

  /** @throws {ArgumentError} if an option lies outside */
  constructor(
    names: readonly string[],
    { hit = "iou", hitIou = 0.5, hitMm = 5 }: HitOptions = {},
    mostDetections = MOST_DETECTIONS,
  ) {
    this.names = names;
    this.mostDetections = mostDetections;
    this.hitOptions = { hit, hitIou, hitMm };
    // Average precision and confusion go by overlap whatever a hit is, and know no millimetres.
    this.metrics = new DetectionMetrics(names, hit === "distance" ? { hit: "centre" } : this.hitOptions);
  }

  /** In the order in which they came. */
  get cases(): readonly JudgedCase[] {
    return this.#cases;
  }

  /** @throws {ShapeError} if boxes, scores, classes and certainties differ in number */
  add(one: EvaluationCase): void {
    const { truth, detections, certainty, attributes = {}, regions = new Float32Array() } = one;
    if (certainty && certainty.length !== truth.classIds.length) {
      throw new ShapeError(`evaluation: ${certainty.length} certainties for ${truth.classIds.length} lesions`);
    }
    this.metrics.add(detections, truth, regions);
    const best = pickDetections(detections, orderByScore(detections.scores).subarray(0, this.mostDetections));
    const judged =
      regions.length > 0
        ? pickDetections(best, judgedDetections(best, truth, regions, this.hitOptions, one.spacingMm))
        : best;
    const hits = lesionHits(judged, truth, this.hitOptions, one.spacingMm);
    this.#cases.push({ ...one, attributes, regions, detections: judged, hits });
  }

  lesions(): LesionColumns {
    const count = this.#cases.reduce((sum, { truth }) => sum + truth.classIds.length, 0);
    const ints = () => new Int32Array(count);
    const columns = { image: ints(), place: ints(), classId: ints() };
    const [sizePx, sizeMm] = [new Float64Array(count), new Float64Array(count)];
    const score = new Float32Array(count).fill(-1);
    let first = 0;
    this.#cases.forEach(({ truth, spacingMm, detections, hits }, image) => {
      truth.classIds.forEach((classId, place) => {
        const j = first + place;
        columns.image[j] = image;
        columns.place[j] = place;
        columns.classId[j] = classId;
        const px2 = Math.max(0, area(truth.boxes, place));
        sizePx[j] = Math.sqrt(px2);
        sizeMm[j] = spacingMm ? Math.sqrt(px2 * spacingMm.x * spacingMm.y) : Number.NaN;
      });
      hits.forEach((lesion, i) => {
        if (lesion !== NO_LESION && score[first + lesion] < 0) score[first + lesion] = detections.scores[i];
      });
      first += truth.classIds.length;
    });
    return { ...columns, sizePx, sizeMm, score };
  }

  falseAlarms(): FalseAlarmColumns {
    const count = this.#cases.reduce((sum, { hits }) => sum + hits.filter((hit) => hit === NO_LESION).length, 0);
    const ints = () => new Int32Array(count);
    const columns = { image: ints(), place: ints(), classId: ints(), score: new Float32Array(count) };
    let j = 0;
    this.#cases.forEach(({ detections, hits }, image) => {
      hits.forEach((hit, place) => {
        if (hit !== NO_LESION) return;
        columns.image[j] = image;
        columns.place[j] = place;
        columns.classId[j] = detections.classIds[place];
        columns.score[j++] = detections.scores[place];
      });
    });
    return columns;
  }
}
