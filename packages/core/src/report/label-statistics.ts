/**
 * @file What is marked in a data set: how many of each class, how large, where, how many in one image.
 */
import type { Sample } from "../dataset/sample";

/** Counts of values in bins: bin i holds `edges[i]` <= value < `edges[i + 1]`, the last one its upper edge too. */
export interface Histogram {
  readonly edges: readonly number[];
  readonly counts: readonly number[];
}

export interface LabelStatistics {
  readonly images: number;
  /** Images on which nothing is marked. */
  readonly empty: number;
  readonly boxes: number;
  /** By class id. */
  readonly classes: readonly { readonly name: string; readonly boxes: number; readonly images: number }[];
  /** Images by their number of boxes: 0, 1, 2 ...; the last entry holds that number and more. */
  readonly boxesPerImage: readonly number[];
  /** Square root of width x height of the boxes as shares of the image: 0.1 is a tenth of the side. */
  readonly sizes: Histogram;
  /** Centres of the boxes, rows from the top, `grid` x `grid`. */
  readonly positions: readonly number[];
  readonly grid: number;
}

export interface LabelStatisticsOptions {
  /** Cells of the map of positions along each side. @default 16 */
  readonly grid?: number;
  /** Boxes in one image that are told apart. @default 10 */
  readonly mostPerImage?: number;
}

/** Shares of the image's side, about 1.6 times one another: lesions differ in size by factors. */
const SIZE_EDGES = [0, 0.01, 0.016, 0.025, 0.04, 0.063, 0.1, 0.16, 0.25, 0.4, 0.63, 1] as const;

/**
 * Counts what `samples` show.
 *
 * @param names of the classes, by id
 */
export function labelStatistics(
  samples: readonly Sample[],
  names: readonly string[],
  { grid = 16, mostPerImage = 10 }: LabelStatisticsOptions = {},
): LabelStatistics {
  const boxes = names.map(() => 0);
  const images = names.map(() => 0);
  const perImage = new Array<number>(mostPerImage + 1).fill(0);
  const positions = new Array<number>(grid * grid).fill(0);
  const sizes: number[] = [];
  const cell = (x: number) => Math.min(grid - 1, Math.max(0, Math.floor(x * grid)));
  for (const { labels } of samples) {
    perImage[Math.min(labels.length, mostPerImage)]++;
    for (const id of new Set(labels.map(({ classId }) => classId))) images[id]++;
    for (const { classId, cx, cy, w, h } of labels) {
      boxes[classId]++;
      positions[cell(cy) * grid + cell(cx)]++;
      sizes.push(Math.sqrt(w * h));
    }
  }
  while (perImage.length > 1 && perImage[perImage.length - 1] === 0) perImage.pop();
  return {
    images: samples.length,
    empty: perImage[0],
    boxes: sizes.length,
    classes: names.map((name, id) => ({ name, boxes: boxes[id], images: images[id] })),
    boxesPerImage: perImage,
    sizes: histogram(sizes, SIZE_EDGES),
    positions,
    grid,
  };
}

/** Counts `values` into bins between `edges`; values outside count in the first or last bin. */
export function histogram(values: readonly number[], edges: readonly number[]): Histogram {
  const counts = new Array<number>(edges.length - 1).fill(0);
  for (const value of values) {
    const above = edges.findIndex((edge) => value < edge);
    counts[above < 0 ? counts.length - 1 : Math.max(0, above - 1)]++;
  }
  return { edges, counts };
}
