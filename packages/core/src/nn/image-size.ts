/**
 * @file Which image sizes a network takes.
 */
import { ArgumentError } from "../errors";
import { rowOutputs } from "./row-output";
import type { NetworkRows } from "./rows";

/** Pixels of the image per cell of the coarsest map: sides must be multiples of it. */
export function largestStride(network: NetworkRows): number {
  return Math.max(1, ...network.strides, ...rowOutputs(network).map(({ stride }) => stride));
}

/**
 * Checks the sides of the images that a network shall be built for, pixels.
 *
 * @throws {ArgumentError} if a side is no multiple of the largest stride, with the sizes next to it; if a map cannot be
 * cut into the stripes of an area attention
 */
export function checkImageSize(network: NetworkRows, { width, height }: { width: number; height: number }): void {
  const stride = largestStride(network);
  for (const side of [height, width]) {
    if (Number.isInteger(side) && side > 0 && side % stride === 0) continue;
    const below = Math.floor(side / stride) * stride;
    const near = below >= stride ? `${below} or ${below + stride}` : `${stride}`;
    throw new ArgumentError(
      `imgsz: got ${side}, wanted a multiple of ${stride}, the largest stride of ${network.name}: ${near}`,
    );
  }
  const outputs = rowOutputs(network);
  for (const [at, row] of network.rows.entries()) {
    if (row.module !== "A2C2f" || !row.a2 || row.area <= 1) continue;
    const { stride: cell } = outputs[at];
    const cells = (height / cell) * (width / cell);
    if (cells % row.area !== 0) {
      throw new ArgumentError(
        `imgsz: ${height} x ${width} gives row ${at} a map of ${cells} cells, which its attention cannot cut into ${row.area} stripes; try ${stride * row.area}`,
      );
    }
  }
}
