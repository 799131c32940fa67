/**
 * @file Ellipses and turned boxes as outlines, x, y, x, y ...
 */

export interface Ellipse {
  readonly cx: number;
  readonly cy: number;
  readonly rx: number;
  readonly ry: number;
  /** Degrees, clockwise on the screen. @default 0 */
  readonly rotation?: number;
}

/** A multiple of 4, so that the outline touches the box of an ellipse that is not turned. It covers 99.8 % of its area. */
const POINTS = 64;

export function ellipseOutline({ cx, cy, rx, ry, rotation = 0 }: Ellipse): number[] {
  const points = Array.from({ length: POINTS }, (_, i) => {
    const angle = (2 * Math.PI * i) / POINTS;
    return [cx + rx * Math.cos(angle), cy + ry * Math.sin(angle)];
  });
  return turned(points.flat(), cx, cy, rotation);
}

/** `outline` turned by `degrees` around a point, clockwise on the screen. */
export function turned(outline: readonly number[], cx: number, cy: number, degrees: number): number[] {
  if (degrees === 0) return [...outline];
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const out: number[] = [];
  for (let i = 0; i + 1 < outline.length; i += 2) {
    const [dx, dy] = [outline[i] - cx, outline[i + 1] - cy];
    out.push(cx + cos * dx - sin * dy, cy + sin * dx + cos * dy);
  }
  return out;
}
