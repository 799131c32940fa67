import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { FoveaError } from "../../errors";
import { encodeModel } from "../../graph/onnx/codec";
import {
  ModelProtoSchema,
  TensorProto_DataLocation,
  type TensorProtoSchema,
  TensorProto_DataType as Type,
} from "../../graph/onnx/generated/onnx_pb";
import { readOnnxCheckpoint } from "./onnx-initialisers";

type TensorInit = MessageInitShape<typeof TensorProtoSchema>;

function file(initializer: TensorInit[], metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const metadataProps = Object.entries(metadata).map(([key, value]) => ({ key, value }));
  return encodeModel(create(ModelProtoSchema, { irVersion: 8n, metadataProps, graph: { name: "g", initializer } }));
}

const TWO = { name: "model.0.conv.weight", dims: [2n, 1n] };
const ONE = { name: "w", dims: [1n], dataType: Type.FLOAT, floatData: [1] };

describe("readOnnxCheckpoint", () => {
  // 1 and -2.5: half 0x3c00 and 0xc100, bfloat16 0x3f80 and 0xc020.
  test.each<[string, TensorInit]>([
    ["float raw_data", { dataType: Type.FLOAT, rawData: Uint8Array.of(0, 0, 0x80, 0x3f, 0, 0, 0x20, 0xc0) }],
    ["float_data", { dataType: Type.FLOAT, floatData: [1, -2.5] }],
    ["half raw_data", { dataType: Type.FLOAT16, rawData: Uint8Array.of(0, 0x3c, 0, 0xc1) }],
    ["half int32_data", { dataType: Type.FLOAT16, int32Data: [0x3c00, 0xc100] }],
    ["bfloat16 raw_data", { dataType: Type.BFLOAT16, rawData: Uint8Array.of(0x80, 0x3f, 0x20, 0xc0) }],
    ["bfloat16 int32_data", { dataType: Type.BFLOAT16, int32Data: [0x3f80, 0xc020] }],
    ["double_data", { dataType: Type.DOUBLE, doubleData: [1, -2.5] }],
    ["double raw_data", { dataType: Type.DOUBLE, rawData: new Uint8Array(Float64Array.of(1, -2.5).buffer) }],
  ])("reads %s", (_, values) => {
    const { state, format } = readOnnxCheckpoint(file([{ ...TWO, ...values }]));
    expect(state).toEqual(new Map([[TWO.name, { shape: [2, 1], data: Float32Array.of(1, -2.5) }]]));
    expect(format).toBe("onnx");
  });

  test("reads a scalar and leaves out integers", () => {
    const index = { name: "i", dims: [1n], dataType: Type.INT64, int64Data: [3n] };
    const { state } = readOnnxCheckpoint(file([index, { ...ONE, dims: [] }]));
    expect(state).toEqual(new Map([["w", { shape: [], data: Float32Array.of(1) }]]));
  });

  test("reads names and strides from the metadata of the public exporter", () => {
    const metadata = { names: "{0: 'nodule', 1: \"Hodgkin's lymphoma\"}", stride: "32", task: "detect" };
    const { names, nc, stride, metadata: all } = readOnnxCheckpoint(file([ONE], metadata));
    expect({ names, nc, stride }).toEqual({ names: ["nodule", "Hodgkin's lymphoma"], nc: 2, stride: [32] });
    expect(all).toEqual(metadata);
  });

  test("goes without names and strides that are none", () => {
    const { names, nc, stride } = readOnnxCheckpoint(file([ONE], { names: "__import__('os')", stride: "{}" }));
    expect({ names, nc, stride }).toEqual({});
  });

  test.each<[string, TensorInit[], RegExp]>([
    [
      "weights in another file",
      [
        {
          ...ONE,
          floatData: [],
          dataLocation: TensorProto_DataLocation.EXTERNAL,
          externalData: [{ key: "location", value: "m.onnx.data" }],
        },
      ],
      /w: its values stand in "m\.onnx\.data"; save the model as one file/,
    ],
    ["raw data of another size", [{ ...ONE, rawData: new Uint8Array(5) }], /w: 5 bytes for 1 values of 4 bytes/],
    ["values of another number", [{ ...ONE, floatData: [1, 2] }], /w: 2 values for 1/],
    ["no values", [{ ...ONE, floatData: [] }], /w: 0 values for 1/],
    ["a negative size", [{ ...ONE, dims: [-1n] }], /w: its shape -1 is none/],
    ["a size beyond all numbers", [{ ...ONE, dims: [2n ** 62n] }], /w: its shape .* is none/],
    ["two tensors of one name", [ONE, ONE], /w: stands in the graph twice/],
    ["no weights", [], /holds no float weights/],
  ])("refuses a model with %s", (_, initializer, message) => {
    const bytes = file(initializer);
    expect(() => readOnnxCheckpoint(bytes, "m.onnx")).toThrow(message);
    expect(() => readOnnxCheckpoint(bytes, "m.onnx")).toThrow(/^m\.onnx: /);
    expect(() => readOnnxCheckpoint(bytes, "m.onnx")).toThrow(FoveaError);
  });
});
