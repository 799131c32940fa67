/**
 * @file A model as an ONNX file that any engine reads: batch norms folded, boxes decoded, standard operators only.
 *
 * Input `images` (B, 3, H, W), RGB in [0, 1]. Output `output0` (B, 4 + K [+ 32], N): centre x, centre y, width, height in
 * pixels of the input, class probabilities, mask coefficients; of a segmenting model `output1`, the mask prototypes. The
 * keys of the metadata are those of the public exporter, `normalize` where images are to be normalised (under `zscore` each is
 * cut to three standard deviations on either side of its own mean, which become 0 and 1), and `operating_point` where the
 * model has one.
 */
import { checkImageSize, largestStride } from "@fovea/core/nn/image-size";
import { inferenceGraph } from "@fovea/core/nn/inference-graph";
import { toPublished } from "@fovea/core/nn/to-published";
import { pythonNames, pythonText } from "@fovea/core/nn/weights/python-text";
import { operatingPointMetadata } from "../model/keep-operating-point";
import type { Model } from "../model/open-model";
import { LICENSE, VERSION } from "../version";

export interface ExportOptions {
  /** Pixels; with `dynamic` what is recorded as the usual size. @default 640 */
  readonly height?: number;
  readonly width?: number;
  /** Images that the model takes at once. @default 1 */
  readonly batch?: number;
  /** Leave batch, height and width open: sides must be multiples of the largest stride. @default false */
  readonly dynamic?: boolean;
  /** Weights and computation in float16; input, decoding and outputs stay float32. @default false */
  readonly half?: boolean;
  /** When the export is made, ISO 8601. */
  readonly date: string;
}

/**
 * Bytes of the ONNX model.
 *
 * @throws {ArgumentError} if the network does not take images of this size
 * @throws {FoveaError} `invalid_checkpoint` if a weight is too large for float16
 */
export function exportOnnx(
  { network, values, names, normalize, checkpoint, operatingPoint }: Model,
  { height = 640, width = 640, batch = 1, dynamic = false, half = false, date }: ExportOptions,
): Uint8Array<ArrayBuffer> {
  checkImageSize(network, { width, height });
  const data = checkpoint?.trainArgs?.data;
  const trainedOn = typeof data === "string" ? ` trained on ${data.split(/[\\/]/).at(-1)}` : "";
  const metadata = {
    description: `Fovea ${network.name} model${trainedOn}`,
    author: "Fovea",
    date,
    version: VERSION,
    license: LICENSE,
    stride: String(largestStride(network)),
    task: network.task,
    batch: String(batch),
    imgsz: pythonText([height, width]),
    names: pythonNames(names),
    args: pythonText({ batch, half, dynamic, simplify: true, nms: false }),
    channels: String(network.ch),
    yaml: JSON.stringify(toPublished(network)),
    ...(normalize !== "none" && { normalize }),
    ...(operatingPoint && operatingPointMetadata(operatingPoint)),
  };
  const size = dynamic ? { batch: "batch", height: "height", width: "width" } : { batch, height, width };
  return inferenceGraph(network, values, { ...size, precision: half ? "float16" : "float32", metadata });
}
