/**
 * @file A detector for tests, in an ONNX file: it reports the middle of every image, the surer the brighter the image.
 */
import { toModelBytes } from "@fovea/core/graph/onnx/write";
import { add, concat, constant, input, mul, reduceMean } from "@fovea/core/graph/tensor";

/** Boxes it reports, all of one class, in pixels of a 64 x 64 input: cx, cy, w, h. */
export type Boxes = readonly (readonly [number, number, number, number])[];

export const MIDDLE: Boxes = [[32, 32, 16, 16]];

export interface BrightDetectorOptions {
  /** @default one in the middle */
  readonly boxes?: Boxes;
  /** @default `names` of the class `bright`, `stride` 32 */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Leave height and width open. @default false */
  readonly open?: boolean;
  /** Take any number of images at once. @default false */
  readonly openBatch?: boolean;
}

/**
 * ONNX bytes: `images` (1, 3, 64, 64), `output0` (1, 5, boxes). The score of box i is the image's mean less i / 1000.
 */
export function brightDetector({
  boxes = MIDDLE,
  metadata = { names: "{0: 'bright'}", stride: "32" },
  open = false,
  openBatch = false,
}: BrightDetectorOptions = {}): Uint8Array {
  const images = input("images", "float32", [openBatch ? "batch" : 1, 3, ...(open ? ["height", "width"] : [64, 64])]);
  const n = boxes.length;
  const corners = constant(
    Float32Array.from({ length: 4 * n }, (_, i) => boxes[i % n][Math.floor(i / n)]),
    [1, 4, n],
  );
  const steps = constant(
    Float32Array.from({ length: n }, (_, i) => -i / 1000),
    [1, 1, n],
  );
  const mean = reduceMean(reduceMean(images, { axes: [1, 2, 3], keepdims: true }), { axes: [3] });
  const output0 = concat([add(corners, mul(mean, 0)), add(steps, mean)], { axis: 1 });
  return toModelBytes({ output0 }, { inputs: [images], metadata });
}
