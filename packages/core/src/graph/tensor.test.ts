import { describe, expect, test } from "vitest";
import type { Tensor } from "./op";
import * as t from "./tensor";

const x = t.input("x", "float32", ["batch", 3, 4]);

describe("a function that would change nothing", () => {
  test.each<[string, Tensor]>([
    ["reshape to the same shape", t.reshape(x, ["batch", 3, 4])],
    ["transpose in the same order", t.transpose(x, [0, 1, 2])],
    ["cast to the same dtype", t.cast(x, "float32")],
    ["concat of one part", t.concat([x], { axis: 1 })],
    ["pad by nothing", t.pad(x, [0, 0, 0, 0, 0, 0])],
    ["a reduction over no axes", t.reduceSum(x, { axes: [] })],
    ["expandLike of the same shape", t.expandLike(x, t.input("y", "float32", ["batch", 3, 4]))],
    ["sumTo the same shape", t.sumTo(x, ["batch", 3, 4])],
  ])("gives its argument back: %s", (_, y) => {
    expect(y).toBe(x);
  });
});

describe("sumTo", () => {
  test("sums leading axes and those of size 1", () => {
    const y = t.sumTo(x, [3, 1]);
    expect(y.shape).toEqual([3, 1]);
    expect(t.sumTo(x, []).shape).toEqual([]);
    expect(t.sumTo(x, ["batch", 1, 4]).shape).toEqual(["batch", 1, 4]);
  });
});

describe("numbers", () => {
  test("stand for float32 scalars", () => {
    const y = t.sub(1, x);
    expect(y.shape).toEqual(x.shape);
    expect(() => t.add(t.input("n", "int64", [2]), 1)).toThrow("Add: inputs of int64 and float32");
  });
});

describe("apply", () => {
  test("gives every output its node and place", () => {
    const { values, indices } = t.topK(x, 2);
    expect(values.source).toMatchObject({ kind: "node", index: 0 });
    expect(indices.source).toMatchObject({ kind: "node", index: 1 });
    if (values.source.kind !== "node" || indices.source.kind !== "node") throw new Error("no node");
    expect(values.source.node).toBe(indices.source.node);
    expect(values.source.node.outputs[1]).toBe(indices);
  });
});

describe("detach", () => {
  test("leaves the tensor itself as it was", () => {
    const y = t.neg(x);
    expect(t.detach(y).pullback).toBeDefined();
    expect(y.pullback).toBeUndefined();
  });
});
