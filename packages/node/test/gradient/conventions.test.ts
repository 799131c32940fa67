import { grad } from "@fovea/core/graph/gradient";
import type { Tensor } from "@fovea/core/graph/op";
import * as t from "@fovea/core/graph/tensor";
import { describe, expect, test } from "vitest";
import { load } from "./check";

/** Gradient of the sum of `build(x)` at `values`. */
async function gradientAt(
  shape: readonly number[],
  values: readonly number[],
  build: (x: Tensor) => Tensor,
): Promise<number[]> {
  const x = t.input("x", "float32", shape);
  const session = await load({ g: grad(t.reduceSum(build(x)), [x])[0] }, [x]);
  const { g } = await session.run({ x: { dtype: "float32", shape, data: Float32Array.from(values) } });
  await session.release();
  return Array.from(g.data, Number);
}

describe("at a kink, as PyTorch does,", () => {
  test("Relu has slope 0 at 0", async () => {
    expect(await gradientAt([3], [-1, 0, 1], t.relu)).toEqual([0, 0, 1]);
  });

  test("Abs has slope 0 at 0", async () => {
    expect(await gradientAt([3], [-2, 0, 2], t.abs)).toEqual([-1, 0, 1]);
  });

  test("Clip has slope 1 at its bounds", async () => {
    const clipped = (x: Tensor) => t.clip(x, { min: -1, max: 2 });
    expect(await gradientAt([5], [-1.5, -1, 0, 2, 2.5], clipped)).toEqual([0, 1, 1, 1, 0]);
    expect(await gradientAt([3], [-1.5, -1, 5], (x) => t.clip(x, { min: -1 }))).toEqual([0, 1, 1]);
    expect(await gradientAt([3], [-5, 2, 2.5], (x) => t.clip(x, { max: 2 }))).toEqual([1, 1, 0]);
  });

  test.each([
    ["Max", t.max],
    ["Min", t.min],
  ] as const)("%s shares the gradient of equal arguments evenly", async (_, extremum) => {
    const other = t.constant(Float32Array.of(1, 5), [2]);
    // At x = 1 half of the gradient is the other's; at the second place both x and 5 stand far apart.
    const [tied] = await gradientAt([2], [1, -9], (x) => extremum(x, other));
    expect(tied).toBe(0.5);
  });

  test("ReduceMax shares the gradient evenly among equal maxima", async () => {
    const rows = (x: Tensor) => t.reduceMax(x, { axes: [1] });
    expect(await gradientAt([2, 4], [7, 1, 7, 0, /**/ 3, 3, 3, 3], rows)).toEqual([
      0.5, 0, 0.5, 0, 0.25, 0.25, 0.25, 0.25,
    ]);
  });

  test("MaxPool gives the gradient to the first maximum in row-major order", async () => {
    expect(await gradientAt([1, 1, 2, 2], [4, 4, 4, 4], (x) => t.maxPool(x, 2, { stride: 2 }))).toEqual([1, 0, 0, 0]);
    // Rows 0 1 / 1 0: the first 1 stands at the right of the first row.
    expect(await gradientAt([1, 1, 2, 2], [0, 1, 1, 0], (x) => t.maxPool(x, 2, { stride: 2 }))).toEqual([0, 1, 0, 0]);
  });

  test("overlapping windows of MaxPool add up at their common maximum", async () => {
    // Four 2 x 2 windows over 3 x 3 equal cells: each gives to its own top left cell.
    const equal = new Array<number>(9).fill(2);
    expect(await gradientAt([1, 1, 3, 3], equal, (x) => t.maxPool(x, 2))).toEqual([1, 1, 0, 1, 1, 0, 0, 0, 0]);
    // 3 x 3 windows, padded, around each of 2 x 2 cells see all four: four times the first.
    expect(await gradientAt([1, 1, 2, 2], [5, 5, 5, 5], (x) => t.maxPool(x, 3, { pad: 1 }))).toEqual([4, 0, 0, 0]);
    // The centre is the maximum of all nine 5 x 5 windows.
    const peak = [0, 0, 0, 0, 9, 0, 0, 0, 0];
    expect(await gradientAt([1, 1, 3, 3], peak, (x) => t.maxPool(x, 5, { pad: 2 }))).toEqual(peak);
  });

  test("MaxPool of negative numbers takes no maximum from the padding", async () => {
    const all = await gradientAt([1, 1, 1, 2], [-3, -2], (x) => t.maxPool(x, 3, { pad: 1 }));
    expect(all).toEqual([0, 2]);
  });

  test("MaxPool keeps images and channels apart", async () => {
    // (2, 2, 1, 2): the larger of each pair.
    const pairs = [1, 2, /**/ 4, 3, /**/ 5, 6, /**/ 8, 7];
    const wide = (x: Tensor) =>
      t.apply("MaxPool", [x], { kernel_shape: [1, 2], strides: [1, 2], pads: [0, 0, 0, 0] })[0];
    expect(await gradientAt([2, 2, 1, 2], pairs, wide)).toEqual([0, 1, 1, 0, 0, 1, 1, 0]);
  });

  test("TopK takes the first of equal values", async () => {
    expect(await gradientAt([4], [2, 7, 7, 7], (x) => t.topK(x, 2).values)).toEqual([0, 1, 1, 0]);
  });

  test("Floor has no slope", async () => {
    expect(await gradientAt([2], [0.5, 1.5], (x) => t.mul(x, t.floor(x)))).toEqual([0, 1]);
  });

  test("Cast to whole numbers passes nothing on", async () => {
    const whole = (x: Tensor) => t.mul(x, t.cast(t.cast(x, "int64"), "float32"));
    expect(await gradientAt([2], [2.5, 3.5], whole)).toEqual([2, 3]);
  });
});

describe("what has no gradient is refused:", () => {
  const x = t.input("x", "float32", [1, 1, 2, 2]);
  const rows = t.int64([0], [1, 1]);
  const update = t.constant(new Float32Array(4), [1, 1, 2, 2]);

  test.each([
    ["bilinear Resize", () => t.resize(x, 2, "linear"), "Resize: only the nearest mode"],
    ["Resize by 1", () => t.resize(x, 1), "Resize: no gradient for factors 1 x 1"],
    [
      "Resize by two factors",
      () => t.apply("Resize", [x], { mode: "nearest", scales: [2, 3] })[0],
      "Resize: no gradient for factors 2 x 3",
    ],
    [
      "overwriting ScatterND",
      () => t.scatterND(x, rows, update, "none"),
      'ScatterND: no gradient for the reduction "none"',
    ],
    ["ScatterND to the maximum", () => t.scatterND(x, rows, update, "max"), 'reduction "max"'],
    [
      "overwriting ScatterElements",
      () => t.scatterElements(x, t.int64([0, 0, 0, 0], [1, 1, 2, 2]), update, { axis: 0, reduction: "none" }),
      'ScatterElements: no gradient for the reduction "none"',
    ],
  ])("%s", (_, build, message) => {
    expect(() => grad(t.reduceSum(build()), [x])).toThrow(message);
  });

  test("a convolution over a size that is not known", () => {
    const image = t.input("image", "float32", [1, 1, "height", 4]);
    const w = t.input("w", "float32", [1, 1, 3, 3]);
    const y = t.conv(image, w, undefined, { pads: [1, 1, 1, 1] });
    const loss = t.reshape(t.reduceSum(y), []);
    expect(() => grad(loss, [w])).toThrow(/Conv gradient: needs a fixed dimension, got the symbol .*height/);
  });
});
