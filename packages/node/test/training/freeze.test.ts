/**
 * @file Rows that are not trained: they stay as they are to the bit, carry no gradient nodes, and the others learn what
 * they would beside the same rows in evaluation mode.
 */
import { grad } from "@fovea/core/graph/gradient";
import { decodeModel } from "@fovea/core/graph/onnx/codec";
import { toModelBytes } from "@fovea/core/graph/onnx/write";
import type { Tensor } from "@fovea/core/graph/op";
import type { Runtime, Value } from "@fovea/core/graph/runtime";
import * as t from "@fovea/core/graph/tensor";
import { truthInputs } from "@fovea/core/nn/assign";
import { detectionLoss } from "@fovea/core/nn/detection-loss";
import type { ConvShape, Leaves } from "@fovea/core/nn/leaves";
import { buildNetwork } from "@fovea/core/nn/network";
import type { ParameterStore } from "@fovea/core/nn/parameter-store";
import { trainingLeaves } from "@fovea/core/nn/training";
import { trainingGraph } from "@fovea/core/nn/training-graph";
import { beforeAll, describe, expect, test } from "vitest";
import { openRuntime } from "../../src/runtime/onnx-runtime";
import { batchFeeds, TrainStep } from "../../src/train/train-step";
import { relativeError } from "../agreement";
import { joined, noiseBatch, SIDE, smallNetwork, storeWithStatistics } from "./small-network";

let runtime: Runtime;

beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
});

const HEAD = smallNetwork.rows.length - 1;
const CASES = [
  ["the first three rows", [0, 1, 2]],
  ["a row in the middle", [2]],
  ["all rows but the head", [0, 1, 2, 3, 4]],
  ["the head", [HEAD]],
] as const;

const store = (frozen: readonly number[] = []) => storeWithStatistics(9, new Set(frozen));

/** The leaves of a network in evaluation mode, written out: running statistics, nothing folded. */
function evaluationLeaves({ values }: ParameterStore): Leaves {
  const stored = (name: string, shape: readonly number[]) => t.constant(values.get(name)!, shape);
  const convolve = (path: string, x: Tensor, { c2, k = 1, s = 1, g = 1 }: ConvShape, bias?: Tensor) => {
    const p = Math.floor(k / 2);
    const w = stored(`${path}.weight`, [c2, (x.shape[1] as number) / g, k, k]);
    return t.conv(x, w, bias, { strides: [s, s], pads: [p, p, p, p], group: g });
  };
  return {
    conv(path, x, shape) {
      const perChannel = (name: string) => stored(`${path}.bn.${name}`, [1, shape.c2, 1, 1]);
      const centred = t.sub(convolve(`${path}.conv`, x, shape), perChannel("running_mean"));
      const scaled = t.div(centred, t.sqrt(t.add(perChannel("running_var"), 1e-3)));
      const y = t.add(t.mul(scaled, perChannel("weight")), perChannel("bias"));
      return shape.act === false ? y : t.mul(y, t.sigmoid(y));
    },
    conv2d: (path, x, shape) => convolve(path, x, shape, stored(`${path}.bias`, [shape.c2])),
    convTranspose: () => expect.unreachable("a detector has none"),
    vector: () => expect.unreachable("a detector has none"),
  };
}

/** Gradients of the step with the given rows in evaluation mode. */
async function expectedGradients(frozen: readonly number[]): Promise<ReadonlyMap<string, Float32Array>> {
  const values = store();
  const images = t.input("images", "uint8", ["batch", 3, SIDE, SIDE]);
  const training = trainingLeaves(() => false);
  const evaluation = evaluationLeaves(values);
  const { maps } = buildNetwork(smallNetwork, t.mul(t.cast(images, "float32"), 1 / 255), (row) =>
    frozen.includes(row) ? evaluation : training.leaves,
  );
  const { total } = detectionLoss(maps, smallNetwork.strides, truthInputs());
  const names = [...training.parameters.keys()];
  const gradients = grad(total, [...training.parameters.values()]);
  const outputs = Object.fromEntries(names.map((name, i) => [`gradient:${name}`, gradients[i]]));
  const model = toModelBytes(outputs, { inputs: [...training.parameters.values()] });
  const results = await run(model, values, names);
  return new Map(names.map((name) => [name, results[`gradient:${name}`].data as Float32Array]));
}

const batch = joined(noiseBatch(1, 2), noiseBatch(2, 1));

async function run(model: Uint8Array, { values, parameters }: ParameterStore, names: readonly string[]) {
  const session = await runtime.load(model);
  const feeds = parameters
    .filter(({ name }) => names.includes(name))
    .map(({ name, shape }): [string, Value] => [name, { dtype: "float32", shape, data: values.get(name)! }]);
  const results = await session.run({ ...Object.fromEntries(feeds), ...batchFeeds(batch, smallNetwork) });
  await session.release();
  return results;
}

const isFrozen = (name: string, frozen: readonly number[]) => frozen.some((row) => name.startsWith(`model.${row}.`));

/** The step's own graph with the given rows frozen. */
function graphOf(frozen: readonly number[], lanes = 1) {
  const { parameters, values } = store();
  return trainingGraph(smallNetwork, parameters, { width: SIDE, height: SIDE, frozen: new Set(frozen), values, lanes });
}

describe("a step with frozen rows", () => {
  test.each(CASES)("(%s) has neither inputs nor gradients nor statistics for them", (_, frozen) => {
    const { trained, norms, model } = graphOf(frozen);
    const { graph } = decodeModel(model);
    const names = [...(graph?.input ?? []), ...(graph?.output ?? [])].map(({ name }) => name.replace(/^[a-z]+:/, ""));
    expect(names.filter((name) => isFrozen(name, frozen))).toEqual([]);
    expect(trained.length).toBeGreaterThan(0);
    expect(trained.some(({ name }) => isFrozen(name, frozen))).toBe(false);
    expect(norms.some(({ path }) => isFrozen(path, frozen))).toBe(false);
  });

  test("below the first trained one has no more nodes than inference needs for them", () => {
    const frozen = [0, 1, 2, 3, 4];
    const { graph } = decodeModel(graphOf(frozen).model);
    const convolutions = (graph?.node ?? []).filter(({ opType }) => opType === "Conv" || opType === "ConvTranspose");
    const constants = new Set((graph?.initializer ?? []).map(({ name }) => name));
    // Rows 0, 1, 3, 4 are a convolution each, row 2 has two, of which the first comes in halves, and a bottleneck of two:
    // nine, each read once.
    expect(convolutions.filter(({ input }) => constants.has(input[1])).length).toBe(9);
    expect((graph?.node ?? []).some(({ opType }) => opType === "ConvTranspose")).toBe(false);
    // Nothing of what the frozen rows compute is needed again but by the head's first convolutions and their gradients.
    expect(graph?.node.length).toBeLessThan((decodeModel(graphOf([]).model).graph?.node.length ?? 0) * 0.75);
  });

  test.each(CASES)("(%s) teaches the others what evaluation mode would", async (_, frozen) => {
    const expected = await expectedGradients(frozen);
    const { model, trained } = graphOf(frozen);
    const names = trained.map(({ name }) => name);
    expect([...expected.keys()].sort()).toEqual(names.toSorted());
    const results = await run(model, store(), names);
    for (const [name, gradient] of expected) {
      expect(relativeError(results[`gradient:${name}`].data as Float32Array, gradient), name).toBeLessThan(1e-4);
    }
  });

  test.each(CASES)("(%s) changes all the others and leaves them alone to the bit", async (_, frozen) => {
    const made = store(frozen);
    const before = new Map([...made.values].map(([name, data]) => [name, data.slice()]));
    const step = await TrainStep.open(runtime, smallNetwork, made, { imgsz: SIDE, optimiser: "AdamW" });
    for (let i = 0; i < 3; i++) {
      await step.accumulate(noiseBatch(i, 2));
      const lr = { weight: 0.01, norm: 0.01, bias: 0.01 };
      await step.update({ lr, weightDecay: 0.1, momentum: 0.9, averageDecay: 0.5 });
    }
    for (const [name, start] of before) {
      const still = isFrozen(name, frozen) || name.endsWith(".dfl.conv.weight");
      if (still) expect(step.store.values.get(name), name).toEqual(start);
      else expect(step.store.values.get(name), name).not.toEqual(start);
      if (still) expect(step.average.values.get(name), name).toEqual(start);
    }
    await step.release();
  });
});
