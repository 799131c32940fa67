/**
 * @file Frozen batch norms: a network's gradients are those of the written-out norm, running statistics stay to the bit,
 * and scale and shift learn.
 */
import { grad } from "@fovea/core/graph/gradient";
import { toModelBytes } from "@fovea/core/graph/onnx/write";
import type { Tensor } from "@fovea/core/graph/op";
import type { Runtime, Value } from "@fovea/core/graph/runtime";
import * as t from "@fovea/core/graph/tensor";
import { truthInputs } from "@fovea/core/nn/assign";
import { detectionLoss } from "@fovea/core/nn/detection-loss";
import type { ConvShape, Leaves } from "@fovea/core/nn/leaves";
import { buildNetwork } from "@fovea/core/nn/network";
import type { ParameterStore } from "@fovea/core/nn/parameter-store";
import { trainingGraph } from "@fovea/core/nn/training-graph";
import { planStages } from "@fovea/core/recipe/plan";
import { trainingArguments } from "@fovea/core/recipe/training-arguments";
import { beforeAll, describe, expect, test } from "vitest";
import { openRuntime } from "../../src/runtime/onnx-runtime";
import { StagedStep } from "../../src/train/staged-step";
import { batchFeeds, TrainStep } from "../../src/train/train-step";
import { relativeError } from "../agreement";
import { noiseBatch, SIDE, smallNetwork, storeWithStatistics } from "./small-network";

let runtime: Runtime;

beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
});

const isStatistic = (name: string) => /running_(mean|var)$/.test(name);

/** Leaves whose parameters are inputs and whose norms are written out, differentiated operator by operator. */
function writtenOut({ values }: ParameterStore) {
  const inputs = new Map<string, Tensor>();
  const parameter = (name: string, shape: readonly number[]) => {
    const made = t.input(name, "float32", shape);
    inputs.set(name, made);
    return made;
  };
  const convolve = (path: string, x: Tensor, { c2, k = 1, s = 1, g = 1 }: ConvShape, bias?: Tensor) => {
    const p = Math.floor(k / 2);
    const w = parameter(`${path}.weight`, [c2, (x.shape[1] as number) / g, k, k]);
    return t.conv(x, w, bias, { strides: [s, s], pads: [p, p, p, p], group: g });
  };
  const leaves: Leaves = {
    conv(path, x, shape) {
      const column = (x: Tensor) => t.reshape(x, [1, shape.c2, 1, 1]);
      const stored = (name: string) => t.constant(values.get(`${path}.bn.${name}`)!, [1, shape.c2, 1, 1]);
      const centred = t.sub(convolve(`${path}.conv`, x, shape), stored("running_mean"));
      const normed = t.div(centred, t.sqrt(t.add(stored("running_var"), 1e-3)));
      const gamma = column(parameter(`${path}.bn.weight`, [shape.c2]));
      const y = t.add(t.mul(normed, gamma), column(parameter(`${path}.bn.bias`, [shape.c2])));
      return shape.act === false ? y : t.mul(y, t.sigmoid(y));
    },
    conv2d: (path, x, shape) => convolve(path, x, shape, parameter(`${path}.bias`, [shape.c2])),
    convTranspose: () => expect.unreachable("a detector has none"),
    vector: () => expect.unreachable("a detector has none"),
  };
  return { leaves, inputs };
}

const batch = noiseBatch(1, 3);

/** Gradients of the loss on `batch` as `model` gives them. */
async function gradientsOf(model: Uint8Array, { trained, values }: ParameterStore) {
  const session = await runtime.load(model);
  const feeds = trained.map(({ name, shape }): [string, Value] => {
    return [name, { dtype: "float32", shape, data: values.get(name)! }];
  });
  const results = await session.run({ ...Object.fromEntries(feeds), ...batchFeeds(batch, smallNetwork) });
  await session.release();
  return new Map(trained.map(({ name }) => [name, results[`gradient:${name}`].data as Float32Array]));
}

function writtenOutModel(store: ParameterStore): Uint8Array {
  const { leaves, inputs } = writtenOut(store);
  const images = t.input("images", "uint8", ["batch", 3, SIDE, SIDE]);
  const { maps } = buildNetwork(smallNetwork, t.mul(t.cast(images, "float32"), 1 / 255), () => leaves);
  const { total } = detectionLoss(maps, smallNetwork.strides, truthInputs());
  const gradients = grad(total, [...inputs.values()]);
  const outputs = Object.fromEntries([...inputs.keys()].map((name, i) => [`gradient:${name}`, gradients[i]]));
  return toModelBytes(outputs, { inputs: [...inputs.values()] });
}

describe("a step with frozen norms", () => {
  test("teaches what norms by running statistics would, written out", async () => {
    const store = storeWithStatistics();
    const expected = await gradientsOf(writtenOutModel(store), store);
    const size = { width: SIDE, height: SIDE };
    const { model, norms } = trainingGraph(smallNetwork, store.parameters, {
      ...{ ...size, values: store.values, freezeNorms: true },
    });
    expect(norms).toEqual([]);
    for (const [name, gradient] of await gradientsOf(model, store)) {
      expect(relativeError(gradient, expected.get(name)!), name).toBeLessThan(1e-4);
    }
  });

  test("leaves running statistics and their average alone to the bit, and moves all else", async () => {
    const store = storeWithStatistics();
    const step = await TrainStep.open(runtime, smallNetwork, store, {
      ...{ imgsz: SIDE, optimiser: "AdamW", freezeNorms: true },
    });
    for (let i = 0; i < 3; i++) {
      await step.accumulate(noiseBatch(i, 2));
      step.update({
        ...{ lr: { weight: 0.01, norm: 0.01, bias: 0.01 }, weightDecay: 0.1, momentum: 0.9, averageDecay: 0.5 },
      });
    }
    for (const [name, start] of store.values) {
      for (const values of [step.store.values, step.average.values]) {
        const still = isStatistic(name) || name.endsWith(".dfl.conv.weight");
        if (still) expect(values.get(name), name).toEqual(start);
        else expect(values.get(name), name).not.toEqual(start);
      }
    }
    await step.release();
  });

  test("goes by the statistics that it is restored to", async () => {
    const [plan] = planStages(trainingArguments({}), smallNetwork, 0.01);
    const open = ({ parameters, values }: ParameterStore) => {
      const recipe = { network: smallNetwork, parameters, stages: [plan] };
      return StagedStep.open(runtime, values, 0, { ...recipe, imgsz: SIDE, optimiser: "SGD", freezeNorms: true });
    };
    const [wanted, other] = [await open(storeWithStatistics(9)), await open(storeWithStatistics(10))];
    const items = await wanted.accumulate(batch);
    expect(await other.accumulate(batch)).not.toEqual(items);
    const kept = wanted.memory();
    await other.restore({ stage: 0, updates: 0, pending: 0 }, (memory) => {
      for (const [name, data] of memory) data.set(kept.get(name)!);
    });
    expect(await other.accumulate(batch)).toEqual(items);
    await Promise.all([wanted.release(), other.release()]);
  });
});
