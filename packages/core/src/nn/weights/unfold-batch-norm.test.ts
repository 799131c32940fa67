import { describe, expect, test } from "vitest";
import type { StateDict, WeightTensor } from "./state";
import { unfoldBatchNorm } from "./unfold-batch-norm";

const tensor = (...values: readonly number[]): WeightTensor => ({
  shape: [values.length],
  data: Float32Array.from(values),
});
const BATCH_NORM = ["weight", "bias", "running_mean", "running_var"].map((name): [string, WeightTensor] => [
  `0.bn.${name}`,
  tensor(0, 0),
]);

describe("unfoldBatchNorm", () => {
  const folded: StateDict = new Map([
    ["0.conv.weight", tensor(1, 2)],
    ["0.conv.bias", tensor(3, 4)],
    ["9.2.bias", tensor(5)],
  ]);

  // (x - 0) / sqrt(0.999 + 0.001) * 1 + bias = x + bias
  test("makes of a folded bias a batch norm that adds just that", () => {
    const state = unfoldBatchNorm(folded, new Map([["0.conv.weight", tensor(0, 0)], ...BATCH_NORM]));
    expect(state).toEqual(
      new Map([
        ["0.conv.weight", tensor(1, 2)],
        ["0.bn.weight", tensor(1, 1)],
        ["0.bn.bias", tensor(3, 4)],
        ["0.bn.running_mean", tensor(0, 0)],
        ["0.bn.running_var", tensor(0.999, 0.999)],
        ["9.2.bias", tensor(5)],
      ]),
    );
  });

  test("does not count the bias twice where the network has one beside its batch norm", () => {
    const target: StateDict = new Map([["0.conv.bias", tensor(0, 0)], ...BATCH_NORM]);
    expect(unfoldBatchNorm(folded, target).get("0.conv.bias")).toEqual(tensor(0, 0));
  });

  test("leaves alone what was not folded", () => {
    const source: StateDict = new Map([...folded, ...BATCH_NORM]);
    expect(unfoldBatchNorm(source, new Map(BATCH_NORM))).toEqual(source);
    expect(unfoldBatchNorm(folded, folded)).toEqual(folded);
    expect(unfoldBatchNorm(new Map(), folded)).toEqual(new Map());
  });
});
