import { describe, expect, test } from "vitest";
import type { Tensor } from "./op";
import { nodesBehind } from "./order";
import * as t from "./tensor";

const x = t.input("x", "float32", [2]);

describe("nodesBehind", () => {
  test("puts every node after those it reads, each once", () => {
    const a = t.exp(x);
    const b = t.neg(a);
    const c = t.add(a, b);
    expect(nodesBehind([c, a]).map((node) => node.op)).toEqual(["Exp", "Neg", "Add"]);
    expect(nodesBehind([a, c]).map((node) => node.op)).toEqual(["Exp", "Neg", "Add"]);
  });

  test("is empty for inputs, constants and nothing", () => {
    expect(nodesBehind([x, t.scalar(1)])).toEqual([]);
    expect(nodesBehind([])).toEqual([]);
  });

  test("counts a node of two outputs once", () => {
    const { values, indices } = t.topK(x, 1);
    expect(nodesBehind([indices, values])).toHaveLength(1);
  });

  test("leaves out what no output depends on", () => {
    const y = t.exp(x);
    t.neg(y);
    expect(nodesBehind([y]).map((node) => node.op)).toEqual(["Exp"]);
  });

  test("walks chains deeper than the call stack", () => {
    let y: Tensor = x;
    for (let i = 0; i < 100_000; i++) y = t.neg(y);
    expect(nodesBehind([y])).toHaveLength(100_000);
  });
});
