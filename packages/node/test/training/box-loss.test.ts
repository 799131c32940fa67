/**
 * @file Losses of boxes in a graph against the papers' formulas in float64, and their gradients against central
 * differences of those.
 */
import { grad } from "@fovea/core/graph/gradient";
import { toModelBytes } from "@fovea/core/graph/onnx/write";
import type { Tensor } from "@fovea/core/graph/op";
import type { Value } from "@fovea/core/graph/runtime";
import { input, mul, reduceSum, scalar } from "@fovea/core/graph/tensor";
import { Random } from "@fovea/core/math/random";
import { IOU_TYPES, type IouType, iouLoss, wiou } from "@fovea/core/nn/iou";
import { describe, expect, test } from "vitest";
import { expectClose } from "../gradient/check";
import { load } from "../parity/reference-model";
import { type BoxLossOptions, boxLoss } from "./reference-overlap";

const PAIRS = 64;
const STEP = 1e-5;

type Build = (predicted: Tensor, goal: Tensor) => Tensor;

async function run(build: Build, predicted: readonly number[], goal: readonly number[]) {
  const [a, b] = ["a", "b"].map((name) => input(name, "float32", ["pairs", 4]));
  const weights = input("weights", "float32", [1, "pairs"]);
  const loss = build(a, b);
  const [gradient] = grad(reduceSum(mul(loss, weights)), [a]);
  const session = await load(toModelBytes({ loss, gradient }, { inputs: [a, b, weights] }));
  const n = predicted.length / 4;
  const rows = (data: readonly number[]): Value => ({ dtype: "float32", shape: [n, 4], data: Float32Array.from(data) });
  const ones: Value = { dtype: "float32", shape: [1, n], data: new Float32Array(n).fill(1) };
  const results = await session.run({ a: rows(predicted), b: rows(goal), weights: ones });
  await session.release();
  expect(results.loss.shape).toEqual([1, n]);
  return { loss: results.loss.data as Float32Array, gradient: results.gradient.data as Float32Array };
}

/** Boxes of 1 to 20 a side, as float32 holds them; half of them near their partners, so that they overlap. */
function draw(seed: number): { readonly predicted: number[]; readonly goal: number[] } {
  const random = new Random(seed);
  const [predicted, goal]: [number[], number[]] = [[], []];
  for (let i = 0; i < PAIRS; i++) {
    const size = () => random.uniform(1, 20);
    const [x, y, reach] = [random.uniform(0, 40), random.uniform(0, 40), i % 2 ? 3 : 30];
    goal.push(x, y, x + size(), y + size());
    const [px, py] = [x + random.uniform(-reach, reach), y + random.uniform(-reach, reach)];
    predicted.push(px, py, px + size(), py + size());
  }
  return { predicted: predicted.map(Math.fround), goal: goal.map(Math.fround) };
}

const byType = (type: IouType): Build => {
  return (predicted, goal) => iouLoss(type, predicted, goal);
};
/** WIoU v3 with a running mean of 0.6. */
const focused: Build = (predicted, goal) => wiou(predicted, goal, scalar(0.6)).loss;

describe("a loss of boxes", () => {
  const cases: (readonly [string, Build, BoxLossOptions])[] = [
    ...IOU_TYPES.map((type) => [type, byType(type), { type }] as const),
    ["wiou with its running mean", focused, { type: "wiou", mean: 0.6 }],
  ];

  test.each(cases)("%s is the paper's, and so is its gradient", async (_, build, options) => {
    const { predicted, goal } = draw(7);
    const { loss, gradient } = await run(build, predicted, goal);
    const at = (values: readonly number[], i: number) => values.slice(4 * i, 4 * i + 4);
    const expected = Array.from({ length: PAIRS }, (_pair, i) => boxLoss(at(predicted, i), at(goal, i), options));
    expectClose(loss, expected, 1e-5, "loss");
    const differences = predicted.map((value, entry) => {
      const i = Math.floor(entry / 4);
      const held = at(predicted, i);
      const moved = (step: number) =>
        boxLoss(
          held.map((v, side) => (side === entry % 4 ? value + step : v)),
          at(goal, i),
          { ...options, held },
        );
      return (moved(STEP) - moved(-STEP)) / (2 * STEP);
    });
    expectClose(gradient, differences, 1e-4, "gradient");
  });

  // Two 10 x 10 boxes side by side: IoU 0, centres 10 apart, hull 20 x 10 with diagonal² 500.
  const [left, right] = [
    [0, 0, 10, 10],
    [10, 0, 20, 10],
  ];
  test.each([
    // The hull is full: 1 - 0.
    ["giou", 1],
    ["diou", 1 + 100 / 500],
    // Both are squares.
    ["ciou", 1 + 100 / 500],
    // Along an axis the angle cost is 0: gamma 2, rho 10 / 20; the shapes are alike. (1 - e^-0.5) / 2.
    ["siou", 1 + (1 - Math.exp(-0.5)) / 2],
    ["wiou", Math.exp(100 / 500)],
  ] as const)("%s of two boxes side by side is %d", async (type, expected) => {
    expect((await run(byType(type), left, right)).loss[0]).toBeCloseTo(expected, 5);
  });

  test("siou of boxes that touch at a corner has the full angle cost", async () => {
    // dx = dy = 10, hull 20 x 20: angle 1, gamma 1, both rho² 0.25: 1 + (2 - 2 e^-0.25) / 2.
    const { loss } = await run(byType("siou"), left, [10, 10, 20, 20]);
    expect(loss[0]).toBeCloseTo(2 - Math.exp(-0.25), 5);
  });

  test("wiou v3 weighs a box by how far out it is", async () => {
    // beta = 1 / 0.6; alpha 1.9, delta 3.
    const beta = 1 / 0.6;
    const { loss } = await run(focused, left, right);
    expect(loss[0]).toBeCloseTo((beta / (3 * 1.9 ** (beta - 3))) * Math.exp(0.2), 4);
  });

  test.each(IOU_TYPES)("%s of a box that fits is 0, and nothing pulls at it", async (type) => {
    const { loss, gradient } = await run(byType(type), [3, 4, 13, 24], [3, 4, 13, 24]);
    expect(loss[0]).toBeCloseTo(0, 5);
    // The overlap has a kink there: both boxes' sides share what there is, and less than a unit of it.
    expect(gradient.every((g) => Math.abs(g) < 0.1)).toBe(true);
  });

  test.each(IOU_TYPES)("%s of boxes without area is a number", async (type) => {
    const { loss, gradient } = await run(byType(type), [5, 5, 5, 5, 0, 0, 0, 0], [5, 5, 5, 5, 9, 9, 9, 9]);
    expect([...loss, ...gradient].every(Number.isFinite)).toBe(true);
  });
});
