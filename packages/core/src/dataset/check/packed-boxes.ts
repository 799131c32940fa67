/**
 * @file Boxes of an image's annotations, packed for the functions of `geometry/box`.
 */
import type { Box } from "../../finding";
import type { Boxes } from "../../geometry/box";

/** n x 4, `x1, y1, x2, y2`, pixels. */
export function packed(marks: readonly { readonly box: Box }[]): Boxes {
  return Float32Array.from(marks.flatMap(({ box: { x1, y1, x2, y2 } }) => [x1, y1, x2, y2]));
}

/** Whether a box has width and height. */
export function hasArea({ x1, y1, x2, y2 }: Box): boolean {
  return x2 > x1 && y2 > y1;
}

/** `12.5, 3 - 40, 21`: corners, for messages. */
export function boxText({ x1, y1, x2, y2 }: Box): string {
  const n = (x: number) => String(Number(x.toFixed(1)));
  return `${n(x1)}, ${n(y1)} - ${n(x2)}, ${n(y2)}`;
}
