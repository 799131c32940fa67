import type { Runtime } from "@fovea/core/graph/runtime";
import type { LossOptions } from "@fovea/core/nn/loss-options";
import { planStages } from "@fovea/core/recipe/plan";
import { trainingArguments } from "@fovea/core/recipe/training-arguments";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { noiseBatch, SIDE, smallNetwork, smallStore } from "../../test/training/small-network";
import { openRuntime } from "../runtime/onnx-runtime";
import { StagedStep } from "./staged-step";
import type { UpdateSettings } from "./train-step";

let runtime: Runtime;
const opened: StagedStep[] = [];

beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((step) => step.release()));
});

/** The head; then rows 3, 4 and the head; then everything. */
const args = trainingArguments({
  stages: [
    { epochs: 1, trainable: "head" },
    { epochs: 1, trainable: "3-" },
    { epochs: 1, trainable: "all" },
  ],
});
const stages = planStages(args, smallNetwork, 0.01);
const SETTINGS: UpdateSettings = {
  lr: { weight: 0.01, norm: 0.01, bias: 0.01 },
  ...{ weightDecay: 0.1, momentum: 0.9, averageDecay: 0.5 },
};

async function open(stage = 0, loss?: LossOptions): Promise<StagedStep> {
  const { parameters, values } = smallStore(3);
  const options = { network: smallNetwork, parameters, stages, imgsz: SIDE, optimiser: "AdamW", loss } as const;
  const step = await StagedStep.open(runtime, values, stage, options);
  opened.push(step);
  return step;
}

async function move(step: StagedStep, seed: number): Promise<void> {
  await step.accumulate(noiseBatch(seed, 2));
  step.update(SETTINGS);
}

const copied = (values: ReadonlyMap<string, Float32Array>) =>
  new Map([...values].map(([name, x]) => [name, x.slice()]));

describe("StagedStep", () => {
  test("takes WIoU's running mean from stage to stage", async () => {
    const step = await open(0, { iouType: "wiou", wiouScale: true });
    const mean = () => step.memory().get("iou_mean")?.[0];
    await move(step, 1);
    const before = mean();
    expect(before).toBeLessThan(1);
    await step.enter(1);
    expect(mean()).toBe(before);
  });

  test("leaves frozen rows and their running statistics alone to the bit, and moves the others", async () => {
    const step = await open();
    const trainedFrom = [5, 3, 0];
    for (const [stage, first] of trainedFrom.entries()) {
      await step.enter(stage);
      const before = [copied(step.store.values), copied(step.average.values)];
      await move(step, stage);
      for (const [k, values] of [step.store.values, step.average.values].entries()) {
        for (const [name, now] of values) {
          const still = Number(name.split(".")[1]) < first || name.endsWith(".dfl.conv.weight");
          if (still) expect(now, name).toEqual(before[k].get(name));
          else expect(now, name).not.toEqual(before[k].get(name));
        }
      }
    }
  });

  test("carries weights, averages, updates and the state of rows that go on being trained", async () => {
    const step = await open();
    await move(step, 1);
    const [store, average] = [copied(step.store.values), copied(step.average.values)];
    const first = step.memory().get("first:bias")!.slice();
    await step.enter(1);
    expect(step.updates).toBe(1);
    expect(copied(step.store.values)).toEqual(store);
    expect(copied(step.average.values)).toEqual(average);
    // Rows 3 and 4, a class of their own, stand first: their state is zero; the head's is what it was.
    const { class: _, to } = step.store.spans.bias[0];
    const now = step.memory().get("first:bias")!;
    expect(now.subarray(0, to).every((value) => value === 0)).toBe(true);
    expect(now.subarray(to)).toEqual(first);
    expect(first.some((value) => value !== 0)).toBe(true);
  });

  test("goes on from what was kept of another stage as if it had come there itself", async () => {
    const [whole, second] = [await open(), await open()];
    await move(whole, 1);
    await whole.enter(1);
    await move(whole, 2);
    await whole.accumulate(noiseBatch(3, 2));
    const kept = copied(whole.memory());
    await second.restore({ stage: 1, updates: whole.updates, pending: whole.pending }, (memory) => {
      for (const [name, data] of memory) data.set(kept.get(name)!);
    });
    for (const step of [whole, second]) {
      step.update(SETTINGS);
      await step.enter(2);
      await move(step, 4);
    }
    expect(copied(second.memory())).toEqual(copied(whole.memory()));
  });
});
