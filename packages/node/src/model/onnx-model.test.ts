import { toModelBytes } from "@fovea/core/graph/onnx/write";
import type { Dim, DType, Tensor } from "@fovea/core/graph/op";
import { constant, input, mul, reduceMean } from "@fovea/core/graph/tensor";
import { describe, expect, test } from "vitest";
import { readOnnxDescription } from "./onnx-model";

interface Spec {
  readonly images?: readonly Dim[];
  readonly dtype?: DType;
  /** Shape of `output0`, and of `output1` if there is one. */
  readonly outputs?: readonly (readonly number[])[];
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A model of these shapes that computes nothing of use. */
function model({
  images = [1, 3, 64, 64],
  dtype = "float32",
  outputs = [[1, 6, 84]],
  metadata = {},
}: Spec): Uint8Array {
  const x = input("images", dtype, images);
  const scale: Tensor = dtype === "float32" ? reduceMean(x) : constant(Float32Array.of(1), []);
  const zeros = (shape: readonly number[]) => constant(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape);
  const named = outputs.map((shape, i) => [`output${i}`, mul(zeros(shape), scale)] as const);
  return toModelBytes(Object.fromEntries(named), { inputs: [x], metadata });
}

const read = (spec: Spec) => readOnnxDescription(model(spec), "model.onnx").signature;

const names = "{0: 'nodule', 1: \"large mass\"}";

describe("readOnnxDescription", () => {
  test("reads names and stride as the public exporter writes them", () => {
    expect(read({ metadata: { names, stride: "64" } })).toEqual({
      file: "model.onnx",
      names: ["nodule", "large mass"],
      strides: [64],
      outputs: "decoded",
      pixels: "float32",
      inputSize: { width: 64, height: 64 },
      maskCount: 0,
      channels: [],
    });
  });

  test("leaves open what the graph leaves open", () => {
    const open = read({ images: ["batch", 3, "height", "width"], metadata: { names, stride: "32" } });
    expect(open.inputSize).toBeUndefined();
  });

  test("finds mask coefficients by the second output", () => {
    expect(
      read({
        outputs: [
          [1, 38, 84],
          [1, 32, 16, 16],
        ],
        metadata: { names },
      }),
    ).toMatchObject({ maskCount: 32 });
  });

  test("counts classes by the output where nobody names them, and takes the usual stride", () => {
    expect(read({})).toMatchObject({ names: ["class 0", "class 1"], strides: [32] });
  });

  test.each<[string, Spec, string]>([
    ["images of another shape", { images: [1, 1, 64, 64] }, "images: is 1 x 1 x 64 x 64, expected floats of 1 x 3"],
    ["more than one image at once", { images: [2, 3, 64, 64] }, "images: is 2 x 3 x 64 x 64"],
    ["whole numbers of 64 bits", { dtype: "int64" }, "images: is 1 x 3 x 64 x 64, expected floats"],
    ["a list of detections", { outputs: [[1, 300, 6]] }, "output0: is 1 x 300 x 6, a list of detections"],
    ["an output of other rank", { outputs: [[1, 6, 8, 8]] }, "output0: is 1 x 6 x 8 x 8, expected 1 x (4 + classes)"],
    ["names that do not fit", { outputs: [[1, 9, 84]], metadata: { names } }, "expected 6 channels for 2 classes"],
    ["a stride of no pixels", { metadata: { names, stride: "0" } }, "stride: 0, expected whole pixels from 1 to 1024"],
    ["half a pixel of stride", { metadata: { names, stride: "0.5" } }, "stride: 0.5, expected whole pixels"],
    ["a stride of kilometres", { metadata: { names, stride: "1e9" } }, "stride: 1000000000, expected whole pixels"],
    ["images of kilometres", { images: [1, 3, 64, 1e6] }, "images: is 1 x 3 x 64 x 1000000, sides of at most 16384"],
    ["no class at all", { outputs: [[1, 4, 84]] }, "output0: is 1 x 4 x 84"],
  ])("refuses %s", (_, spec, message) => {
    expect(() => read(spec)).toThrow(expect.objectContaining({ code: "invalid_onnx" }));
    expect(() => read(spec)).toThrow(
      `model.onnx: ${message.startsWith("expected") ? "output0: is 1 x 9 x 84, " : ""}${message}`,
    );
  });

  test("refuses bytes that are no model", () => {
    expect(() => readOnnxDescription(Uint8Array.of(1, 2, 3), "a.onnx")).toThrow("a.onnx: not an ONNX model");
  });
});
