import type { Runtime } from "@fovea/core/graph/runtime";
import { GROUPS, ParameterStore } from "@fovea/core/nn/parameter-store";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { norm, relativeError } from "../../test/agreement";
import { conv } from "../../test/gradient/kernels/convolution";
import { joined, noiseBatch, SIDE, smallNetwork, smallStore } from "../../test/training/small-network";
import { openRuntime } from "../runtime/onnx-runtime";
import { TrainStep, type TrainStepOptions, type UpdateSettings } from "./train-step";

let runtime: Runtime;
const opened: TrainStep[] = [];

beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((step) => step.release()));
});

async function open(options: Partial<TrainStepOptions> = {}): Promise<TrainStep> {
  const step = await TrainStep.open(runtime, smallNetwork, smallStore(3), {
    imgsz: SIDE,
    optimiser: "SGD",
    ...options,
  });
  opened.push(step);
  return step;
}

/** A copy of all numbers of a step. */
const snapshot = (step: TrainStep) => new Map([...step.memory()].map(([name, data]) => [name, data.slice()]));

const gradients = (step: TrainStep) => GROUPS.map((group) => step.memory().get(`gradients:${group}`)!.slice());

/** An update without decay, momentum or averaging. */
const PLAIN: UpdateSettings = { lr: { weight: 1, norm: 1, bias: 1 }, weightDecay: 0, momentum: 0, averageDecay: 0 };

describe("TrainStep.accumulate", () => {
  test("gives the loss items in the order of their names", async () => {
    const step = await open();
    expect(step.lossNames).toEqual(["box_loss", "cls_loss", "dfl_loss"]);
    const items = await step.accumulate(noiseBatch(1, 2));
    expect(items).toHaveLength(3);
    expect(items.every((item) => Number.isFinite(item) && item > 0)).toBe(true);
  });

  test("sums the gradients of the batches since the last update, to the bit", async () => {
    const [a, b] = [noiseBatch(1, 2), noiseBatch(2, 3)];
    const [one, other, both] = [await open(), await open(), await open()];
    await one.accumulate(a);
    await other.accumulate(b);
    await both.accumulate(a);
    await both.accumulate(b);
    expect(both.pending).toBe(2);
    const parts = [gradients(one), gradients(other)];
    gradients(both).forEach((sum, g) => {
      expect(sum).toEqual(parts[0][g].map((value, i) => Math.fround(value + parts[1][g][i])));
    });
  });

  test("starts anew after an update", async () => {
    const [a, b] = [noiseBatch(1, 2), noiseBatch(2, 2)];
    const [step, alone] = [await open(), await open()];
    const still = { ...PLAIN, lr: { weight: 0, norm: 0, bias: 0 } };
    await step.accumulate(a);
    await step.update(still);
    expect(step.pending).toBe(0);
    await step.accumulate(b);
    await alone.accumulate(b);
    expect(gradients(step)).toEqual(gradients(alone));
  });

  // Each image twice leaves mean, variance and the loss of an image as they are; the loss of a batch counts its images.
  // Boxes start out about as large as these, so that the target scores come to more than the 1 that they are held to.
  test("of the same batch twice is that of one batch with every image twice", async () => {
    const sides = [1, 0.95, 0.9, 0.85];
    const targets = [0, 1].flatMap((image) => sides.flatMap((side, i) => [image, i % 2, 0.5, 0.5, side, side]));
    const batch = { ...noiseBatch(4, 2), targets: Float32Array.from(targets) };
    const [twice, large] = [await open(), await open()];
    const items = await twice.accumulate(batch);
    await twice.accumulate(batch);
    const largeItems = await large.accumulate(joined(batch, batch));
    expect(relativeError(largeItems, items)).toBeLessThan(1e-5);
    const sums = gradients(twice);
    gradients(large).forEach((sum, g) => {
      expect(relativeError(sums[g], sum), GROUPS[g]).toBeLessThan(1e-4);
    });
  });

  test("moves the running statistics three hundredths of the way to the batch's, its variance unbiased", async () => {
    const batch = noiseBatch(5, 2);
    const step = await open();
    const weight = step.store.values.get("model.0.conv.weight")!;
    await step.accumulate(batch);
    const image = { shape: [2, 3, SIDE, SIDE], data: Float64Array.from(batch.images, (v) => v / 255) };
    const geometry = { strides: [2, 2], pads: [1, 1, 1, 1], dilations: [1, 1], group: 1 };
    const y = conv(image, { shape: [8, 3, 3, 3], data: Float64Array.from(weight) }, undefined, geometry);
    const pixels = (SIDE / 2) ** 2;
    for (let c = 0; c < 8; c++) {
      const values = [0, 1].flatMap((b) => [...y.data.subarray((b * 8 + c) * pixels, (b * 8 + c + 1) * pixels)]);
      const mean = values.reduce((a, b) => a + b) / values.length;
      const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (values.length - 1);
      // They start at 0 and 1.
      expect(step.store.values.get("model.0.bn.running_mean")![c]).toBeCloseTo(0.03 * mean, 6);
      expect(step.store.values.get("model.0.bn.running_var")![c]).toBeCloseTo(0.97 + 0.03 * variance, 5);
    }
  });

  test("leaves the weights alone", async () => {
    const step = await open();
    const before = snapshot(step);
    await step.accumulate(noiseBatch(1, 2));
    for (const group of GROUPS)
      expect(step.memory().get(`parameters:${group}`)).toEqual(before.get(`parameters:${group}`));
  });
});

describe("TrainStep.update", () => {
  test("moves every group against its gradient by its own rate", async () => {
    const step = await open({ clip: 0 });
    await step.accumulate(noiseBatch(1, 2));
    const before = snapshot(step);
    const lr = { weight: 0.5, norm: 0.25, bias: 0 };
    await step.update({ ...PLAIN, lr });
    expect(step.updates).toBe(1);
    for (const group of GROUPS) {
      const [from, gradient] = [`parameters:${group}`, `gradients:${group}`].map((name) => before.get(name)!);
      const expected = from.map((value, i) => value - lr[group] * gradient[i]);
      expect(relativeError(step.memory().get(`parameters:${group}`)!, expected), group).toBeLessThan(1e-6);
    }
  });

  test("tells the norm of all gradients, and shortens them to the clip", async () => {
    const step = await open({ clip: 0.01 });
    await step.accumulate(noiseBatch(1, 2));
    const before = snapshot(step);
    const length = await step.update(PLAIN);
    const all = gradients(step).flatMap((g) => [...g]);
    expect(length / norm(all)).toBeCloseTo(1, 5);
    expect(length).toBeGreaterThan(0.01);
    const moved = GROUPS.flatMap((group) => {
      const from = before.get(`parameters:${group}`)!;
      return [
        ...step
          .memory()
          .get(`parameters:${group}`)!
          .map((value, i) => value - from[i]),
      ];
    });
    expect(norm(moved)).toBeCloseTo(0.01, 4);
  });

  test("clips at 10 unless told otherwise", async () => {
    const [usual, free] = [await open(), await open({ clip: 0 })];
    const batch = noiseBatch(1, 2);
    for (const step of [usual, free]) await step.accumulate(batch);
    // Gradients ten times as long as the clip, whatever they were.
    for (const step of [usual, free]) {
      const factor = 100 / norm(gradients(step).flatMap((g) => [...g]));
      for (const group of GROUPS)
        step
          .memory()
          .get(`gradients:${group}`)!
          .forEach((g, i, all) => {
            all[i] = g * factor;
          });
    }
    const start = snapshot(usual).get("parameters:weight")!;
    expect(await usual.update(PLAIN)).toBeCloseTo(100, 2);
    await free.update(PLAIN);
    const way = (step: TrainStep) =>
      step
        .memory()
        .get("parameters:weight")!
        .map((value, i) => value - start[i]);
    expect(norm(way(usual)) / norm(way(free))).toBeCloseTo(0.1, 4);
  });

  test("lets weights decay, norms and biases not", async () => {
    const step = await open({ clip: 0 });
    const before = snapshot(step);
    // No batch: the gradients are zero.
    await step.update({ ...PLAIN, lr: { weight: 0.1, norm: 0.1, bias: 0.1 }, weightDecay: 0.5 });
    const expected = before.get("parameters:weight")!.map((value) => value * (1 - 0.1 * 0.5));
    expect(relativeError(step.memory().get("parameters:weight")!, expected)).toBeLessThan(1e-6);
    for (const name of ["parameters:norm", "parameters:bias"])
      expect(step.memory().get(name)).toEqual(before.get(name));
  });

  test("moves the average of weights and of running statistics by what its decay leaves", async () => {
    const step = await open();
    const before = snapshot(step);
    await step.accumulate(noiseBatch(1, 2));
    await step.update({ ...PLAIN, averageDecay: 0.75 });
    for (const [average, current] of [
      ["average:weight", "parameters:weight"],
      ["average:bias", "parameters:bias"],
      ["average:buffers", "buffers"],
    ]) {
      const now = step.memory().get(current)!;
      const expected = before.get(average)!.map((value, i) => 0.75 * value + 0.25 * now[i]);
      expect(relativeError(step.memory().get(average)!, expected), average).toBeLessThan(1e-6);
    }
    expect(step.average.values.get("model.0.bn.running_var")).not.toEqual(
      step.store.values.get("model.0.bn.running_var"),
    );
  });
});

describe("TrainStep.update with classes of rows", () => {
  const CLASSES = [
    { share: 0.1, updatesBefore: 0 },
    { share: 1, updatesBefore: 4 },
  ];
  /** The head in class 1, everything else in class 0. */
  const CLASS_OF_ROW = [0, 0, 0, 0, 0, 1];
  const LR = { weight: 0.02, norm: 0.03, bias: 0.04 };

  async function twoUpdates(optimiser: "SGD" | "AdamW") {
    const plain = smallStore(3);
    const start = new ParameterStore(plain.parameters, plain.frozen, undefined, CLASS_OF_ROW);
    start.set(plain.values);
    const step = await TrainStep.open(runtime, smallNetwork, start, { imgsz: SIDE, optimiser, clip: 0 });
    opened.push(step);
    // The head begins with update 5, the others have been there from the first on, with states of zero.
    step.resume({ updates: 4, pending: 0 });
    const taken: { readonly gradient: Float32Array; readonly before: Float32Array; readonly after: Float32Array }[][] =
      [];
    for (const seed of [1, 2]) {
      await step.accumulate(noiseBatch(seed, 2));
      // The flat arrays of gradients and parameters have one layout.
      const [gradients, before] = ["gradients", "parameters"].map((what) =>
        GROUPS.map((group) => step.memory().get(`${what}:${group}`)!.slice()),
      );
      step.update({ lr: LR, weightDecay: 0.1, momentum: 0.9, averageDecay: 0.5, classes: CLASSES });
      const after = GROUPS.map((group) => step.memory().get(`parameters:${group}`)!.slice());
      taken.push(GROUPS.map((_, g) => ({ gradient: gradients[g], before: before[g], after: after[g] })));
    }
    return { step, taken };
  }

  /** Class of each value of a group. */
  function classesOf(step: TrainStep, group: (typeof GROUPS)[number]): number[] {
    const { data, views } = step.store.groups[group];
    const classes = new Array<number>(data.length).fill(-1);
    for (const [name, view] of views) {
      const row = Number(name.split(".")[1]);
      classes.fill(
        CLASS_OF_ROW[row],
        (view.byteOffset - data.byteOffset) / 4,
        (view.byteOffset - data.byteOffset) / 4 + view.length,
      );
    }
    return classes;
  }

  test("SGD moves each by its own rate, by hand", async () => {
    const { step, taken } = await twoUpdates("SGD");
    GROUPS.forEach((group, g) => {
      const decay = group === "weight" ? 0.1 : 0;
      const classes = classesOf(step, group);
      const expected = taken[1][g].before.map((x, i) => {
        if (classes[i] < 0) return 0;
        const lr = LR[group] * CLASSES[classes[i]].share;
        const pulled = (n: number) => taken[n][g].gradient[i] + decay * taken[n][g].before[i];
        // Nesterov: v1 = g1, v2 = 0.9 v1 + g2, step by g2 + 0.9 v2.
        const velocity = 0.9 * pulled(0) + pulled(1);
        return x - lr * (pulled(1) + 0.9 * velocity);
      });
      expect(relativeError(taken[1][g].after, expected), group).toBeLessThan(1e-5);
    });
  });

  test("AdamW moves each by its own rate, and counts its updates from where it began", async () => {
    const { step, taken } = await twoUpdates("AdamW");
    GROUPS.forEach((group, g) => {
      const decay = group === "weight" ? 0.1 : 0;
      const classes = classesOf(step, group);
      const expected = taken[1][g].before.map((x, i) => {
        if (classes[i] < 0) return 0;
        const { share, updatesBefore } = CLASSES[classes[i]];
        const lr = LR[group] * share;
        const [g1, g2] = [taken[0][g].gradient[i], taken[1][g].gradient[i]];
        const first = 0.9 * 0.1 * g1 + 0.1 * g2;
        const second = 0.999 * 0.001 * g1 * g1 + 0.001 * g2 * g2;
        const t = 6 - updatesBefore;
        const corrected = Math.sqrt(second / (1 - 0.999 ** t)) + 1e-8;
        return x * (1 - lr * decay) - (lr * first) / (1 - 0.9 ** t) / corrected;
      });
      expect(relativeError(taken[1][g].after, expected), group).toBeLessThan(1e-4);
    });
  });
});

describe("TrainStep.memory", () => {
  test.each(["SGD", "Adam", "AdamW"] as const)("of %s is all that it takes to go on", async (optimiser) => {
    const settings: UpdateSettings = {
      lr: { weight: 0.01, norm: 0.01, bias: 0.02 },
      weightDecay: 0.001,
      momentum: 0.9,
      averageDecay: 0.5,
    };
    const [whole, second] = [await open({ optimiser }), await open({ optimiser })];
    const batches = [1, 2, 3].map((seed) => noiseBatch(seed, 2));
    await whole.accumulate(batches[0]);
    await whole.update(settings);
    await whole.accumulate(batches[1]);
    const kept = snapshot(whole);
    for (const [name, data] of second.memory()) data.set(kept.get(name)!);
    second.resume({ updates: whole.updates, pending: whole.pending });
    for (const step of [whole, second]) {
      await step.accumulate(batches[2]);
      await step.update(settings);
    }
    expect(snapshot(second)).toEqual(snapshot(whole));
  });
});

describe("TrainStep with WIoU's running mean", () => {
  const loss = { iouType: "wiou", wiouScale: true } as const;
  const meanOf = (step: TrainStep) => step.memory().get("iou_mean")![0];

  test("starts at 1 and moves towards each batch's mean", async () => {
    const step = await open({ loss });
    expect(meanOf(step)).toBe(1);
    const means: number[] = [1];
    for (const seed of [1, 2, 3]) {
      await step.accumulate(noiseBatch(seed, 2));
      means.push(meanOf(step));
    }
    // 1 - IoU lies in [0, 1], and a hundredth of the way is gone with each batch.
    for (let i = 1; i < means.length; i++) {
      expect(means[i]).toBeLessThan(means[i - 1]);
      expect(means[i]).toBeGreaterThanOrEqual(0.99 * means[i - 1]);
    }
  });

  test("stays where it is in a batch without lesions", async () => {
    const step = await open({ loss });
    await step.accumulate(noiseBatch(1, 2));
    const before = meanOf(step);
    await step.accumulate({ ...noiseBatch(2, 2), targets: new Float32Array(0) });
    expect(meanOf(step)).toBeCloseTo(before, 6);
  });

  test("is part of what it takes to go on", async () => {
    const [whole, second] = [await open({ loss }), await open({ loss })];
    await whole.accumulate(noiseBatch(1, 2));
    for (const [name, data] of second.memory()) data.set(whole.memory().get(name)!);
    second.resume({ updates: whole.updates, pending: whole.pending });
    for (const step of [whole, second]) {
      await step.accumulate(noiseBatch(2, 2));
      await step.update({ ...PLAIN, lr: { weight: 0.01, norm: 0.01, bias: 0.01 } });
    }
    expect(snapshot(second)).toEqual(snapshot(whole));
  });

  test("is absent otherwise", async () => {
    for (const other of [{}, { iouType: "wiou" } as const, { wiouScale: true }]) {
      expect((await open({ loss: other })).memory().has("iou_mean")).toBe(false);
    }
  });
});

describe("TrainStep with soft labels", () => {
  const loss = { softLabels: true, assignAll: true };

  test("takes weights and regions to ignore from the batch, and none as all being sure", async () => {
    const batch = noiseBatch(1, 2);
    const [sure, plain, unsure] = [await open({ loss }), await open({ loss }), await open({ loss })];
    const first = await sure.accumulate({ ...batch, weights: Float32Array.of(1, 1), ignored: Uint8Array.of(0, 0) });
    expect(await plain.accumulate(batch)).toEqual(first);
    // Nothing but the background is left: no box, no distribution.
    const none = await unsure.accumulate({ ...batch, weights: Float32Array.of(0, 0) });
    expect([none[0], none[2]]).toEqual([0, 0]);
    expect(none[1]).toBeGreaterThan(0);
  });
});
