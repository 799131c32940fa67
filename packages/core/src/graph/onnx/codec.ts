/**
 * @file ONNX models to bytes and back.
 *
 * The message types are generated (`generated/onnx_pb.ts`, see `buf.gen.yaml`); build them with `create(NodeProtoSchema,
 * {...})` of `@bufbuild/protobuf`. int64 fields are bigint. A file is one protobuf message, whose lengths end at 2 GiB.
 *
 * The bytes of a tensor are never copied more than once: reading gives views of the file, writing puts each `rawData`
 * straight into its place, where the general writer would grow, shift and copy a buffer of the whole model.
 */
import { equals, fromBinary, isFieldSet, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { FoveaError } from "../../errors";
import {
  type GraphProto,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type TensorProto,
  TensorProtoSchema,
} from "./generated/onnx_pb";

/** Largest protobuf message, bytes. */
const MAX_MODEL_BYTES = 2 ** 31 - 1;

const MODEL_GRAPH = ModelProtoSchema.field.graph.number;
const GRAPH_INITIALIZER = GraphProtoSchema.field.initializer.number;
const TENSOR_RAW_DATA = TensorProtoSchema.field.rawData.number;

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(2)} GB`;
}

/** Tag and length that stand before `length` bytes of field `field`. */
function prefix(field: number, length: number): Uint8Array {
  return new BinaryWriter().tag(field, WireType.LengthDelimited).uint32(length).finish();
}

/** Pieces of one initialiser as a field of its graph; `rawData` stays a view. */
function initializerPieces(tensor: TensorProto): Uint8Array[] {
  const { rawData, ...head } = tensor;
  const pieces: Uint8Array[] = [toBinary(TensorProtoSchema, head as TensorProto)];
  if (isFieldSet(tensor, TensorProtoSchema.field.rawData))
    pieces.push(prefix(TENSOR_RAW_DATA, rawData.length), rawData);
  return [prefix(GRAPH_INITIALIZER, byteLength(pieces)), ...pieces];
}

function byteLength(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

function graphPieces(graph: GraphProto): Uint8Array[] {
  return [toBinary(GraphProtoSchema, { ...graph, initializer: [] }), ...graph.initializer.flatMap(initializerPieces)];
}

/**
 * Bytes of an `.onnx` file.
 *
 * Needs the size of the model once more in memory.
 *
 * @throws {FoveaError} `invalid_onnx` if the model is larger than protobuf can say
 */
export function encodeModel(model: ModelProto): Uint8Array<ArrayBuffer> {
  // Lengths of 2 GiB and more do not fit the prefix; the sum is checked before any prefix is written.
  const raw = (model.graph?.initializer ?? []).reduce((sum, tensor) => sum + tensor.rawData.length, 0);
  if (raw > MAX_MODEL_BYTES) throw tooLarge(raw);

  const pieces: Uint8Array[] = [toBinary(ModelProtoSchema, { ...model, graph: undefined })];
  if (model.graph) {
    const graph = graphPieces(model.graph);
    pieces.push(prefix(MODEL_GRAPH, byteLength(graph)), ...graph);
  }
  const total = byteLength(pieces);
  if (total > MAX_MODEL_BYTES) throw tooLarge(total);

  const bytes = new Uint8Array(total);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

function tooLarge(bytes: number, file?: string): FoveaError {
  const message = `an ONNX model of ${gigabytes(bytes)}: one ONNX file holds at most ${gigabytes(MAX_MODEL_BYTES)}; use a smaller model or half precision`;
  return new FoveaError("invalid_onnx", message, { file });
}

/**
 * Model of an `.onnx` file. The tensors' `rawData` are views of `bytes`, not aligned.
 *
 * @param file path for messages
 * @throws {FoveaError} `invalid_onnx` if the bytes are no protobuf message, hold no graph or exceed 2 GiB
 */
export function decodeModel(bytes: Uint8Array, file?: string): ModelProto {
  if (bytes.length > MAX_MODEL_BYTES) throw tooLarge(bytes.length, file);
  let model: ModelProto;
  try {
    // A Node Buffer would hand out Buffers for its parts.
    model = fromBinary(ModelProtoSchema, new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `not an ONNX model, or a damaged one (${reason}); export it again`;
    throw new FoveaError("invalid_onnx", message, { file, cause });
  }
  if (!model.graph) throw new FoveaError("invalid_onnx", "not an ONNX model: it holds no graph", { file });
  return model;
}

/** Whether two graphs are the same, node by node and bit by bit, names included. */
export function sameGraph(a: ModelProto, b: ModelProto): boolean {
  return a.graph !== undefined && b.graph !== undefined && equals(GraphProtoSchema, a.graph, b.graph);
}
