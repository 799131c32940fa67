/**
 * @file Masks of a segmenting network, from prototypes and coefficients to outlines.
 *
 * A mask is the sum of the prototypes weighed by a detection's coefficients, cut to its box at the prototypes' size,
 * scaled up to the network's input, inside where it is above 0: Bolya et al., "YOLACT", ICCV 2019, arXiv:1904.02689,
 * in the order of the public YOLO tools' default. Here only the part around the box is computed, and instead of marking
 * pixels the line where the scaled sum crosses 0 is followed (marching squares).
 */
import { contours } from "d3-contour";
import type { Box } from "../finding";

/** Prototypes of one image. */
export interface Prototypes {
  readonly width: number;
  readonly height: number;
  /** (count, height, width) */
  readonly data: Float32Array;
  /** Pixels of the network's input per prototype pixel, along either side. */
  readonly scale: number;
}

/** A window of mask logits at the size of the network's input. */
export interface MaskWindow {
  /** Column and row of its first pixel in the network's input. */
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** (height, width): above 0 inside the mask. */
  readonly logits: Float32Array;
}

/**
 * Mask logits around one box.
 *
 * @param coefficients as many as there are prototypes
 * @param box pixels of the network's input
 */
export function maskLogits(prototypes: Prototypes, coefficients: Float32Array, box: Box): MaskWindow {
  const { width, height, scale } = prototypes;
  // A pixel belongs to the box if its index lies within; the neighbours are kept as zeros, which the scaling blends in.
  const first = (low: number) => Math.max(0, Math.ceil(low / scale));
  const [x1, x2] = [first(box.x1), Math.min(width, Math.ceil(box.x2 / scale))];
  const [y1, y2] = [first(box.y1), Math.min(height, Math.ceil(box.y2 / scale))];
  if (x2 <= x1 || y2 <= y1) return { left: 0, top: 0, width: 0, height: 0, logits: new Float32Array(0) };
  const frame = {
    x1: Math.max(0, x1 - 1),
    y1: Math.max(0, y1 - 1),
    x2: Math.min(width, x2 + 1),
    y2: Math.min(height, y2 + 1),
  };
  const small = new Float32Array((frame.x2 - frame.x1) * (frame.y2 - frame.y1));
  for (let y = y1; y < y2; y++) {
    const row = (y - frame.y1) * (frame.x2 - frame.x1) - frame.x1;
    for (let k = 0; k < coefficients.length; k++) {
      const source = (k * height + y) * width;
      for (let x = x1; x < x2; x++) small[row + x] += coefficients[k] * prototypes.data[source + x];
    }
  }
  return enlarge(small, frame, scale);
}

/** Bilinear, pixel centres on pixel centres; beyond the frame its edge is repeated. */
function enlarge(small: Float32Array, frame: Box, scale: number): MaskWindow {
  const columns = frame.x2 - frame.x1;
  const rows = frame.y2 - frame.y1;
  const width = Math.round(columns * scale);
  const height = Math.round(rows * scale);
  const logits = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const sourceY = Math.min(Math.max((y + 0.5) / scale - 0.5, 0), rows - 1);
    const upper = Math.floor(sourceY);
    const lower = Math.min(upper + 1, rows - 1);
    const down = sourceY - upper;
    for (let x = 0; x < width; x++) {
      const sourceX = Math.min(Math.max((x + 0.5) / scale - 0.5, 0), columns - 1);
      const left = Math.floor(sourceX);
      const right = Math.min(left + 1, columns - 1);
      const across = sourceX - left;
      const above = small[upper * columns + left] * (1 - across) + small[upper * columns + right] * across;
      const below = small[lower * columns + left] * (1 - across) + small[lower * columns + right] * across;
      logits[y * width + x] = above * (1 - down) + below * down;
    }
  }
  return { left: frame.x1 * scale, top: frame.y1 * scale, width, height, logits };
}

/** Zero itself is outside: cut away, or undecided. */
const ABOVE_ZERO = 1e-6;

/**
 * Outline of a mask, x, y, x, y ... in pixels of the network's input. Empty if no pixel is inside.
 *
 * Parts and holes are joined to the first part by lines there and back, which enclose nothing.
 */
export function maskOutline({ left, top, width, height, logits }: MaskWindow): number[] {
  if (width === 0 || height === 0) return [];
  const followed = contours()
    .size([width, height])
    .contour(logits as unknown as number[], ABOVE_ZERO);
  const rings = followed.coordinates.flat();
  const outline: number[] = [];
  for (const ring of rings) for (const [x, y] of ring) outline.push(x + left, y + top);
  // Every ring ends where it began. The way back leads over the others' beginnings; the outline's own closes it.
  for (let i = rings.length - 2; i > 0; i--) outline.push(rings[i][0][0] + left, rings[i][0][1] + top);
  if (rings.length === 1) outline.length -= 2;
  return outline;
}
