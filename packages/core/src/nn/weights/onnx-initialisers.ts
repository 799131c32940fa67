/**
 * @file Weights out of an ONNX model: its float initialisers, under the names the exporter gave them.
 *
 * Exporters as a rule have folded the batch norms into the convolutions; `unfoldBatchNorm` gives such weights the
 * names of a network that can be trained on.
 */
import { FoveaError } from "../../errors";
import { decodeModel } from "../../graph/onnx/codec";
import { type TensorProto, TensorProto_DataLocation, TensorProto_DataType } from "../../graph/onnx/generated/onnx_pb";
import { floatFromBfloat16, floatFromHalf } from "../../math/half";
import { classNames } from "./class-names";
import { pythonLiteral } from "./python-literal";
import { type Checkpoint, type Json, type StateDict, shapeText, valueCount, type WeightTensor } from "./state";

interface FloatType {
  /** Values of aligned, little-endian bytes. */
  readonly fromRaw: (buffer: ArrayBuffer) => Float32Array;
  /** Values of the field that holds this type where `rawData` does not. */
  readonly fromField: (tensor: TensorProto) => Float32Array;
  readonly bytes: number;
}

const FLOAT_TYPES: ReadonlyMap<number, FloatType> = new Map<number, FloatType>([
  [
    TensorProto_DataType.FLOAT,
    { bytes: 4, fromRaw: (b) => new Float32Array(b), fromField: (t) => Float32Array.from(t.floatData) },
  ],
  [
    TensorProto_DataType.DOUBLE,
    {
      bytes: 8,
      fromRaw: (b) => Float32Array.from(new Float64Array(b)),
      fromField: (t) => Float32Array.from(t.doubleData),
    },
  ],
  [
    TensorProto_DataType.FLOAT16,
    {
      bytes: 2,
      fromRaw: (b) => floatFromHalf(new Uint16Array(b)),
      fromField: (t) => floatFromHalf(Uint16Array.from(t.int32Data)),
    },
  ],
  [
    TensorProto_DataType.BFLOAT16,
    {
      bytes: 2,
      fromRaw: (b) => floatFromBfloat16(new Uint16Array(b)),
      fromField: (t) => floatFromBfloat16(Uint16Array.from(t.int32Data)),
    },
  ],
]);

/**
 * Float initialisers of an `.onnx` file and what its metadata say: class names, strides, in our own exports the rows.
 *
 * @param file path for messages
 * @throws {FoveaError} `invalid_onnx` if the file is damaged, keeps its weights in another file, or has none
 */
export function readOnnxCheckpoint(bytes: Uint8Array, file?: string): Checkpoint {
  const model = decodeModel(bytes, file);
  const state: StateDict = new Map();
  for (const tensor of model.graph?.initializer ?? []) {
    const weights = readInitialiser(tensor, file);
    if (!weights) continue;
    if (state.has(tensor.name)) throw invalid("stands in the graph twice", tensor.name, file);
    state.set(tensor.name, weights);
  }
  if (state.size === 0) throw invalid("holds no float weights", undefined, file);

  const metadata = Object.fromEntries(model.metadataProps.map(({ key, value }) => [key, value]));
  const names = classNames(pythonLiteral(metadata.names ?? ""));
  const stride = strides(metadata.stride);
  return { format: "onnx", state, names, nc: names?.length, stride, yaml: modelYaml(metadata.yaml), metadata };
}

/** The network's rows, which our own exports carry as JSON. */
function modelYaml(text: string | undefined): Json | undefined {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function invalid(message: string, at: string | undefined, file: string | undefined): FoveaError {
  return new FoveaError("invalid_onnx", message, { file, at });
}

function strides(text: string | undefined): readonly number[] | undefined {
  const value = pythonLiteral(text ?? "");
  const list = Array.isArray(value) ? value : [value];
  return list.every((item) => typeof item === "number") ? list : undefined;
}

/** Values of one initialiser; nothing for integers. */
function readInitialiser(tensor: TensorProto, file: string | undefined): WeightTensor | undefined {
  const { name } = tensor;
  const type = FLOAT_TYPES.get(tensor.dataType);
  if (!type) return undefined;
  if (tensor.dataLocation === TensorProto_DataLocation.EXTERNAL || tensor.externalData.length > 0) {
    const location = tensor.externalData.find(({ key }) => key === "location")?.value ?? "another file";
    throw invalid(`its values stand in ${JSON.stringify(location)}; save the model as one file`, name, file);
  }
  const shape = tensor.dims.map(Number);
  if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
    throw invalid(`its shape ${shapeText(shape)} is none`, name, file);
  }
  const { rawData } = tensor;
  const count = valueCount(shape);
  if (rawData.length > 0 && rawData.length !== count * type.bytes) {
    throw invalid(`${rawData.length} bytes for ${shapeText(shape)} values of ${type.bytes} bytes`, name, file);
  }
  // `slice` copies: raw data stands anywhere in the file, unaligned.
  const data = rawData.length > 0 ? type.fromRaw(rawData.slice().buffer) : type.fromField(tensor);
  if (data.length !== count) throw invalid(`${data.length} values for ${shapeText(shape)}`, name, file);
  return { shape, data };
}
