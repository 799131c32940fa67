import { describe, expect, test } from "vitest";
import type { Tensor } from "../op";
import * as t from "../tensor";
import { decodeModel } from "./codec";
import {
  TensorProto_DataType as DataType,
  type GraphProto,
  type NodeProto,
  type ValueInfoProto,
} from "./generated/onnx_pb";
import { toModel, toModelAsBuilt, toModelBytes } from "./write";

const x = t.input("x", "float32", ["batch", 4]);

function graphOf(outputs: Readonly<Record<string, Tensor>>): GraphProto {
  const { graph } = toModel(outputs);
  if (!graph) throw new Error("no graph");
  return graph;
}

const named = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name);

function nodeOf(outputs: Readonly<Record<string, Tensor>>, op: string): NodeProto {
  const node = graphOf(outputs).node.find(({ opType }) => opType === op);
  if (!node) throw new Error(`no ${op}`);
  return node;
}

/** Dimensions of a listed value. */
function dims({ type }: ValueInfoProto): (number | string | undefined)[] {
  const value = type?.value;
  if (value?.case !== "tensorType") throw new Error("no tensor");
  return (value.value.shape?.dim ?? []).map(({ value: dim }) =>
    dim.case === "dimValue" ? Number(dim.value) : dim.case === "dimParam" ? dim.value : undefined,
  );
}

describe("the names of a model:", () => {
  test("outputs are called as asked, and read under that name by others", () => {
    const hidden = t.exp(x);
    const { node, output } = graphOf({ probability: t.sigmoid(hidden), hidden });
    expect(named(output)).toEqual(["probability", "hidden"]);
    expect(node[0].output).toEqual(["hidden"]);
    expect(node[1].input).toEqual(["hidden"]);
    expect(node[1].output).toEqual(["probability"]);
  });

  test("an output that is an input gets its name from an Identity", () => {
    const { node } = graphOf({ y: x });
    expect(node).toMatchObject([{ opType: "Identity", input: ["x"], output: ["y"] }]);
  });

  test("an output that is an input of the same name needs no node", () => {
    const { node, input, output } = graphOf({ x });
    expect(node).toEqual([]);
    expect(named(input)).toEqual(["x"]);
    expect(named(output)).toEqual(["x"]);
  });

  test("an output that is a constant gets its name from an Identity", () => {
    const { node, initializer } = graphOf({ y: t.scalar(2) });
    expect(node).toMatchObject([{ opType: "Identity", input: [initializer[0].name], output: ["y"] }]);
  });

  test("one value under two names is computed once", () => {
    const { node } = graphOf({ a: t.exp(x), b: t.exp(x) });
    expect(node).toMatchObject([
      { opType: "Exp", output: ["a"] },
      { opType: "Identity", input: ["a"], output: ["b"] },
    ]);
  });

  test("named constants keep their names, equal small ones are stored once", () => {
    const w = t.constant(Float32Array.of(1, 2, 3, 4), [4], "float32", "model.0.bias");
    const { initializer, node } = graphOf({ y: t.add(t.mul(t.add(t.mul(x, 3), w), 3), t.mul(t.exp(x), 3)) });
    expect(initializer.filter(({ name }) => name === "model.0.bias")).toHaveLength(1);
    expect(initializer).toHaveLength(2);
    expect(new Set(named(node)).size).toBe(node.length);
  });

  test("two weights of equal values stay two", () => {
    const weight = (name: string) => t.constant(new Float32Array(4), [4], "float32", name);
    const { initializer } = graphOf({ y: t.add(t.add(x, weight("a")), weight("b")) });
    expect(named(initializer).sort()).toEqual(["a", "b"]);
  });
});

describe("further outputs of a node", () => {
  test("of MaxPool are left away where nobody reads them", () => {
    const image = t.input("image", "float32", [1, 1, 4, 4]);
    const pooled = t.maxPool(image, 2);
    expect(nodeOf({ pooled }, "MaxPool").output).toEqual(["pooled"]);
    const indices = pooled.source.kind === "node" ? pooled.source.node.outputs[1] : pooled;
    expect(nodeOf({ indices }, "MaxPool").output).toEqual([expect.any(String), "indices"]);
    expect(nodeOf({ pooled, sum: t.reduceSum(t.cast(indices, "float32")) }, "MaxPool").output).toHaveLength(2);
  });

  test("of Split and TopK are all named, since ONNX wants them", () => {
    const parts = t.split(x, [1, 1, 2], { axis: 1 });
    for (const [i, part] of parts.entries()) {
      const { output } = nodeOf({ part }, "Split");
      expect(output).toHaveLength(3);
      expect(output[i]).toBe("part");
      expect(new Set(output).size).toBe(3);
    }
    expect(nodeOf({ y: t.topK(x, 2).values }, "TopK").output).toHaveLength(2);
  });
});

describe("a model lists", () => {
  test("its inputs and outputs with dtype and symbolic sizes", () => {
    const ids = t.input("ids", "int64", []);
    const { input, output } = graphOf({ y: t.gather(x, ids, { axis: 1 }), z: t.reshape(x, ["4*batch"]) });
    expect(named(input)).toEqual(["x", "ids"]);
    expect(input.map(dims)).toEqual([["batch", 4], []]);
    expect(input[1].type?.value).toMatchObject({ value: { elemType: DataType.INT64 } });
    expect(output.map(dims)).toEqual([["batch"], ["4*batch"]]);
  });

  test("inputs that nothing reads, if asked to", () => {
    const unused = t.input("unused", "float32", [1]);
    const { graph } = toModel({ y: t.neg(x) }, { inputs: [unused, x] });
    expect(named(graph!.input)).toEqual(["unused", "x"]);
  });

  test("nodes after those they read, and none that no output needs", () => {
    const y = t.exp(x);
    t.neg(y);
    expect(graphOf({ z: t.sigmoid(y) }).node.map(({ opType }) => opType)).toEqual(["Exp", "Sigmoid"]);
  });

  test("its name, metadata and operator sets", () => {
    const plain = toModel({ y: t.neg(x) }, { name: "detector", metadata: { names: "{0: '结节'}", stride: "32" } });
    expect(plain.graph?.name).toBe("detector");
    expect(plain.metadataProps).toMatchObject([
      { key: "names", value: "{0: '结节'}" },
      { key: "stride", value: "32" },
    ]);
    expect(plain.opsetImport).toMatchObject([{ domain: "", version: 18n }]);
    const fused = toModel({ y: t.silu(x) });
    expect(fused.opsetImport).toMatchObject([
      { domain: "", version: 18n },
      { domain: "com.microsoft", version: 1n },
    ]);
    expect(fused.graph?.node[0].domain).toBe("com.microsoft");
  });
});

describe("a Reshape", () => {
  const target = (y: Tensor) => {
    const { initializer } = graphOf({ y });
    return [...new BigInt64Array(initializer[0].rawData.slice().buffer)].map(Number);
  };

  test("says 0 for a symbol that stays and -1 for one that moves", () => {
    expect(target(t.reshape(x, ["batch", 2, 2]))).toEqual([0, 2, 2]);
    expect(target(t.reshape(x, [1, "batch", 4]))).toEqual([1, -1, 4]);
    expect(target(t.reshape(x, ["4*batch"]))).toEqual([-1]);
  });

  test("cannot move two symbols", () => {
    const z = t.input("z", "float32", ["a", "b"]);
    expect(() => toModel({ y: t.reshape(z, [1, "a", "b"]) })).toThrow(
      "Reshape: a x b into 1 x a x b moves more than one symbol",
    );
  });
});

describe("toModelAsBuilt", () => {
  test("writes what simplification would drop", () => {
    const y = t.add(t.mul(x, 1), t.mul(x, 1));
    expect(toModelAsBuilt({ y }).graph?.node.map(({ opType }) => opType)).toEqual(["Mul", "Mul", "Add"]);
    expect(toModel({ y }).graph?.node.map(({ opType }) => opType)).toEqual(["Add"]);
  });
});

describe("toModelBytes", () => {
  test("gives the same bytes for the same graph", () => {
    const build = () => toModelBytes({ y: t.softmax(t.matMul(x, t.constant(new Float32Array(16), [4, 4]))) });
    expect(build()).toEqual(build());
  });

  test("can be read back", () => {
    const { graph } = decodeModel(toModelBytes({ y: t.clip(x, { max: 6 }) }));
    // No lower bound: an empty name in its place.
    expect(graph?.node[0]).toMatchObject({ opType: "Clip", input: ["x", "", "constant_0"], output: ["y"] });
    expect(new Float32Array(graph!.initializer[0].rawData.slice().buffer)).toEqual(Float32Array.of(6));
  });
});
