/**
 * @file The labels of a whole data set in a few flat arrays, in memory that threads share.
 */
import type { Polygon } from "../geometry/polygon";
import { type LabelRows, REGION } from "../imaging/augment/tile";
import type { Label, Sample } from "./sample";

/** Labels of n samples, m in all. Rows of sample i are `firstRow[i]` to `firstRow[i + 1]`, excluded. */
export interface LabelTable {
  /** n + 1. */
  readonly firstRow: Uint32Array;
  /** m x 5, as `LabelRows` has them; a sample's regions follow its lesions. */
  readonly rows: Float32Array;
  /** m, if any is not 1. */
  readonly weights?: Float32Array;
  /** m + 1; an outline of no values is none. */
  readonly firstValue: Uint32Array;
  /** Outlines x, y, x, y ..., one after another. */
  readonly values: Float32Array;
}

export function labelTable(samples: readonly Sample[]): LabelTable {
  const marked = samples.map(({ labels, ignored = [] }): readonly Label[] => {
    return [...labels, ...ignored.map((region) => ({ ...region, classId: REGION }))];
  });
  const labels = marked.flat();
  const valueCount = labels.reduce((sum, { polygon }) => sum + (polygon?.length ?? 0), 0);
  const floats = (count: number) => new Float32Array(new SharedArrayBuffer(4 * count));
  const table = {
    firstRow: new Uint32Array(new SharedArrayBuffer(4 * (samples.length + 1))),
    rows: floats(5 * labels.length),
    weights: labels.some(({ weight = 1 }) => weight !== 1) ? floats(labels.length) : undefined,
    firstValue: new Uint32Array(new SharedArrayBuffer(4 * (labels.length + 1))),
    values: floats(valueCount),
  };
  for (const [i, { length }] of marked.entries()) table.firstRow[i + 1] = table.firstRow[i] + length;
  for (const [i, { classId, cx, cy, w, h, polygon, weight = 1 }] of labels.entries()) {
    table.rows.set([classId, cx, cy, w, h], 5 * i);
    if (table.weights) table.weights[i] = weight;
    if (polygon) table.values.set(polygon, table.firstValue[i]);
    table.firstValue[i + 1] = table.firstValue[i] + (polygon?.length ?? 0);
  }
  return table;
}

/** Labels of sample `index`; views, not copies. */
export function labelsOf({ firstRow, rows, weights, firstValue, values }: LabelTable, index: number): LabelRows {
  const from = firstRow[index];
  const to = firstRow[index + 1];
  const outlines: (Polygon | undefined)[] = [];
  for (let i = from; i < to; i++) {
    const start = firstValue[i];
    const end = firstValue[i + 1];
    outlines.push(end > start ? values.subarray(start, end) : undefined);
  }
  return { rows: rows.subarray(5 * from, 5 * to), outlines, ...(weights && { weights: weights.subarray(from, to) }) };
}
