/**
 * @file Closed outlines: bounds, area, clipping.
 *
 * An outline is x, y, x, y ... with the last point joined to the first, in any unit. A region of several parts is one
 * outline whose parts are joined by lines there and back, which enclose nothing.
 *
 * Clipping: Sutherland and Hodgman, "Reentrant polygon clipping", CACM 17 (1974), doi:10.1145/360767.360802.
 */

/** Points x, y, x, y ... */
export type Polygon = Float32Array;

/** Left, upper, right and lower edge of a box. */
export interface Bounds {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/** Smallest box around `points`; without points all four sides are 0. */
export function boundsOf(points: ArrayLike<number>): Bounds {
  if (points.length === 0) return { x1: 0, y1: 0, x2: 0, y2: 0 };
  let x1 = Number.POSITIVE_INFINITY;
  let y1 = Number.POSITIVE_INFINITY;
  let x2 = Number.NEGATIVE_INFINITY;
  let y2 = Number.NEGATIVE_INFINITY;
  for (let i = 0; i + 1 < points.length; i += 2) {
    x1 = Math.min(x1, points[i]);
    x2 = Math.max(x2, points[i]);
    y1 = Math.min(y1, points[i + 1]);
    y2 = Math.max(y2, points[i + 1]);
  }
  return { x1, y1, x2, y2 };
}

/** Area enclosed by an outline that does not cross itself (shoelace formula); 0 below three points. */
export function polygonArea(points: ArrayLike<number>): number {
  const n = points.length;
  let twice = 0;
  for (let i = 0, j = n - 2; i < n; j = i, i += 2) twice += points[j] * points[i + 1] - points[i] * points[j + 1];
  return Math.abs(twice) / 2;
}

/**
 * The part of an outline inside `bounds`, edges included. Empty if nothing of its area is inside.
 *
 * Where an outline leaves and comes back, its parts stay joined along the edge of `bounds`, which changes neither area
 * nor bounds.
 */
export function clipPolygon(points: ArrayLike<number>, bounds: Bounds): Polygon {
  let clipped: number[] = Array.from(points);
  clipped = clipHalf(clipped, 0, bounds.x1, 1);
  clipped = clipHalf(clipped, 0, bounds.x2, -1);
  clipped = clipHalf(clipped, 1, bounds.y1, 1);
  clipped = clipHalf(clipped, 1, bounds.y2, -1);
  return Float32Array.from(clipped.length < 6 ? [] : clipped);
}

/** Keeps what lies on one side of a line: `sign * (coordinate - limit) >= 0` for the coordinate on `axis`. */
function clipHalf(points: readonly number[], axis: 0 | 1, limit: number, sign: 1 | -1): number[] {
  const out: number[] = [];
  const n = points.length;
  for (let i = 0, j = n - 2; i < n; j = i, i += 2) {
    const here = sign * (points[i + axis] - limit);
    const before = sign * (points[j + axis] - limit);
    if (here >= 0 !== before >= 0) {
      // From the inner end to the outer one in both directions, so that a line there and back stays one line.
      const [a, b] = here >= 0 ? [i, j] : [j, i];
      const t = (limit - points[a + axis]) / (points[b + axis] - points[a + axis]);
      const other = points[a + 1 - axis] + t * (points[b + 1 - axis] - points[a + 1 - axis]);
      if (axis === 0) pushPoint(out, limit, other);
      else pushPoint(out, other, limit);
    }
    if (here >= 0) pushPoint(out, points[i], points[i + 1]);
  }
  return withoutSpikesAtEnds(out);
}

/** Adds a point unless it repeats the last one; a line there and back to the same point is taken out again. */
function pushPoint(out: number[], x: number, y: number): void {
  const n = out.length;
  if (n >= 2 && out[n - 2] === x && out[n - 1] === y) return;
  if (n >= 4 && out[n - 4] === x && out[n - 3] === y) {
    out.length = n - 2;
    return;
  }
  out.push(x, y);
}

/** The same where the outline closes. */
function withoutSpikesAtEnds(points: number[]): number[] {
  const same = (i: number, j: number) => points[i] === points[j] && points[i + 1] === points[j + 1];
  let first = 0;
  let last = points.length - 2;
  while (last - first >= 4) {
    if (same(first, last)) last -= 2;
    else if (same(first, last - 2)) last -= 2;
    else if (same(first + 2, last)) first += 2;
    else break;
  }
  return points.slice(first, last + 2);
}
