/**
 * @file A batch cut into parts for several devices.
 */
import type { Batch } from "../data/batch";

/**
 * Contiguous parts, whose sizes differ by one at most, the larger ones first; fewer than `count` if there are fewer
 * images. Images are views of the batch's memory.
 */
export function splitBatch(batch: Batch, count: number): readonly Batch[] {
  const parts = Math.min(count, batch.size);
  const least = Math.floor(batch.size / parts);
  const larger = batch.size % parts;
  return Array.from({ length: parts }, (_, i) => {
    const from = i * least + Math.min(i, larger);
    return cut(batch, from, from + least + (i < larger ? 1 : 0));
  });
}

/** Images `from` to `to`, without masks. */
function cut(batch: Batch, from: number, to: number): Batch {
  const { images, size, targets, weights, ignored, files, sources } = batch;
  const pixels = images.length / size;
  // Targets are sorted by image.
  const start = rowsBefore(targets, from);
  const end = rowsBefore(targets, to);
  const own = targets.slice(6 * start, 6 * end);
  for (let i = 0; i < own.length; i += 6) own[i] -= from;
  return {
    ...batch,
    images: images.subarray(from * pixels, to * pixels),
    size: to - from,
    targets: own,
    weights: weights?.slice(start, end),
    ignored: ignored?.slice(start, end),
    masks: undefined,
    files: files.slice(from, to),
    sources: sources.slice(from, to),
  };
}

/** Targets of the images before `image`. */
function rowsBefore(targets: Float32Array, image: number): number {
  let rows = 0;
  while (6 * rows < targets.length && targets[6 * rows] < image) rows++;
  return rows;
}
