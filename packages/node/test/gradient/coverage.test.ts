import { gradientRules } from "@fovea/core/graph/gradient";
import type { Node, OpType } from "@fovea/core/graph/op";
import { apply, input } from "@fovea/core/graph/tensor";
import { describe, expect, test } from "vitest";
import { convolutionCases } from "./cases/convolution";
import { elementwiseCases } from "./cases/elementwise";
import { indexingCases } from "./cases/indexing";
import { movementCases } from "./cases/movement";
import { reductionCases } from "./cases/reduction";
import { operatorsOf } from "./check";

/** Operators through which no gradient flows, each with its reason. */
const NOT_DIFFERENTIABLE: Readonly<Partial<Record<OpType, string>>> = {
  And: "truth values",
  ConstantOfShape: "reads only a shape",
  Equal: "gives truth values",
  Floor: "constant almost everywhere",
  Greater: "gives truth values",
  Less: "gives truth values",
  NchwcConv: "layouts are chosen after differentiation",
  NonZero: "gives positions",
  Not: "truth values",
  OneHot: "reads indices",
  Or: "truth values",
  Range: "its length is no smooth function",
  ReorderInput: "layouts are chosen after differentiation",
  ReorderOutput: "layouts are chosen after differentiation",
  Shape: "gives whole numbers",
};

const covered = new Set(
  [...convolutionCases, ...elementwiseCases, ...movementCases, ...indexingCases, ...reductionCases].flatMap(
    operatorsOf,
  ),
);

describe("the gradient tests", () => {
  test.each(Object.keys(gradientRules) as OpType[])("cover %s or say why it has no gradient", (op) => {
    expect(covered.has(op) || op in NOT_DIFFERENTIABLE).toBe(true);
  });

  test.each(Object.keys(NOT_DIFFERENTIABLE) as OpType[])("find that %s passes no gradient on", (op) => {
    const x = input("x", "float32", [2, 3]);
    const [y] = apply("Identity", [x], {});
    const rule = gradientRules[op] as (g: readonly (typeof y)[], node: Node) => readonly unknown[];
    expect(rule([y], { op, inputs: [x, x], attributes: {}, outputs: [y] } as Node)).toEqual([null, null]);
  });
});
