/**
 * @file What a validation keeps of detections and lesions: 27 bytes of the one, 9 of the other, no boxes and no images.
 */
import { bestTruth, type ClassedBoxes, IOU_THRESHOLDS, matchDetections } from "../geometry/match";
import type { AveragePrecisionInput } from "./average-precision";
import { Column } from "./column";
import type { ScoredBoxes } from "./detection-metrics";
import { NO_LESION } from "./froc";
import type { FrocScans } from "./froc-intervals";
import { type HitOptions, lesionHits } from "./lesion-hits";
import { sizeIndex } from "./lesion-size";

/** Some of the lesions: all, of one class, of one size, or both. */
export interface LesionGroup {
  readonly classId?: number;
  /** Index into `LESION_SIZES`. */
  readonly size?: number;
}

const bytes = (n: number) => new Uint8Array(n);
const words = (n: number) => new Int32Array(n);

export class DetectionRecord {
  #images = 0;
  // One row for each detection.
  readonly #scores = new Column((n) => new Float32Array(n));
  readonly #classIds = new Column(words);
  /** T values a detection. */
  readonly #hits = new Column(bytes);
  /** Lesion that is hit, its number over all images, or none. */
  readonly #lesions = new Column(words);
  /** Of the lesion where the detection is a hit of average precision, else its own. */
  readonly #sizes = new Column(bytes);
  readonly #imagesOfDetections = new Column(words);
  // One row for each lesion.
  readonly #truth = new Column(words);
  readonly #truthSizes = new Column(bytes);
  readonly #imagesOfLesions = new Column(words);

  get images(): number {
    return this.#images;
  }

  /** @param detections most confident first */
  add(detections: ScoredBoxes, truth: ClassedBoxes, options: HitOptions): void {
    const image = this.#images++;
    const n = detections.scores.length;
    const firstLesion = this.#truth.values.length;
    const hits = matchDetections(detections, truth);
    const { index: pointed } = bestTruth(detections, truth);
    const isHit = (i: number) => hits[i * IOU_THRESHOLDS.length] === 1;
    this.#scores.add(detections.scores);
    this.#classIds.add(detections.classIds);
    this.#hits.add(hits);
    const lesions = lesionHits(detections, truth, options);
    this.#lesions.add(lesions.map((lesion) => (lesion === NO_LESION ? NO_LESION : firstLesion + lesion)));
    this.#sizes.add(
      Uint8Array.from({ length: n }, (_, i) =>
        isHit(i) ? sizeIndex(truth.boxes, pointed[i]) : sizeIndex(detections.boxes, i),
      ),
    );
    this.#imagesOfDetections.add(words(n).fill(image));
    this.#truth.add(truth.classIds);
    this.#truthSizes.add(Uint8Array.from(truth.classIds, (_, j) => sizeIndex(truth.boxes, j)));
    this.#imagesOfLesions.add(words(truth.classIds.length).fill(image));
  }

  /** What average precision is made of, at all thresholds. */
  precisionInput(): AveragePrecisionInput {
    return {
      tp: this.#hits.values,
      conf: this.#scores.values,
      predClass: this.#classIds.values,
      targetClass: this.#truth.values,
      thresholds: IOU_THRESHOLDS.length,
    };
  }

  /**
   * The same for lesions of one size at the first threshold. Hits count with the size of their lesion, false positives
   * with their own, as COCO has it.
   */
  precisionInputOfSize(size: number): AveragePrecisionInput {
    const rows = indicesOf(this.#sizes.values, size);
    const lesions = indicesOf(this.#truthSizes.values, size);
    const hits = this.#hits.values;
    return {
      tp: bytes(rows.length).map((_, k) => hits[rows[k] * IOU_THRESHOLDS.length]),
      conf: picked(this.#scores.values, rows, new Float32Array(rows.length)),
      predClass: picked(this.#classIds.values, rows, words(rows.length)),
      targetClass: picked(this.#truth.values, lesions, words(lesions.length)),
      thresholds: 1,
    };
  }

  /** Lesions of a group, and the images that show one. */
  count(group: LesionGroup): { readonly labels: number; readonly images: number } {
    const lesions = this.#lesionsOf(group);
    const images = this.#imagesOfLesions.values;
    return { labels: lesions.length, images: new Set(lesions.map((j) => images[j])).size };
  }

  /**
   * FROC of a group of lesions over all images.
   *
   * False positives are those of the class, or of all classes. They are of every size: what is not there has none, so
   * that the sizes are found at one and the same setting of the detector. Hits on lesions outside of the group count
   * nowhere.
   */
  froc(group: LesionGroup = {}): FrocScans {
    const lesions = this.#lesionsOf(group);
    const numbers = words(this.#truth.values.length).fill(NO_LESION);
    lesions.forEach((lesion, j) => {
      numbers[lesion] = j;
    });
    const classIds = this.#classIds.values;
    const hits = this.#lesions.values;
    const chosen = new Uint32Array(hits.length);
    let n = 0;
    for (let i = 0; i < hits.length; i++) {
      if (group.classId !== undefined && classIds[i] !== group.classId) continue;
      if (hits[i] === NO_LESION || numbers[hits[i]] !== NO_LESION) chosen[n++] = i;
    }
    const rows = chosen.subarray(0, n);
    const lesionOf = picked(hits, rows, words(n));
    for (let k = 0; k < n; k++) if (lesionOf[k] !== NO_LESION) lesionOf[k] = numbers[lesionOf[k]];
    return {
      scores: picked(this.#scores.values, rows, new Float32Array(n)),
      hits: lesionOf,
      scans: picked(this.#imagesOfDetections.values, rows, words(n)),
      lesionScans: picked(this.#imagesOfLesions.values, lesions, words(lesions.length)),
      lesionCount: lesions.length,
      scanCount: this.#images,
    };
  }

  /** Numbers of the lesions of a group. */
  #lesionsOf({ classId, size }: LesionGroup): number[] {
    const lesions: number[] = [];
    const sizes = this.#truthSizes.values;
    this.#truth.values.forEach((own, j) => {
      if ((classId === undefined || own === classId) && (size === undefined || sizes[j] === size)) lesions.push(j);
    });
    return lesions;
  }
}

/** `values` of `rows`, into `out`. */
function picked<A extends Int32Array | Float32Array>(values: A, rows: ArrayLike<number>, out: A): A {
  for (let k = 0; k < rows.length; k++) out[k] = values[rows[k]];
  return out;
}

/** Where `values` holds `wanted`. */
function indicesOf(values: Uint8Array, wanted: number): number[] {
  const indices: number[] = [];
  for (let i = 0; i < values.length; i++) if (values[i] === wanted) indices.push(i);
  return indices;
}
