/**
 * @file A detector for tests, in an ONNX file, that finds bright spots where they are: its input's cells, the surer the brighter.
 */
import { toModelBytes } from "@fovea/core/graph/onnx/write";
import { add, concat, constant, input, mul, reduceMean, reshape } from "@fovea/core/graph/tensor";

/** Of the network's input, and of its square cells, pixels. */
const SIDE = 64;
const CELL = 8;
const CELLS = SIDE / CELL;

/**
 * ONNX bytes: `images` (1, 3, 64, 64), `output0` (1, 5, 64). Box i is cell i, row by row; its score the mean of the cell, 0 black, 1 white.
 */
export function spotDetector(): Uint8Array {
  const images = input("images", "float32", [1, 3, SIDE, SIDE]);
  const grey = reduceMean(images, { axes: [1], keepdims: false });
  const cells = reshape(grey, [1, CELLS, CELL, CELLS, CELL]);
  const scores = reshape(reduceMean(cells, { axes: [2, 4], keepdims: false }), [1, 1, CELLS * CELLS]);
  const middle = (index: number) => (index + 0.5) * CELL;
  const places = Array.from({ length: CELLS * CELLS }, (_, i) => i);
  const boxes = constant(
    Float32Array.from([
      ...places.map((i) => middle(i % CELLS)),
      ...places.map((i) => middle(Math.floor(i / CELLS))),
      ...places.map(() => CELL),
      ...places.map(() => CELL),
    ]),
    [1, 4, CELLS * CELLS],
  );
  const output0 = concat([add(boxes, mul(scores, 0)), scores], { axis: 1 });
  return toModelBytes({ output0 }, { inputs: [images], metadata: { names: "{0: 'nodule'}", stride: "32" } });
}
