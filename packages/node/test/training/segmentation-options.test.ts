/**
 * @file The mask term with soft labels: a ground truth of weight 0 leaves nothing of itself, and all of weight 1 change
 * nothing.
 */

import { initialise } from "@fovea/core/nn/initialise";
import type { LossOptions } from "@fovea/core/nn/loss-options";
import { parseModelYaml } from "@fovea/core/nn/model-yaml";
import { ParameterStore } from "@fovea/core/nn/parameter-store";
import { parametersOf } from "@fovea/core/nn/parameters";
import { expect, test } from "vitest";
import type { Batch } from "../../src/data/batch";
import { openRuntime } from "../../src/runtime/onnx-runtime";
import { TrainStep } from "../../src/train/train-step";
import { expectClose } from "../gradient/check";
import { noiseBatch, SIDE, smallYaml } from "./small-network";

const { network } = parseModelYaml(smallYaml("Segment, [nc, 32, 32]"), { file: "small.yaml" });

/** Loss items box, seg, cls, dfl, and all gradients, of one batch. */
async function stepOf(loss: LossOptions, batch: Batch) {
  const store = new ParameterStore(parametersOf(network));
  store.set(initialise(network, { seed: 3 }));
  const runtime = await openRuntime({ threads: 1 });
  const step = await TrainStep.open(runtime, network, store, { imgsz: SIDE, optimiser: "SGD", loss });
  const items = await step.accumulate(batch);
  const gradients = step.memory().get("gradients:weight")!.slice();
  await step.release();
  return { items: [...items], gradients: [...gradients] };
}

/** Two images with one target each, whose mask is the middle of its image. */
function masked(): Batch {
  const side = SIDE / 4;
  const masks = Uint8Array.from({ length: 2 * side * side }, (_, i) => {
    const [x, y] = [i % side, Math.floor(i / side) % side];
    return x > 4 && x < 11 && y > 4 && y < 11 ? 1 : 0;
  });
  return { ...noiseBatch(1, 2), masks };
}

test("weights of 1 leave the loss of masks as it is", async () => {
  const [plain, soft] = [await stepOf({}, masked()), await stepOf({ softLabels: true }, masked())];
  expect(plain.items[1]).toBeGreaterThan(0);
  expectClose(soft.items, plain.items, 1e-5, "items");
  expectClose(soft.gradients, plain.gradients, 1e-5, "gradients");
});

test("weights of 0 leave nothing of boxes, masks and distributions", async () => {
  const { items } = await stepOf({ softLabels: true }, { ...masked(), weights: new Float32Array(2) });
  expect([items[0], items[1], items[3]]).toEqual([0, 0, 0]);
  expect(items[2]).toBeGreaterThan(0);
});

test("the mean of the masks is one by weight", async () => {
  // The mask term is a mean over foreground anchors: with the second target at 0 that of the first alone.
  const first = await stepOf({ softLabels: true }, { ...masked(), weights: Float32Array.of(1, 0) });
  const second = await stepOf({ softLabels: true }, { ...masked(), weights: Float32Array.of(0, 1) });
  const both = await stepOf({}, masked());
  const [low, high] = [first.items[1], second.items[1]].sort((a, b) => a - b);
  expect(both.items[1]).toBeGreaterThan(low);
  expect(both.items[1]).toBeLessThan(high);
});

test("WIoU and an anchor for all go together with masks", async () => {
  const options: LossOptions = { iouType: "wiou", wiouScale: true, assignAll: true, focalGamma: 2 };
  const { items, gradients } = await stepOf(options, masked());
  expect([...items, ...gradients].every(Number.isFinite)).toBe(true);
  expect(items[1]).toBeGreaterThan(0);
});
