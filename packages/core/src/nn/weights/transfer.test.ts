import { describe, expect, test } from "vitest";
import type { StateDict, WeightTensor } from "./state";
import { skippedText, transferSummary, transferWeights } from "./transfer";

function tensor(shape: readonly number[], ...values: readonly number[]): WeightTensor {
  return { shape, data: Float32Array.from(values) };
}

describe("transferWeights", () => {
  test("copies by name and shape and says what it left and why", () => {
    const source: StateDict = new Map([
      ["a", tensor([2], 1, 2)],
      ["b", tensor([2], 3, 4)],
      ["only.source", tensor([1], 5)],
    ]);
    const target: StateDict = new Map([
      ["only.target", tensor([1], 9)],
      ["b", tensor([1, 2], 9, 9)],
      ["a", tensor([2], 9, 9)],
    ]);
    const report = transferWeights(source, target);
    expect(report).toEqual({
      transferred: ["a"],
      partial: [],
      skipped: [
        { name: "only.target", reason: "missing in the source" },
        { name: "b", reason: "shape differs", source: [2], target: [1, 2] },
        { name: "only.source", reason: "unused in the target" },
      ],
      total: 3,
    });
    expect([...target.values()].map(({ data }) => [...data])).toEqual([[9], [9, 9], [1, 2]]);
    expect(transferSummary(report)).toBe("Transferred 1/3 items");
    expect(report.skipped.map(skippedText)).toEqual([
      "only.target: missing in the source",
      "b: shape differs, 2 in the source, 1 x 2 in the target",
      "only.source: unused in the target",
    ]);
  });

  test("copies values, not arrays", () => {
    const source: StateDict = new Map([["a", tensor([1], 1)]]);
    const target: StateDict = new Map([["a", tensor([1], 9)]]);
    transferWeights(source, target);
    source.get("a")?.data.fill(7);
    expect(target.get("a")?.data).toEqual(Float32Array.of(1));
  });

  test("has nothing to say of nothing", () => {
    expect(transferWeights(new Map(), new Map())).toEqual({ transferred: [], partial: [], skipped: [], total: 0 });
  });
});

describe("transferWeights between networks whose classes are named", () => {
  const WEIGHT = "model.22.cv3.0.2.weight";
  const BIAS = "model.22.cv3.0.2.bias";
  const TOWER = "model.22.cv3.0.1.conv.weight";

  function head(classes: number, width: number, first: number): StateDict {
    const counted = (...shape: readonly number[]) => {
      const length = shape.reduce((a, b) => a * b, 1);
      return tensor(shape, ...Array.from({ length }, (_, i) => first + i));
    };
    return new Map([
      [TOWER, counted(width)],
      [WEIGHT, counted(classes, width, 1, 1)],
      [BIAS, counted(classes)],
    ]);
  }
  const values = (state: StateDict, name: string) => [...(state.get(name)?.data ?? [])];
  const nine = (length: number) => new Array<number>(length).fill(-9);
  const fresh = (classes: number, width: number) => {
    const state = head(classes, width, 0);
    for (const { data } of state.values()) data.fill(-9);
    return state;
  };

  test("copies the rows of classes that both know, wherever they stand", () => {
    // Rows of the source: nodule 0 1, mass 2 3, calcification 4 5. The target asks for mass, cyst, nodule, scar.
    const target = fresh(4, 2);
    const report = transferWeights(head(3, 2, 0), target, {
      sourceNames: ["nodule", "mass", "calcification"],
      targetNames: ["mass", "cyst", "nodule", "scar"],
    });
    expect(values(target, WEIGHT)).toEqual([2, 3, ...nine(2), 0, 1, ...nine(2)]);
    expect(values(target, BIAS)).toEqual([1, -9, 0, -9]);
    expect(report.transferred).toEqual([TOWER]);
    expect(report.partial).toEqual([
      { name: WEIGHT, classes: ["mass", "nodule"] },
      { name: BIAS, classes: ["mass", "nodule"] },
    ]);
    expect(transferSummary(report)).toBe("Transferred 1/3 items, 2 in part (classes mass, nodule)");
  });

  test("does not take one class for another where the number is the same and the order is not", () => {
    const target = fresh(2, 1);
    transferWeights(head(2, 1, 0), target, { sourceNames: ["a", "b"], targetNames: ["b", "a"] });
    expect(values(target, WEIGHT)).toEqual([1, 0]);
    expect(values(target, BIAS)).toEqual([1, 0]);
  });

  test("copies whole layers where the names are the same", () => {
    const target = fresh(2, 1);
    const report = transferWeights(head(2, 1, 0), target, { sourceNames: ["a", "b"], targetNames: ["a", "b"] });
    expect(report.transferred).toEqual([TOWER, WEIGHT, BIAS]);
    expect(values(target, WEIGHT)).toEqual([0, 1]);
  });

  test("copies only what fits where the class tower has another width", () => {
    const target = fresh(2, 3);
    const report = transferWeights(head(3, 2, 0), target, { sourceNames: ["a", "b", "c"], targetNames: ["c", "a"] });
    expect(report.partial).toEqual([{ name: BIAS, classes: ["c", "a"] }]);
    expect(values(target, BIAS)).toEqual([2, 0]);
    expect(report.skipped).toEqual([
      { name: TOWER, reason: "shape differs", source: [2], target: [3] },
      { name: WEIGHT, reason: "shape differs", source: [3, 2, 1, 1], target: [2, 3, 1, 1] },
    ]);
    expect(values(target, WEIGHT)).toEqual(nine(6));
  });

  test("leaves the class layers alone where no class is common", () => {
    const target = fresh(2, 1);
    const report = transferWeights(head(2, 1, 0), target, { sourceNames: ["a", "b"], targetNames: ["c", "d"] });
    expect(report.skipped).toEqual([
      { name: WEIGHT, reason: "no class in common" },
      { name: BIAS, reason: "no class in common" },
    ]);
    expect(values(target, BIAS)).toEqual(nine(2));
  });

  test.each([
    ["one side names no classes", { sourceNames: ["a", "b"] }],
    ["the names are more than the rows", { sourceNames: ["a", "b", "c"], targetNames: ["b", "a"] }],
  ])("goes by shape where %s", (_, names) => {
    const target = fresh(2, 1);
    expect(transferWeights(head(2, 1, 0), target, names).transferred).toEqual([TOWER, WEIGHT, BIAS]);
  });

  test("takes no other layer for the class layer", () => {
    const names = ["model.22.cv2.0.2.weight", "model.22.cv3.0.1.weight", "cv3.0.2.weight", "model.22.cv3.0.2.scale"];
    const state = (value: number): StateDict => new Map(names.map((name) => [name, tensor([2], value, value)]));
    const target = state(0);
    transferWeights(state(1), target, { sourceNames: ["a", "b"], targetNames: ["b", "c"] });
    expect([...target.values()].map(({ data }) => data[0])).toEqual([1, 1, 1, 1]);
  });
});
