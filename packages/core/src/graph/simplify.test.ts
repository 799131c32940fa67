import { describe, expect, test } from "vitest";
import type { DType, Shape, Tensor } from "./op";
import { nodesBehind } from "./order";
import { simplify } from "./simplify";
import * as t from "./tensor";

const x = t.input("x", "float32", ["batch", 3]);
const y = t.input("y", "float32", ["batch", 3]);
const image = t.input("image", "float32", ["batch", 2, 4, 6]);
const halves = t.split(image, 2, { axis: 1 });
const row = (...values: number[]) => t.constant(Float32Array.from(values), [values.length]);

/** Operators that are left, in order. */
const operators = (...outputs: Tensor[]) => nodesBehind(simplify(outputs)).map((node) => node.op);

/** Values of the constant that `z` becomes. */
function values(z: Tensor): number[] {
  const [{ source }] = simplify([z]);
  if (source.kind !== "constant") throw new Error(`not a constant: ${operators(z).join(", ")}`);
  return Array.from(source.data, Number);
}

describe("simplify computes constants:", () => {
  test("arithmetic of equal shapes and with a scalar", () => {
    // ((1, 2, 3) + (3, 2, 1)) * 2 - 1 = (7, 7, 7), divided by (1, 2, 7)
    const sum = t.sub(t.mul(t.add(row(1, 2, 3), row(3, 2, 1)), 2), 1);
    expect(values(t.div(sum, row(1, 2, 7)))).toEqual([7, 3.5, 1]);
    expect(values(t.sub(1, row(1, 2)))).toEqual([0, -1]);
    expect(values(t.max(row(1, 5), t.min(row(9, 9), 3)))).toEqual([3, 5]);
    expect(values(t.neg(t.abs(t.sqrt(row(4, 9)))))).toEqual([-2, -3]);
  });

  test("rounded to float32 at every step, as the run does", () => {
    // 1/3 in float32, times 3, is 1.0000000298 before it is rounded to 1.
    expect(values(t.mul(t.div(t.scalar(1), 3), 3))).toEqual([1]);
    // 2^24 + 1 is no float32: the 1 is lost.
    expect(values(t.sub(t.add(t.scalar(2 ** 24), 1), 2 ** 24))).toEqual([0]);
  });

  test("sizes that are known", () => {
    expect(values(t.shapeOf(image, 1, 4))).toEqual([2, 4, 6]);
    expect(values(t.fullLike(t.input("z", "float32", [2, 2]), 7))).toEqual([7, 7, 7, 7]);
    expect(operators(t.shapeOf(image))).toEqual(["Shape"]);
    expect(operators(t.fullLike(image, 7))).toEqual(["Shape", "ConstantOfShape"]);
  });

  test("reshaped, but not where a name stands for the weights", () => {
    expect(values(t.reshape(row(1, 2), [2, 1]))).toEqual([1, 2]);
    const w = t.constant(new Float32Array(4), [4], "float32", "w");
    expect(operators(t.reshape(w, [2, 2]))).toEqual(["Reshape"]);
  });

  test("not where the result would be large", () => {
    const large = t.constant(new Float32Array(70_000), [70_000]);
    expect(operators(t.neg(large))).toEqual(["Neg"]);
    expect(operators(t.mul(large, 2))).toEqual(["Mul"]);
  });

  test("not where shapes broadcast both ways", () => {
    const column = t.reshape(row(1, 2), [2, 1]);
    expect(operators(t.add(row(1, 2), column))).toEqual(["Add"]);
  });

  test("not of functions that every library rounds in its own way", () => {
    expect(operators(t.exp(row(1, 2)))).toEqual(["Exp"]);
  });

  test("not of whole numbers", () => {
    expect(operators(t.add(t.int64([1]), t.int64([2])))).toEqual(["Add"]);
  });
});

describe("simplify drops what changes nothing:", () => {
  test.each<[string, Tensor]>([
    ["x + 0", t.add(x, 0)],
    ["0 + x", t.add(0, x)],
    ["x - 0", t.sub(x, 0)],
    ["x * 1", t.mul(x, 1)],
    ["1 * x", t.mul(1, x)],
    ["x / 1", t.div(x, 1)],
    ["x * a constant of one 1", t.mul(x, t.constant(Float32Array.of(1), [1, 1]))],
    ["Identity", t.apply("Identity", [x], {})[0]],
    ["a reshape there and back", t.reshape(t.reshape(x, ["batch", 1, 3]), ["batch", 3])],
    ["a transposition there and back", t.transpose(t.transpose(x, [1, 0]), [1, 0])],
    ["one after the other", t.div(t.add(t.mul(x, 1), 0), 1)],
  ])("%s", (_, z) => {
    expect(simplify([z])).toEqual([x]);
  });

  test.each<[string, Tensor, readonly string[]]>([
    ["0 - x", t.sub(0, x), ["Sub"]],
    ["1 / x", t.div(1, x), ["Div"]],
    ["x * 0", t.mul(x, 0), ["Mul"]],
    ["x + 0 that broadcasts", t.add(x, t.constant(new Float32Array(1), [1, 1, 1])), ["Add"]],
    ["x + three zeros", t.add(x, row(0, 0, 0)), ["Add"]],
    ["a row that is repeated", t.expandLike(row(1, 2, 3), x), ["Shape", "Expand"]],
  ])("but keeps %s", (_, z, kept) => {
    expect(operators(z)).toEqual(kept);
  });

  test("chains of reshapes and transpositions become one", () => {
    const chain = t.reshape(t.reshape(t.reshape(image, ["batch", 8, 6]), ["batch", 48]), ["batch", 2, 24]);
    expect(operators(chain)).toEqual(["Reshape"]);
    const turned = t.transpose(t.transpose(image, [1, 2, 3, 0]), [0, 2, 1, 3]);
    const [{ source, shape }] = simplify([turned]);
    // First (2, 4, 6, batch), whose middle axes are then exchanged.
    expect(shape).toEqual([2, 6, 4, "batch"]);
    expect(source).toMatchObject({ node: { op: "Transpose", attributes: { perm: [1, 3, 2, 0] }, inputs: [image] } });
  });

  test("sizes are computed only for a reshape that moves several symbols", () => {
    const z = t.input("z", "float32", ["a", "b", 4]);
    expect(operators(t.reshapeLike(z, ["a", 1, "b", 4], z))).toEqual(["Reshape"]);
    expect(operators(t.reshapeLike(z, [4, "a", "b"], z))).toEqual(["Shape", "Shape", "Concat", "Reshape"]);
  });

  test("a chain of reshapes stays where one could not say it", () => {
    // Both steps move one symbol, b and then a; together they would move two.
    const z = t.input("z", "float32", ["a", "b"]);
    const chain = t.reshape(t.reshape(z, ["a", 1, "b"]), [1, "a", "b"]);
    expect(operators(chain)).toEqual(["Reshape", "Reshape"]);
  });
});

describe("simplify merges what is computed twice:", () => {
  test("equal operators on equal inputs", () => {
    expect(operators(t.add(t.exp(x), t.exp(x)))).toEqual(["Exp", "Add"]);
    expect(operators(t.mul(t.neg(t.exp(x)), t.neg(t.exp(x))))).toEqual(["Exp", "Neg", "Mul"]);
  });

  test("what becomes equal only when simplified", () => {
    expect(operators(t.add(t.exp(t.mul(x, 1)), t.exp(x)))).toEqual(["Exp", "Add"]);
  });

  test("equal small constants, and the same large one", () => {
    expect(operators(t.add(t.mul(x, 3), t.mul(x, 3)))).toEqual(["Mul", "Add"]);
    const large = new Float32Array(5000);
    const wide = t.input("wide", "float32", [5000]);
    const times = (data: Float32Array) => t.mul(wide, t.constant(data, [5000]));
    expect(operators(t.add(times(large), times(large)))).toEqual(["Mul", "Add"]);
    // Large constants are told apart by identity alone.
    expect(operators(t.add(times(large), times(large.slice())))).toEqual(["Mul", "Mul", "Add"]);
  });

  test("inputs of one name", () => {
    const again = t.input("x", "float32", ["batch", 3]);
    expect(operators(t.add(t.exp(x), t.exp(again)))).toEqual(["Exp", "Add"]);
  });

  test("nodes of several outputs", () => {
    const [a] = t.split(x, [1, 2], { axis: 1 });
    const [, b] = t.split(x, [1, 2], { axis: 1 });
    expect(operators(a, b)).toEqual(["Split"]);
  });

  test.each<[string, Tensor, Tensor]>([
    ["another input", t.exp(x), t.exp(y)],
    ["the other order", t.sub(x, y), t.sub(y, x)],
    ["another attribute", t.softmax(x, 0), t.softmax(x, 1)],
    ["another constant", t.mul(x, 2), t.mul(x, 3)],
    ["the other sign of zero", t.div(x, 0), t.div(x, -0)],
    ["the other infinity", t.pad(x, [0, 1, 0, 0], -Infinity), t.pad(x, [0, 1, 0, 0], Infinity)],
    ["no number at all", t.pad(x, [0, 1, 0, 0], Number.NaN), t.pad(x, [0, 1, 0, 0], Infinity)],
    ["another output of the same node", t.neg(halves[0]), t.neg(halves[1])],
    ["another shape of the same constant", t.mul(x, row(1, 2, 3)), t.mul(x, t.reshape(row(1, 2, 3), [1, 3]))],
  ])("but not %s", (_, a, b) => {
    const [first, second] = simplify([a, b]);
    expect(first.source).not.toEqual(second.source);
    if (first.source.kind === "node" && second.source.kind === "node") {
      expect(first.source.node).not.toBe(second.source.node);
    }
  });

  test("but not constants of the same bytes and another dtype", () => {
    const bytes = new Uint8Array(100).fill(1);
    const as = (dtype: DType, shape: Shape = [100]) => t.cast(t.constant(bytes, shape, dtype), "float32");
    expect(operators(t.add(as("uint8"), as("bool")))).toEqual(["Cast", "Cast", "Add"]);
  });
});

describe("simplify", () => {
  test("keeps what no output needs out of the graph", () => {
    const used = t.exp(x);
    t.neg(used);
    expect(operators(used)).toEqual(["Exp"]);
  });

  test("gives the outputs in order, one value at two places included", () => {
    const [a, b, c] = simplify([t.exp(x), t.neg(x), t.exp(x)]);
    expect(a.source).toMatchObject({ node: { op: "Exp" } });
    expect(b.source).toMatchObject({ node: { op: "Neg" } });
    expect(c).toBe(a);
  });

  test("keeps the symbol of a range, which no input knows", () => {
    const count = t.reshape(t.shapeOf(x, 0, 1), []);
    const [z] = simplify([t.mul(t.cast(t.range(count, "batch"), "float32"), t.reduceSum(x, { axes: [1] }))]);
    expect(z.shape).toEqual(["batch"]);
  });

  test("changes nothing the second time", () => {
    const once = simplify([t.add(t.exp(t.mul(x, 1)), t.reshape(t.exp(x), ["batch", 3]))]);
    const twice = simplify(once);
    expect(nodesBehind(twice).map((node) => node.op)).toEqual(nodesBehind(once).map((node) => node.op));
  });
});
