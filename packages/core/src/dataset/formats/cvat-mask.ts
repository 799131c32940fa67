/**
 * @file Masks as CVAT for images writes them: runs of 0 and 1 in turn, beginning with 0, along the rows of a window.
 */
import type { RunLengthMask } from "../annotation-set";
import { maskBounds, maskOfPixels, maskPixels } from "../run-length";

/** Pixels of the largest image whose mask is opened. */
const MAX_PIXELS = 2 ** 28;

export interface CvatMask {
  readonly rle: string;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** @param window left, top, width, height; `undefined` if the runs do not fill it or it leaves the image */
export function cvatMask(
  rle: string,
  [left, top, w, h]: readonly number[],
  { width, height }: { readonly width: number; readonly height: number },
): RunLengthMask | undefined {
  const whole = [left, top, w, h, width, height].every((value) => Number.isInteger(value) && value >= 0);
  if (!whole || left + w > width || top + h > height || width * height > MAX_PIXELS) return undefined;
  const runs = rle.split(",").map(Number);
  if (!runs.every((run) => Number.isInteger(run) && run >= 0)) return undefined;
  if (runs.reduce((sum, run) => sum + run, 0) !== w * h) return undefined;
  const pixels = new Uint8Array(width * height);
  let at = 0;
  for (const [i, run] of runs.entries()) {
    if (i % 2 === 1) for (let k = at; k < at + run; k++) pixels[(top + Math.floor(k / w)) * width + left + (k % w)] = 1;
    at += run;
  }
  return maskOfPixels(pixels, width, height);
}

/** The smallest window around `mask`; `undefined` if it is empty. */
export function cvatMaskOf(mask: RunLengthMask): CvatMask | undefined {
  const bounds = maskBounds(mask);
  if (bounds === undefined) return undefined;
  const pixels = maskPixels(mask);
  const [width, height] = [bounds.x2 - bounds.x1, bounds.y2 - bounds.y1];
  const runs: number[] = [];
  let [value, run] = [0, 0];
  for (let k = 0; k < width * height; k++) {
    const here = pixels[(bounds.y1 + Math.floor(k / width)) * mask.size[1] + bounds.x1 + (k % width)];
    if (here !== value) {
      runs.push(run);
      run = 0;
      value = here;
    }
    run++;
  }
  runs.push(run);
  return { rle: runs.join(", "), left: bounds.x1, top: bounds.y1, width, height };
}
