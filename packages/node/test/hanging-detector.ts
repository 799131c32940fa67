/**
 * @file A detector for tests that hangs, for as long as is wanted, within native code: on images that are white.
 *
 * ONNX Runtime counts a Loop's rounds itself, so that no JavaScript runs until the last is over.
 */
import { create } from "@bufbuild/protobuf";
import { decodeModel, encodeModel } from "@fovea/core/graph/onnx/codec";
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  NodeProtoSchema,
  TensorProto_DataType,
  TensorProtoSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
} from "@fovea/core/graph/onnx/generated/onnx_pb";
import { brightDetector } from "./bright-detector";

/** Values that are worked on in each round of the loop: some 0.1 ms on a processor of today. */
const WIDTH = 20_000;
/** Brightness above which it hangs, of 1. The image that warms a network is at 114 / 255. */
const HANGS_ABOVE = 0.95;

const node = (opType: string, inputs: readonly string[], outputs: readonly string[]) =>
  create(NodeProtoSchema, { opType, input: [...inputs], output: [...outputs] });

function value(name: string, elemType: TensorProto_DataType, sizes: readonly number[]) {
  const dim = sizes.map((size) => ({ value: { case: "dimValue" as const, value: BigInt(size) } }));
  const type = create(TypeProtoSchema, { value: { case: "tensorType", value: { elemType, shape: { dim } } } });
  return create(ValueInfoProtoSchema, { name, type });
}

/** ONNX bytes of a `brightDetector` that goes through so many rounds before it answers for a white image. */
export function hangingDetector(rounds: number): Uint8Array {
  const model = decodeModel(brightDetector());
  const { graph } = model;
  if (graph === undefined) throw new Error("unreachable: a model without a graph");
  const { FLOAT, INT64, BOOL } = TensorProto_DataType;
  const body = create(GraphProtoSchema, {
    name: "round",
    node: [node("Identity", ["go"], ["goOn"]), node("Sin", ["before"], ["after"])],
    input: [value("round", INT64, []), value("go", BOOL, []), value("before", FLOAT, [WIDTH])],
    output: [value("goOn", BOOL, []), value("after", FLOAT, [WIDTH])],
  });
  for (const one of graph.node) one.output = one.output.map((name) => (name === "output0" ? "found" : name));
  const reduced = node("ReduceMax", ["images"], ["brightest"]);
  reduced.attribute = [
    create(AttributeProtoSchema, { name: "keepdims", i: 0n, type: AttributeProto_AttributeType.INT }),
  ];
  const cast = node("Cast", ["isWhite"], ["times"]);
  cast.attribute = [
    create(AttributeProtoSchema, { name: "to", i: BigInt(INT64), type: AttributeProto_AttributeType.INT }),
  ];
  const loop = node("Loop", ["count", "", "start"], ["end"]);
  loop.attribute = [create(AttributeProtoSchema, { name: "body", g: body, type: AttributeProto_AttributeType.GRAPH })];
  const last = node("ReduceMax", ["end"], ["largest"]);
  last.attribute = reduced.attribute;
  graph.node.push(
    ...[
      reduced,
      node("Greater", ["brightest", "bound"], ["isWhite"]),
      cast,
      node("Mul", ["times", "rounds"], ["count"]),
    ],
    ...[loop, last, node("Mul", ["largest", "zero"], ["nothing"]), node("Add", ["found", "nothing"], ["output0"])],
  );
  graph.initializer.push(
    create(TensorProtoSchema, { name: "bound", dataType: FLOAT, floatData: [HANGS_ABOVE] }),
    create(TensorProtoSchema, { name: "zero", dataType: FLOAT, floatData: [0] }),
    create(TensorProtoSchema, { name: "rounds", dataType: INT64, int64Data: [BigInt(rounds)] }),
    create(TensorProtoSchema, {
      name: "start",
      dataType: FLOAT,
      dims: [BigInt(WIDTH)],
      floatData: Array(WIDTH).fill(1),
    }),
  );
  return encodeModel(model);
}
