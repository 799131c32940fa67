/**
 * @file Masks as runs: how many pixels are 0, then 1, then 0 ... down the columns, as COCO stores them.
 *
 * Area, overlap and union are computed on the runs; no pixel is ever written. Ported from `maskApi.c` of COCO's API
 * (github.com/cocodataset/cocoapi, Piotr Dollar and Tsung-Yi Lin, 2015, Simplified BSD License), to the same runs.
 */
import { FoveaError } from "../errors";

/** A mask; see `dataset/run-length.ts` for how files write it. */
export interface MaskRuns {
  readonly height: number;
  readonly width: number;
  /** Lengths of the runs of 0 and 1 in turn, beginning with 0; pixels after the last one are 0. */
  readonly runs: Uint32Array;
}

/** Largest mask that is made, pixels: positions must fit 32 bits. */
const MOST_PIXELS = 2 ** 28;

/** @throws {FoveaError} `invalid_annotations` if a side is no whole number of pixels, or both make too many */
function checkSides(height: number, width: number): void {
  const whole = Number.isInteger(height) && Number.isInteger(width) && height > 0 && width > 0;
  if (whole && height * width <= MOST_PIXELS) return;
  throw new FoveaError("invalid_annotations", `mask of ${height} x ${width} pixels, wanted two whole numbers above 0`);
}

/** Points on an edge are found on a grid finer by this factor. */
const FINER = 5;

/**
 * The mask of an outline, to the pixel as COCO rasters it.
 *
 * @param outline x, y, x, y ... pixels
 */
export function outlineMask(outline: readonly number[], height: number, width: number): MaskRuns {
  checkSides(height, width);
  const crossings = columnCrossings(outline, height, width);
  crossings.push(height * width);
  const positions = Float64Array.from(crossings).sort();
  const steps = positions.map((position, i) => (i === 0 ? position : position - positions[i - 1]));
  // Two crossings at one place leave nothing between them.
  const runs = [steps[0]];
  for (let i = 1; i < steps.length; i++) {
    if (steps[i] > 0) runs.push(steps[i]);
    else if (++i < steps.length) runs[runs.length - 1] += steps[i];
  }
  return { height, width, runs: Uint32Array.from(runs) };
}

/** Positions, down the columns, at which the outline is crossed: inside begins or ends there. */
function columnCrossings(outline: readonly number[], height: number, width: number): number[] {
  const crossings: number[] = [];
  let lastX = 0;
  let lastY = 0;
  let begun = false;
  const visit = (u: number, v: number) => {
    if (begun && u !== lastX) {
      const x = ((u < lastX ? u : u - 1) + 0.5) / FINER - 0.5;
      if (Math.floor(x) === x && x >= 0 && x <= width - 1) {
        const y = Math.ceil(Math.min(Math.max((Math.min(v, lastY) + 0.5) / FINER - 0.5, 0), height));
        crossings.push(x * height + y);
      }
    }
    begun = true;
    lastX = u;
    lastY = v;
  };
  const finer = outline.map((value) => Math.trunc(FINER * value + 0.5));
  const n = finer.length - (finer.length % 2);
  for (let i = 0; i < n; i += 2) {
    const j = (i + 2) % n;
    walkEdge(finer[i], finer[i + 1], finer[j], finer[j + 1], visit);
  }
  return crossings;
}

/** Visits the points of an edge from its first end to its second, one for each step of its longer side. */
function walkEdge(x1: number, y1: number, x2: number, y2: number, visit: (x: number, y: number) => void): void {
  const dx = Math.abs(x2 - x1);
  const dy = Math.abs(y2 - y1);
  const flat = dx >= dy;
  const steps = Math.max(dx, dy);
  // Rounded from the same end in both directions.
  const flip = flat ? x1 > x2 : y1 > y2;
  const [xs, ys, xe, ye] = flip ? [x2, y2, x1, y1] : [x1, y1, x2, y2];
  const slope = steps === 0 ? 0 : (flat ? ye - ys : xe - xs) / steps;
  for (let d = 0; d <= steps; d++) {
    const t = flip ? steps - d : d;
    if (flat) visit(t + xs, Math.trunc(ys + slope * t + 0.5));
    else visit(Math.trunc(xs + slope * t + 0.5), t + ys);
  }
}

/** Pixels of a mask. */
export function maskArea({ runs }: MaskRuns): number {
  let sum = 0;
  for (let i = 1; i < runs.length; i += 2) sum += runs[i];
  return sum;
}

/** Pixels that both masks cover, and that either does. Of masks of different sizes nothing is shared. */
export function maskOverlap(a: MaskRuns, b: MaskRuns): { readonly shared: number; readonly either: number } {
  if (a.height !== b.height || a.width !== b.width) return { shared: 0, either: maskArea(a) + maskArea(b) };
  let shared = 0;
  let i = 0;
  let j = 0;
  let restA = a.runs[0] ?? 0;
  let restB = b.runs[0] ?? 0;
  // After the last run of either nothing more can be shared.
  while (i < a.runs.length && j < b.runs.length) {
    const step = Math.min(restA, restB);
    if (i % 2 === 1 && j % 2 === 1) shared += step;
    restA -= step;
    restB -= step;
    if (restA === 0) restA = a.runs[++i];
    if (restB === 0) restB = b.runs[++j];
  }
  return { shared, either: maskArea(a) + maskArea(b) - shared };
}

/** The mask that covers what either covers; both of one size. */
function maskUnion(a: MaskRuns, b: MaskRuns): MaskRuns {
  const pixels = a.height * a.width;
  const runs: number[] = [];
  let inside = false;
  let length = 0;
  let [i, j] = [0, 0];
  let restA = a.runs[0] ?? pixels;
  let restB = b.runs[0] ?? pixels;
  for (let done = 0; done < pixels; ) {
    const step = Math.min(restA, restB, pixels - done);
    const covered = i % 2 === 1 || j % 2 === 1;
    if (covered !== inside && step > 0) {
      runs.push(length);
      length = 0;
      inside = covered;
    }
    length += step;
    done += step;
    restA -= step;
    restB -= step;
    // Beyond the last run all is 0: an even place, and as long as the mask.
    if (restA === 0) [i, restA] = i + 1 < a.runs.length ? [i + 1, a.runs[i + 1]] : [i + 2 - (i % 2), pixels];
    if (restB === 0) [j, restB] = j + 1 < b.runs.length ? [j + 1, b.runs[j + 1]] : [j + 2 - (j % 2), pixels];
  }
  runs.push(length);
  return { ...a, runs: Uint32Array.from(runs) };
}

/** The mask of an object in several parts, x, y, x, y ... each. */
export function outlinesMask(parts: readonly (readonly number[])[], height: number, width: number): MaskRuns {
  const masks = parts.map((part) => outlineMask(part, height, width));
  return masks.length === 0 ? { height, width, runs: new Uint32Array() } : masks.reduce(maskUnion);
}

/** Left, top, width, height of the smallest box around a mask; all 0 where it is empty. */
export function maskBounds({ height, runs }: MaskRuns): readonly [x: number, y: number, w: number, h: number] {
  let [x1, y1, x2, y2] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, -1, -1];
  for (let i = 0, at = 0; i + 1 < runs.length; at += runs[i] + runs[i + 1], i += 2) {
    if (runs[i + 1] === 0) continue;
    const first = at + runs[i];
    const last = first + runs[i + 1] - 1;
    const [firstX, lastX] = [Math.floor(first / height), Math.floor(last / height)];
    x1 = Math.min(x1, firstX);
    x2 = Math.max(x2, lastX);
    y1 = Math.min(y1, firstX === lastX ? first % height : 0);
    y2 = Math.max(y2, firstX === lastX ? last % height : height - 1);
  }
  return x2 < 0 ? [0, 0, 0, 0] : [x1, y1, x2 - x1 + 1, y2 - y1 + 1];
}
