/**
 * @file Masks in COCO's run-length code: runs of 0 and 1 in turn, down the columns, beginning with 0.
 *
 * The compressed text is that of the COCO API (`rleToString` of maskApi.c, github.com/cocodataset/cocoapi, BSD licence;
 * written here from its description): each run, from the third on less the run two before it, as five bits a character
 * from the lowest, a sixth bit where more follow, all moved up by 48.
 */
import { contours } from "d3-contour";
import { FoveaError } from "../errors";
import type { Box } from "../finding";
import type { RunLengthMask } from "./annotation-set";

/** Pixels of the largest mask that is opened: 16384 x 16384. */
const MAX_PIXELS = 2 ** 28;

/**
 * The runs of a mask as numbers.
 *
 * @throws {FoveaError} `invalid_annotations` if the text is damaged or the runs do not fill the mask exactly
 */
export function runsOf({ size: [height, width], counts }: RunLengthMask): readonly number[] {
  const runs = typeof counts === "string" ? decompressRuns(counts) : counts;
  let sum = 0;
  for (const run of runs) {
    if (!(Number.isInteger(run) && run >= 0)) throw invalid(`a run of ${run}; expected whole numbers from 0`);
    sum += run;
  }
  if (sum !== height * width) throw invalid(`runs of ${sum} pixels in all; ${height} x ${width} are ${height * width}`);
  return runs;
}

function invalid(message: string): FoveaError {
  return new FoveaError("invalid_annotations", `run-length code: ${message}`);
}

/** @throws {FoveaError} `invalid_annotations` if the text ends within a number or has other characters */
export function decompressRuns(text: string): number[] {
  const runs: number[] = [];
  for (let p = 0; p < text.length; ) {
    let value = 0;
    let factor = 1;
    let more = true;
    while (more) {
      const code = text.charCodeAt(p++) - 48;
      if (!(code >= 0 && code < 64)) throw invalid(`character ${p} is none of the code`);
      value += (code & 31) * factor;
      factor *= 32;
      more = (code & 32) !== 0;
      // The highest bit of the last five is the sign.
      if (!more && code & 16) value -= factor;
      if (factor > 2 ** 45) throw invalid(`number before character ${p} is too long`);
    }
    runs.push(runs.length > 2 ? value + runs[runs.length - 2] : value);
  }
  return runs;
}

/** The inverse of `decompressRuns`. */
export function compressRuns(runs: readonly number[]): string {
  let text = "";
  for (let i = 0; i < runs.length; i++) {
    let value = i > 2 ? runs[i] - runs[i - 2] : runs[i];
    let more = true;
    while (more) {
      const five = ((value % 32) + 32) % 32;
      value = Math.floor(value / 32);
      more = five & 16 ? value !== -1 : value !== 0;
      text += String.fromCharCode((more ? five | 32 : five) + 48);
    }
  }
  return text;
}

/** Pixels inside. */
export function maskArea(mask: RunLengthMask): number {
  return runsOf(mask).reduce((sum, run, i) => (i % 2 === 1 ? sum + run : sum), 0);
}

/** Smallest box around the pixels inside; `undefined` if there are none. */
export function maskBounds(mask: RunLengthMask): Box | undefined {
  const height = mask.size[0];
  let [x1, y1, x2, y2] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0, 0];
  let at = 0;
  for (const [i, run] of runsOf(mask).entries()) {
    const end = at + run;
    if (i % 2 === 1 && run > 0) {
      const [first, last] = [Math.floor(at / height), Math.floor((end - 1) / height)];
      x1 = Math.min(x1, first);
      x2 = Math.max(x2, last + 1);
      // A run that goes on in the next column touches the lower and the upper edge.
      y1 = Math.min(y1, first === last ? at % height : 0);
      y2 = Math.max(y2, first === last ? ((end - 1) % height) + 1 : height);
    }
    at = end;
  }
  return x2 > 0 ? { x1, y1, x2, y2 } : undefined;
}

/**
 * Pixels of a mask, row by row: 1 inside.
 *
 * @throws {FoveaError} `invalid_annotations` as `runsOf`, or above 2^28 pixels
 */
export function maskPixels(mask: RunLengthMask): Uint8Array {
  const [height, width] = mask.size;
  if (height * width > MAX_PIXELS) throw invalid(`${height} x ${width} pixels; up to ${MAX_PIXELS} are opened`);
  const runs = runsOf(mask);
  const pixels = new Uint8Array(height * width);
  let at = 0;
  for (const [i, run] of runs.entries()) {
    if (i % 2 === 1) for (let k = at; k < at + run; k++) pixels[(k % height) * width + Math.floor(k / height)] = 1;
    at += run;
  }
  return pixels;
}

/** The mask of pixels row by row; what is not 0 is inside. */
export function maskOfPixels(pixels: ArrayLike<number>, width: number, height: number): RunLengthMask {
  const counts: number[] = [];
  let [value, run] = [0, 0];
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) {
      const here = pixels[y * width + x] ? 1 : 0;
      if (here !== value) {
        counts.push(run);
        run = 0;
        value = here;
      }
      run++;
    }
  }
  counts.push(run);
  return { size: [height, width], counts };
}

/**
 * Outlines of the parts of a mask, x, y, x, y ... each. A pixel whose centre lies within an outline (even-odd rule) is
 * inside the mask, and no other; holes are joined to their part by lines there and back, which enclose nothing.
 */
export function maskOutlines(mask: RunLengthMask): number[][] {
  const width = mask.size[1];
  const bounds = maskBounds(mask);
  if (bounds === undefined) return [];
  const pixels = maskPixels(mask);
  const [w, h] = [bounds.x2 - bounds.x1, bounds.y2 - bounds.y1];
  const inside = new Array<number>(w * h);
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) inside[y * w + x] = pixels[(y + bounds.y1) * width + x + bounds.x1];
  }
  const { coordinates } = contours().size([w, h]).smooth(false).contour(inside, 0.5);
  return coordinates.map((rings) => {
    // Every ring ends where it began; the way back from a hole leads to the beginning of the part.
    const [x, y] = rings[0][0];
    const points = rings.flatMap((ring, i) =>
      i === 0 ? ring.slice(0, rings.length > 1 ? undefined : -1) : [...ring, [x, y]],
    );
    return points.flatMap(([px, py]) => [px + bounds.x1, py + bounds.y1]);
  });
}
