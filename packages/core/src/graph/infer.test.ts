import { describe, expect, test } from "vitest";
import { ShapeError } from "../errors";
import { windowed } from "./infer";
import type { DType, Shape, Tensor } from "./op";
import * as t from "./tensor";

const of = (shape: Shape, dtype: DType = "float32"): Tensor => t.input("x", dtype, shape);
const image = of(["batch", 4, 8, 6]);
const bools = of([2, 3], "bool");
const indices = (shape: Shape) => of(shape, "int64");

describe("the shape of", () => {
  test.each<[string, Tensor, Shape]>([
    ["Add, broadcast", t.add(of([2, 1]), of([3])), [2, 3]],
    ["Where", t.where(bools, of([3]), of([2, 1])), [2, 3]],
    ["Concat", t.concat([of(["batch", 2]), of(["batch", 5])], { axis: 1 }), ["batch", 7]],
    ["Concat of symbols", t.concat([of([2, "a"]), of([2, "b"])], { axis: -1 }), [2, "(a+b)"]],
    ["Conv", t.conv(image, of([5, 4, 3, 3]), undefined, { pads: [1, 1, 1, 1] }), ["batch", 5, 8, 6]],
    // (8 + 1 - 2 * 1 - 1) / 3 = 2, and one more; (6 + 1 - 2 - 1) / 3 = 1.3, and one more.
    [
      "Conv, every attribute",
      t.conv(image, of([6, 2, 2, 2]), undefined, { strides: [3, 3], pads: [0, 0, 1, 1], dilations: [2, 2], group: 2 }),
      ["batch", 6, 3, 2],
    ],
    // Twice the size, less 2, less 2 of padding, plus 3, plus 1 of output padding.
    [
      "ConvTranspose",
      t.convTranspose(image, of([4, 3, 3, 3]), undefined, {
        strides: [2, 2],
        pads: [1, 1, 1, 1],
        outputPadding: [1, 1],
        group: 2,
      }),
      ["batch", 6, 16, 12],
    ],
    ["DepthToSpace", t.depthToSpace(image, 2), ["batch", 1, 16, 12]],
    ["SpaceToDepth", t.spaceToDepth(image, 2), ["batch", 16, 4, 3]],
    [
      "SpaceToDepth of a symbolic size",
      t.spaceToDepth(of([1, 3, "height", "width/2"]), 2),
      [1, 12, "height/2", "width/4"],
    ],
    ["Expand", t.expandLike(of([3]), of(["batch", 3])), ["batch", 3]],
    ["FusedMatMul", t.fusedMatMul(of([2, 3, 4]), of([5, 3]), { transA: true, transB: true }), [2, 4, 5]],
    ["MatMul, broadcast", t.matMul(of([7, 1, 2, 3]), of([5, 3, 4])), [7, 5, 2, 4]],
    ["Gather", t.gather(of([5, 6, 7]), indices([2, 3]), { axis: 1 }), [5, 2, 3, 7]],
    ["Gather at a scalar", t.gather(of([5, 6]), indices([]), { axis: -1 }), [5]],
    ["GatherElements", t.gatherElements(of([5, 6]), indices([2, 6]), { axis: 0 }), [2, 6]],
    ["GatherND", t.gatherND(of([5, 6, 7]), indices([4, 2])), [4, 7]],
    ["MaxPool", t.maxPool(image, 2, { stride: 2 }), ["batch", 4, 4, 3]],
    ["OneHot", t.oneHot(indices([2, 3]), 5), [2, 3, 5]],
    ["Pad", t.pad(of(["batch", 3]), [0, 1, 0, 2]), ["batch", 6]],
    ["Pad that crops", t.pad(of([4, 3]), [-1, 0, 0, -2]), [3, 1]],
    ["ReduceSum", t.reduceSum(of([2, 3, 4]), { axes: [0, -1] }), [3]],
    ["ReduceMean, kept", t.reduceMean(of([2, 3, 4]), { axes: [1], keepdims: true }), [2, 1, 4]],
    ["ReduceMax of all", t.reduceMax(of(["batch", 3])), []],
    ["Reshape", t.reshape(of(["batch", 4, 6]), ["batch", 2, 12]), ["batch", 2, 12]],
    ["Reshape that joins the batch", t.reshape(of(["batch", 4, 6]), ["4*batch", 6]), ["4*batch", 6]],
    ["Resize", t.resize(of([1, 3, 4, "width/16"]), 2), [1, 3, 8, "width/8"]],
    ["Shape", t.shapeOf(of(["batch", 3, 4]), 1, 3), [2]],
    ["Slice", t.slice(of([2, 10]), 1, 1, 8, 3), [2, 3]],
    ["Slice to far beyond the end", t.slice(of([5]), 0, -3, 100), [3]],
    ["Slice backwards", t.slice(of([5]), 0, -1, -100, -2), [3]],
    ["Slice backwards from before the first", t.slice(of([5]), 0, -100, -200, -1), [1]],
    ["Slice of nothing", t.slice(of([5]), 0, 4, 2), [0]],
    ["Split", t.split(of(["batch", 6]), [1, 5], { axis: 1 })[1], ["batch", 5]],
    ["TopK", t.topK(of(["batch", 9]), 4).indices, ["batch", 4]],
    ["Transpose", t.transpose(of(["batch", 3, 4]), [2, 0, 1]), [4, "batch", 3]],
    ["Range", t.range(indices([]), "anchors"), ["anchors"]],
  ])("%s", (_, y, expected) => {
    expect(y.shape).toEqual(expected);
  });
});

describe("the dtype of", () => {
  test.each<[string, Tensor, DType]>([
    ["a comparison", t.greater(of([2]), of([2])), "bool"],
    ["Cast", t.cast(of([2]), "float16"), "float16"],
    ["Shape", t.shapeOf(of([2])), "int64"],
    ["the indices of TopK", t.topK(of([5]), 2).indices, "int64"],
    ["OneHot", t.oneHot(indices([2]), 3), "float32"],
    ["Range", t.range(indices([]), "n"), "int64"],
    ["Gather", t.gather(bools, indices([2]), { axis: 0 }), "bool"],
  ])("%s", (_, y, expected) => {
    expect(y.dtype).toBe(expected);
  });
});

describe("a mistake is a ShapeError:", () => {
  test.each<[string, () => unknown, string]>([
    ["axes that do not broadcast", () => t.mul(of([2, 3]), of([4])), "Mul: cannot broadcast 2 x 3 with 4"],
    ["two dtypes", () => t.add(of([2]), indices([2])), "Add: inputs of float32 and int64, wanted one dtype"],
    ["choices of two dtypes", () => t.where(bools, of([3]), indices([3])), "Where: choices of float32 and int64"],
    [
      "Concat of other sizes",
      () => t.concat([of([2, 3]), of([4, 3])], { axis: 1 }),
      "Concat on axis 1: 2 x 3 with 4 x 3",
    ],
    ["Concat of other ranks", () => t.concat([of([2]), of([2, 3])], { axis: 0 }), "Concat on axis 0: 2 with 2 x 3"],
    ["Concat of other dtypes", () => t.concat([of([2]), indices([2])], { axis: 0 }), "Concat on axis 0"],
    [
      "Conv on other channels",
      () => t.conv(image, of([5, 3, 1, 1]), undefined),
      "Conv: 5 x 3 x 1 x 1 kernels in 1 group(s) on batch x 4 x 8 x 6",
    ],
    ["Conv in other groups", () => t.conv(image, of([5, 4, 1, 1]), undefined, { group: 2 }), "in 2 group(s)"],
    [
      "Conv on too small an image",
      () => t.conv(image, of([5, 4, 9, 1]), undefined),
      "a window of 9 cells on 8 cells and 0 of padding",
    ],
    [
      "ConvTranspose on other channels",
      () => t.convTranspose(image, of([3, 4, 2, 2]), undefined),
      "ConvTranspose: 3 x 4 x 2 x 2 kernels",
    ],
    ["a kernel of unknown size", () => t.conv(image, of([5, 4, "k", 1]), undefined), "conv: needs a fixed dimension"],
    ["DepthToSpace of other channels", () => t.depthToSpace(image, 4), "DepthToSpace: 4 is no multiple of 16"],
    ["SpaceToDepth of an odd size", () => t.spaceToDepth(of([1, 1, 5, 4]), 2), "SpaceToDepth: 5 is no multiple of 2"],
    ["MatMul of other sizes", () => t.matMul(of([2, 3]), of([2, 3])), "MatMul: 2 x 3 times 2 x 3"],
    ["MatMul of a vector", () => t.matMul(of([2, 3]), of([3])), "MatMul: 2 x 3 times 3"],
    ["FusedMatMul", () => t.fusedMatMul(of([2, 3]), of([3, 4]), { transA: true }), "FusedMatMul: 3 x 2 times 3 x 4"],
    ["tuples of unknown length", () => t.gatherND(of([2]), indices([4, "n"])), "GatherND: needs a fixed dimension"],
    ["Pad of a symbolic axis", () => t.pad(of(["batch"]), [1, 0]), "Pad: needs a fixed dimension"],
    ["too few pads", () => t.pad(of([2, 3]), [1, 0]), "pad: 2 pads for 2 x 3"],
    ["Reshape to another size", () => t.reshape(of([2, 3]), [7]), "Reshape: 2 x 3 into 7"],
    ["Reshape to another symbol", () => t.reshape(of(["batch", 3]), ["width", 3]), "Reshape: batch x 3 into width x 3"],
    ["Slice of a symbolic axis", () => t.slice(of(["batch"]), 0, 0, 1), "Slice: needs a fixed dimension"],
    ["Split that does not add up", () => t.split(of([6]), [1, 4], { axis: 0 }), "Split: axis 0 of 6 into 1 + 4"],
    ["Split into unequal parts", () => t.split(of([7]), 2, { axis: 0 }), "Split: axis 0 of 7 into 2 equal parts"],
    ["Transpose by too few axes", () => t.transpose(of([2, 3]), [1]), "Transpose: axes 1 of 2 x 3"],
    ["Transpose by an axis twice", () => t.transpose(of([2, 3]), [1, 1]), "Transpose: axes 1, 1 of 2 x 3"],
    ["Transpose by a missing axis", () => t.transpose(of([2, 3]), [0, 2]), "Transpose: axes 0, 2 of 2 x 3"],
    ["an axis too many", () => t.softmax(of([2, 3]), 2), "Softmax: axis 2 of a tensor with 2 axes"],
    ["a reduced axis too many", () => t.reduceSum(of([2]), { axes: [1] }), "ReduceSum: axis 1 of a tensor with 1 axes"],
    [
      "a constant of another size",
      () => t.constant(new Float32Array(5), [2, 3], "float32", "w"),
      "constant w: 5 values for 2 x 3",
    ],
  ])("%s", (_, build, message) => {
    expect(build).toThrow(ShapeError);
    expect(build).toThrow(message);
  });

  test("more values than an axis has are an ArgumentError", () => {
    expect(() => t.topK(of([4]), 5)).toThrow("topK: 5 of 4 values");
  });
});

describe("a window over a symbolic size", () => {
  // For 2n cells, kernel 3, padding 1 + 1, stride 2: floor((2n + 2 - 2 - 1) / 2) + 1 = n.
  test.each([
    [3, 2, 2, "height/2"],
    [1, 1, 0, "height"],
    [3, 1, 2, "height"],
    [5, 1, 4, "height"],
    [2, 2, 0, "height/2"],
    [1, 2, 0, "height/2"],
    [6, 2, 4, "height/2"],
    [7, 4, 3, "height/4"],
  ])("of %d, stride %d, padding %d gives %s", (kernel, stride, pad, expected) => {
    expect(windowed("height", kernel, stride, pad)).toBe(expected);
    // The symbol says the same as the numbers: 16 cells.
    expect(windowed(16, kernel, stride, pad)).toBe(16 / stride);
  });

  // Padded by more than the reach: n + 1; by a stride less: n - 1.
  test.each([
    [3, 1, 0],
    [1, 1, 2],
    [3, 2, 3],
    [3, 2, 0],
    [4, 2, 0],
  ])("of %d, stride %d, padding %d is refused", (kernel, stride, pad) => {
    expect(() => windowed("height", kernel, stride, pad)).toThrow(
      `a window of ${kernel}, stride ${stride}, padding ${pad} on the symbolic size height`,
    );
    expect(windowed(16, kernel, stride, pad)).not.toBe(16 / stride);
  });
});
