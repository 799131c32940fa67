import { toModelBytes } from "@fovea/core/graph/onnx/write";
import type { Shape, Tensor } from "@fovea/core/graph/op";
import type { Value } from "@fovea/core/graph/runtime";
import * as t from "@fovea/core/graph/tensor";
import { describe, expect, test } from "vitest";
import { openRuntime } from "../../src/runtime/onnx-runtime";

const x = t.input("x", "float32", ["batch", 3]);
const fed: Value = { dtype: "float32", shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) };

async function run(
  outputs: Readonly<Record<string, Tensor>>,
  feeds: Readonly<Record<string, Value>> = { x: fed },
): Promise<Record<string, number[]>> {
  const runtime = await openRuntime({ threads: 1 });
  const session = await runtime.load(toModelBytes(outputs));
  const results = await session.run(feeds);
  await session.release();
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, Array.from(data, Number)]));
}

describe("ONNX Runtime takes a model", () => {
  test("with an output that is an input, under another name and its own", async () => {
    expect(await run({ x, y: x })).toEqual({ x: [1, 2, 3, 4, 5, 6], y: [1, 2, 3, 4, 5, 6] });
  });

  test("with an output that is a constant", async () => {
    expect(await run({ y: t.constant(Float32Array.of(7, 8), [2]) }, {})).toEqual({ y: [7, 8] });
  });

  test("with an output that folds to a constant, or to an input", async () => {
    expect(await run({ y: t.mul(t.scalar(3), 4), z: t.mul(x, 1) })).toEqual({ y: [12], z: [1, 2, 3, 4, 5, 6] });
  });

  test("with one value under three names, read further on", async () => {
    const y = t.neg(t.reduceSum(x));
    expect(await run({ a: y, b: y, c: t.neg(y), d: y })).toEqual({ a: [-21], b: [-21], c: [21], d: [-21] });
  });

  test("with outputs that are named like nodes and dotted paths", async () => {
    const y = t.neg(t.reduceSum(x));
    expect(await run({ "model.0.conv.weight": y, 损失: t.neg(y) })).toEqual({
      "model.0.conv.weight": [-21],
      损失: [21],
    });
  });

  test("with only the indices of TopK, or of MaxPool", async () => {
    expect(await run({ best: t.topK(x, 1).indices })).toEqual({ best: [2, 2] });
    const image = t.reshape(x, ["batch", 1, 1, 3]);
    const attributes = { kernel_shape: [1, 3], strides: [1, 1], pads: [0, 0, 0, 0] };
    const [, indices] = t.apply("MaxPool", [image], attributes);
    // Counted through the whole batch.
    expect(await run({ indices })).toEqual({ indices: [2, 5] });
  });

  test("with one part of a split, or with two of three", async () => {
    const [a, b, c] = t.split(x, 3, { axis: 1 });
    expect(await run({ b })).toEqual({ b: [2, 5] });
    expect(await run({ c, a })).toEqual({ c: [3, 6], a: [1, 4] });
  });

  test("with one weight read in two shapes", async () => {
    const w = t.constant(Float32Array.of(1, 10, 100), [3], "float32", "w");
    expect(await run({ y: t.matMul(t.mul(x, w), t.reshape(w, [3, 1])) })).toEqual({
      // 1 + 2 * 100 + 3 * 10000, 4 + 500 + 60000
      y: [30201, 60504],
    });
  });

  test("with two large constants of the same bytes but other dtypes", async () => {
    const bytes = new Uint8Array(100).fill(2);
    const total = (y: Tensor) => t.reduceSum(t.cast(y, "float32"));
    const outputs = {
      whole: total(t.constant(bytes, [100], "uint8")),
      table: total(t.constant(bytes, [10, 10], "uint8")),
    };
    expect(await run(outputs, {})).toEqual({ whole: [200], table: [200] });
  });

  test("that fills a shape known only in the run", async () => {
    expect(await run({ y: t.fullLike(x, 2.5), z: t.fullLike(x, -Infinity) })).toEqual({
      y: [2.5, 2.5, 2.5, 2.5, 2.5, 2.5],
      z: new Array(6).fill(-Infinity),
    });
  });

  test("that holds every special float", async () => {
    // The smallest normal number and the largest: FLT_MIN and FLT_MAX of C.
    const special = [-0, Infinity, -Infinity, Number.NaN, 1.1754943508222875e-38, 3.4028234663852886e38];
    const { y } = await run({ y: t.constant(Float32Array.from(special), [6]) }, {});
    expect(y).toEqual(special);
  });

  test("whose symbolic sizes it infers alike", async () => {
    const image = t.input("image", "float32", ["batch", 3, "height", "width"]);
    const w = t.constant(new Float32Array(4 * 3 * 9).fill(1), [4, 3, 3, 3]);
    const half = t.conv(image, w, undefined, { strides: [2, 2], pads: [1, 1, 1, 1] });
    const outputs: Record<string, Tensor> = {
      half,
      pooled: t.maxPool(half, 2, { stride: 2 }),
      up: t.resize(half, 2),
      deep: t.spaceToDepth(image, 2),
      wide: t.convTranspose(half, t.constant(new Float32Array(64), [4, 4, 2, 2]), undefined, { strides: [2, 2] }),
      flat: t.reshape(half, ["batch", 4, "height*width/4"]),
    };
    const runtime = await openRuntime({ threads: 1 });
    const session = await runtime.load(toModelBytes(outputs));
    const shape = [2, 3, 8, 12];
    const data = new Float32Array(2 * 3 * 8 * 12);
    const results = await session.run({ image: { dtype: "float32", shape, data } });
    await session.release();
    const sizes: Readonly<Record<string, number>> = { batch: 2, height: 8, width: 12 };
    for (const [name, { shape: got }] of Object.entries(results)) {
      expect(got, name).toEqual(sized(outputs[name].shape, sizes));
    }
  });
});

/** A symbolic shape with its names put in: `"height/4"` with height 8 is 2. */
function sized(shape: Shape, sizes: Readonly<Record<string, number>>): number[] {
  return shape.map((dim) => {
    if (typeof dim === "number") return dim;
    const [names, divisor = "1"] = dim.split("/");
    return names.split("*").reduce((n, name) => n * (sizes[name] ?? Number(name)), 1) / Number(divisor);
  });
}

describe("a model of more than 100 MB", () => {
  test("is written, loaded and read to its last value", async () => {
    const [rows, columns] = [28_000, 1000];
    const data = new Float32Array(rows * columns);
    for (let row = 0; row < rows; row++) data[row * columns + columns - 1] = row;
    const table = t.constant(data, [rows, columns], "float32", "table");
    const at = t.input("at", "int64", [2]);
    const runtime = await openRuntime({ threads: 1 });
    const model = toModelBytes({ y: t.gather(table, at, { axis: 0 }) });
    // 28 million values of 4 bytes.
    expect(model.length).toBeGreaterThan(112e6);
    const session = await runtime.load(model);
    const { y } = await session.run({ at: { dtype: "int64", shape: [2], data: BigInt64Array.of(0n, 27_999n) } });
    await session.release();
    expect(y.shape).toEqual([2, columns]);
    expect([y.data[0], y.data[columns - 1], y.data[2 * columns - 2], y.data[2 * columns - 1]]).toEqual([
      0, 0, 0, 27_999,
    ]);
  });
});
