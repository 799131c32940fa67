import { describe, expect, test } from "vitest";
import { flatArray, groupOf, ParameterStore, sizeOf } from "./parameter-store";
import type { Parameter, ParameterKind } from "./parameters";

function parameter(name: string, shape: readonly number[], kind: ParameterKind, row: number): Parameter {
  return { name, shape, kind, row, initial: { kind: "value", value: 0 }, macs: 0 };
}

/** Two rows of a convolution with its norm, and a head with a bias and fixed bins. */
const PARAMETERS: readonly Parameter[] = [
  ...[0, 1].flatMap((row) => [
    parameter(`model.${row}.conv.weight`, [2, 3, 3, 3], "weight", row),
    parameter(`model.${row}.bn.weight`, [2], "norm.weight", row),
    parameter(`model.${row}.bn.bias`, [2], "norm.bias", row),
    parameter(`model.${row}.bn.running_mean`, [2], "running_mean", row),
    parameter(`model.${row}.bn.running_var`, [2], "running_var", row),
  ]),
  parameter("model.2.bias", [5], "bias", 2),
  parameter("model.2.dfl.conv.weight", [16], "fixed", 2),
];

const names = (store: ParameterStore) => store.trained.map(({ name }) => name);

describe("flatArray", () => {
  test("starts every view on 64 bytes and fills the gaps with zeros", () => {
    const sizes = new Map([
      ["a", 3],
      ["b", 16],
      ["c", 17],
    ]);
    const { data, views } = flatArray(sizes);
    expect([...views].map(([, view]) => view.byteOffset)).toEqual([0, 64, 128]);
    expect([...views].map(([, view]) => view.length)).toEqual([3, 16, 17]);
    // 16 + 16 + 32 values.
    expect(data).toHaveLength(64);
    for (const view of views.values()) view.fill(1);
    expect(data.reduce((a, b) => a + b)).toBe(36);
  });

  test("of nothing still holds something, since no engine likes empty tensors", () => {
    expect(flatArray(new Map()).data).toHaveLength(16);
  });
});

describe("groupOf", () => {
  test.each<[ParameterKind, string]>([
    ["weight", "weight"],
    ["norm.weight", "norm"],
    ["norm.bias", "bias"],
    ["bias", "bias"],
  ])("puts %s into %s", (kind, group) => {
    expect(groupOf(parameter("x", [1], kind, 0))).toBe(group);
  });
});

describe("ParameterStore", () => {
  test("holds every parameter once, trained ones by group", () => {
    const store = new ParameterStore(PARAMETERS);
    expect([...store.values.keys()].sort()).toEqual(PARAMETERS.map(({ name }) => name).sort());
    for (const one of PARAMETERS) expect(store.values.get(one.name)).toHaveLength(sizeOf(one));
    expect([...store.groups.weight.views.keys()]).toEqual(["model.0.conv.weight", "model.1.conv.weight"]);
    expect([...store.groups.norm.views.keys()]).toEqual(["model.0.bn.weight", "model.1.bn.weight"]);
    expect([...store.groups.bias.views.keys()]).toEqual(["model.0.bn.bias", "model.1.bn.bias", "model.2.bias"]);
    expect(store.buffers.views.size).toBe(5);
  });

  test("keeps what is frozen among the buffers", () => {
    const store = new ParameterStore(PARAMETERS, new Set([0]));
    expect(names(store)).toEqual(["model.1.conv.weight", "model.1.bn.weight", "model.1.bn.bias", "model.2.bias"]);
    expect(store.buffers.views.has("model.0.conv.weight")).toBe(true);
  });

  test("is changed through its views", () => {
    const store = new ParameterStore(PARAMETERS);
    store.values.get("model.2.bias")!.fill(7);
    expect([...store.groups.bias.views.get("model.2.bias")!]).toEqual([7, 7, 7, 7, 7]);
    expect(store.groups.bias.data.reduce((a, b) => a + b)).toBe(35);
  });

  test("takes values by name and leaves the others", () => {
    const store = new ParameterStore(PARAMETERS);
    store.set(new Map([["model.2.bias", Float32Array.of(1, 2, 3, 4, 5)]]));
    expect([...store.values.get("model.2.bias")!]).toEqual([1, 2, 3, 4, 5]);
    expect([...store.values.get("model.0.bn.bias")!]).toEqual([0, 0]);
  });

  test("gives a copy that goes its own way", () => {
    const store = new ParameterStore(PARAMETERS, new Set([0]));
    store.values.get("model.0.bn.running_mean")!.fill(3);
    const copy = store.clone();
    expect([...copy.values.get("model.0.bn.running_mean")!]).toEqual([3, 3]);
    expect(names(copy)).toEqual(names(store));
    store.values.get("model.0.bn.running_mean")!.fill(4);
    expect([...copy.values.get("model.0.bn.running_mean")!]).toEqual([3, 3]);
  });

  test("has one span for each group, the whole of it", () => {
    const { spans, groups } = new ParameterStore(PARAMETERS);
    expect(spans.weight).toEqual([{ class: 0, from: 0, to: groups.weight.data.length }]);
    expect(spans.bias).toEqual([{ class: 0, from: 0, to: groups.bias.data.length }]);
  });

  test("puts the rows of a class together", () => {
    // Row 0 in class 1, rows 1 and 2 in class 0: a weight has 54 values, four lines of 16; a bias of 2 or 5 has one.
    const store = new ParameterStore(PARAMETERS, new Set(), undefined, [1, 0, 0]);
    expect([...store.groups.bias.views.keys()]).toEqual(["model.1.bn.bias", "model.2.bias", "model.0.bn.bias"]);
    expect(store.spans.weight).toEqual([
      { class: 0, from: 0, to: 64 },
      { class: 1, from: 64, to: 128 },
    ]);
    expect(store.spans.bias).toEqual([
      { class: 0, from: 0, to: 32 },
      { class: 1, from: 32, to: 48 },
    ]);
    expect(store.clone().spans).toEqual(store.spans);
  });
});
