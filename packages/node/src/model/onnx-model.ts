/**
 * @file An ONNX file as a detector: what its graph and its metadata say about its input and outputs.
 *
 * Read are models as the public exporter and `fovea export` write them: images (1, 3, H, W) in [0, 1], `output0`
 * (1, 4 + K [+ 32], N), for masks `output1` (1, 32, h, w), class names and stride in the metadata, and in ours `normalize` and
 * `operating_point`.
 */
import type { NetworkSignature } from "@fovea/core/detect/detector-network";
import type { PixelType } from "@fovea/core/detect/network-input";
import { FoveaError } from "@fovea/core/errors";
import { decodeModel } from "@fovea/core/graph/onnx/codec";
import { type GraphProto, TensorProto_DataType, type ValueInfoProto } from "@fovea/core/graph/onnx/generated/onnx_pb";
import { readNormalisation } from "@fovea/core/imaging/normalise";
import type { OperatingPoint } from "@fovea/core/metrics/operating-point";
import { classNames } from "@fovea/core/nn/weights/class-names";
import { pythonLiteral } from "@fovea/core/nn/weights/python-literal";
import { readOperatingPoint } from "./keep-operating-point";

const PIXEL_TYPES: ReadonlyMap<number, PixelType> = new Map([
  [TensorProto_DataType.UINT8, "uint8"],
  [TensorProto_DataType.FLOAT, "float32"],
  [TensorProto_DataType.FLOAT16, "float16"],
]);

/** Stride of the published networks, where a file does not say its own. */
const USUAL_STRIDE = 32;

/** Sides and strides beyond these are mistakes, and memory would be asked for them. Pixels. */
const MOST_SIDE = 16384;
const MOST_STRIDE = 1024;

/** What an ONNX file says of the model in it. */
export interface OnnxDescription {
  readonly signature: NetworkSignature;
  /** Where it is to work, where the file says it. */
  readonly operatingPoint?: OperatingPoint;
}

/**
 * What the model in `bytes` says of itself.
 *
 * @param file path for messages
 * @throws {FoveaError} `invalid_onnx` if it is no model, or not one of those described above; `invalid_checkpoint` if its
 * operating point is none
 */
export function readOnnxDescription(bytes: Uint8Array, file: string): OnnxDescription {
  const model = decodeModel(bytes, file);
  const metadata = new Map(model.metadataProps.map(({ key, value }) => [key, value]));
  const operatingPoint = readOperatingPoint(Object.fromEntries(metadata), file);
  return {
    signature: signatureOf(model.graph as GraphProto, metadata, file),
    ...(operatingPoint && { operatingPoint }),
  };
}

function signatureOf(graph: GraphProto, metadata: ReadonlyMap<string, string>, file: string): NetworkSignature {
  const [input, ...others] = inputsOf(graph);
  const fail = (message: string, at?: string) => new FoveaError("invalid_onnx", message, { file, at });
  if (input === undefined || others.length > 0) {
    throw fail(`the graph has ${others.length + (input ? 1 : 0)} inputs, expected one, of images`);
  }
  const pixels = PIXEL_TYPES.get(elementType(input));
  const shape = shapeOf(input);
  const [batch, channels, height, width] = shape;
  const sized = [batch ?? 1, channels ?? 3].every((size, i) => size === [1, 3][i]);
  if (pixels === undefined || shape.length !== 4 || !sized) {
    throw fail(`is ${shapeText(shape)}, expected floats of 1 x 3 x height x width; export it again so`, input.name);
  }
  if ([height, width].some((side) => side !== undefined && side > MOST_SIDE)) {
    throw fail(`is ${shapeText(shape)}, sides of at most ${MOST_SIDE} are taken`, input.name);
  }
  const { names, maskCount } = headOf(graph, metadata, fail);
  const stride = pythonLiteral(metadata.get("stride") ?? "");
  if (typeof stride === "number" && !(Number.isInteger(stride) && stride >= 1 && stride <= MOST_STRIDE)) {
    throw fail(`${stride}, expected whole pixels from 1 to ${MOST_STRIDE}`, "stride");
  }
  const normalize = metadata.get("normalize");
  return {
    file,
    names,
    strides: [typeof stride === "number" ? stride : USUAL_STRIDE],
    outputs: "decoded",
    pixels,
    ...(normalize !== undefined && { normalize: readNormalisation(normalize, "invalid_onnx", file) }),
    ...(batch === undefined && { openBatch: true }),
    inputSize: width !== undefined && height !== undefined ? { width, height } : undefined,
    maskCount,
    channels: [],
  };
}

/** Class names and mask coefficients, by the metadata and the shapes of the outputs. */
function headOf(
  graph: GraphProto,
  metadata: ReadonlyMap<string, string>,
  fail: (message: string, at?: string) => FoveaError,
): Pick<NetworkSignature, "names" | "maskCount"> {
  const [first, second] = graph.output;
  if (first === undefined) throw fail("the graph has no output");
  const shape = shapeOf(first);
  const [, channels, anchors] = shape;
  // With NMS inside: box, confidence and class, and mask coefficients, of each of 300 detections.
  if ((anchors === 6 || anchors === 6 + 32) && (channels ?? 0) > anchors) {
    throw fail(`is ${shapeText(shape)}, a list of detections; export the model without NMS`, first.name);
  }
  if (shape.length !== 0 && shape.length !== 3) {
    throw fail(`is ${shapeText(shape)}, expected 1 x (4 + classes) x anchors`, first.name);
  }
  const maskCount = second === undefined ? 0 : (shapeOf(second)[1] ?? 0);
  const names = classNames(pythonLiteral(metadata.get("names") ?? ""));
  const counted = channels === undefined ? undefined : channels - 4 - maskCount;
  if (names === undefined && counted === undefined) {
    throw fail("neither its metadata nor its output says how many classes there are", "names");
  }
  const count = counted ?? names?.length ?? 0;
  if (count < 1 || (names !== undefined && names.length !== count)) {
    throw fail(
      `is ${shapeText(shape)}, expected ${4 + (names?.length ?? 1) + maskCount} channels for ${names?.length ?? "some"} classes`,
      first.name,
    );
  }
  return { names: names ?? Array.from({ length: count }, (_, i) => `class ${i}`), maskCount };
}

/** Inputs that are no weights: older files list both. */
function inputsOf({ input, initializer }: GraphProto): ValueInfoProto[] {
  const weights = new Set(initializer.map(({ name }) => name));
  return input.filter(({ name }) => !weights.has(name));
}

function elementType({ type }: ValueInfoProto): number {
  return type?.value.case === "tensorType" ? type.value.value.elemType : 0;
}

/** Sizes of a tensor, undefined where they are left open; empty if nothing is said. */
function shapeOf({ type }: ValueInfoProto): (number | undefined)[] {
  if (type?.value.case !== "tensorType") return [];
  return (type.value.value.shape?.dim ?? []).map(({ value }) => {
    return value.case === "dimValue" && value.value > 0n ? Number(value.value) : undefined;
  });
}

const shapeText = (shape: readonly (number | undefined)[]) => shape.map((size) => size ?? "?").join(" x ") || "unknown";
