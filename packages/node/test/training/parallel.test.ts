/**
 * @file Steps and runs on several devices: processors, each a session in a thread of its own, against one session.
 *
 * Where norms are frozen no image looks at another, and the gradients of the parts come to those of the whole batch.
 */
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Runtime } from "@fovea/core/graph/runtime";
import type { LossOptions } from "@fovea/core/nn/loss-options";
import { GROUPS } from "@fovea/core/nn/parameter-store";
import type { StateDict } from "@fovea/core/nn/weights/state";
import type { GivenArguments } from "@fovea/core/recipe/training-arguments";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Batch } from "../../src/data/batch";
import { readCheckpoint } from "../../src/data/weights-file";
import { openRuntime } from "../../src/runtime/onnx-runtime";
import { openThreadRuntime } from "../../src/runtime/thread-runtime";
import { resumeTraining, type TrainRequest, train } from "../../src/train/train";
import { TrainStep, type TrainStepOptions } from "../../src/train/train-step";
import { largest, relativeError } from "../agreement";
import { outcome } from "./killed";
import { noiseBatch, SIDE, smallNetwork, smallYaml, storeWithStatistics, writeSmallData } from "./small-network";

let runtime: Runtime;

beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
});

/** What batches leave behind in a step on `devices` processors. */
async function afterwards(devices: number, batches: readonly Batch[], options: Partial<TrainStepOptions>) {
  const others = await Promise.all(Array.from({ length: devices - 1 }, () => openThreadRuntime({ threads: 1 })));
  const step = await TrainStep.open(runtime, smallNetwork, storeWithStatistics(), {
    ...{ imgsz: SIDE, optimiser: "SGD", others, ...options },
  });
  try {
    const items: Float32Array[] = [];
    for (const batch of batches) items.push(await step.accumulate(batch));
    const memory = new Map([...step.memory()].map(([name, data]) => [name, data.slice()]));
    const gradients = GROUPS.map((group) => memory.get(`gradients:${group}`)!);
    const statistics = (path: string) =>
      ["running_mean", "running_var"].map((name) => step.store.values.get(`${path}.bn.${name}`)!.slice());
    return { items, gradients, memory, statistics };
  } finally {
    await step.release();
  }
}

/** As the batch, but with these targets: image, class, centre, sides. */
function withTargets(batch: Batch, ...targets: readonly (readonly number[])[]): Batch {
  return { ...batch, targets: Float32Array.from(targets.flat()) };
}

/** Boxes about as large as they start out, so that target scores come to more than the 1 that they are held to. */
const crowd = (image: number) => [1, 0.95, 0.9, 0.85].map((side, i) => [image, i % 2, 0.5, 0.5, side, side]);

const softLabels: LossOptions = { softLabels: true };
const wiou: LossOptions = { iouType: "wiou", wiouScale: true };
const CASES: readonly (readonly [string, number, readonly Batch[], LossOptions])[] = [
  ["halves", 2, [noiseBatch(1, 4)], {}],
  ["parts of three images and two", 2, [withTargets(noiseBatch(2, 5), ...[0, 1, 2, 3, 4].flatMap(crowd))], {}],
  ["many targets in one part and few in the other", 2, [withTargets(noiseBatch(3, 3), ...crowd(0), ...crowd(1))], {}],
  ["no lesion anywhere", 2, [withTargets(noiseBatch(4, 2))], {}],
  ["three devices for five images", 3, [noiseBatch(5, 5)], {}],
  ["more devices than images", 3, [noiseBatch(6, 2)], {}],
  ["a batch of one", 2, [noiseBatch(7, 1)], {}],
  ["two batches that wait for one update", 2, [noiseBatch(8, 3), noiseBatch(9, 2)], {}],
  [
    "weights, and a region to ignore",
    2,
    [{ ...noiseBatch(10, 4), weights: Float32Array.of(1, 0.25, 0, 0.5), ignored: Uint8Array.of(0, 0, 1, 0) }],
    softLabels,
  ],
  ["WIoU by its running mean", 2, [noiseBatch(11, 3), withTargets(noiseBatch(12, 3), ...crowd(2))], wiou],
];

describe("a step on several processors with frozen norms", () => {
  test.each(CASES)("has the gradients and losses of one: %s", async (_, devices, batches, loss) => {
    const expected = await afterwards(1, batches, { loss, freezeNorms: true });
    const found = await afterwards(devices, batches, { loss, freezeNorms: true });
    for (const [g, group] of GROUPS.entries()) {
      expect(relativeError(found.gradients[g], expected.gradients[g]), group).toBeLessThan(1e-5);
    }
    found.items.forEach((items, i) => {
      expect(relativeError(items, expected.items[i])).toBeLessThan(1e-5);
    });
    const [mean] = expected.memory.get("iou_mean") ?? [1];
    expect(found.memory.get("iou_mean")?.[0] ?? 1).toBeCloseTo(mean, 6);
  });

  test("is no step on a part: the parts count", async () => {
    const batch = noiseBatch(1, 4);
    const whole = await afterwards(2, [batch], { freezeNorms: true });
    const half = await afterwards(1, [{ ...noiseBatch(1, 4), ...noiseBatch(1, 2) }], { freezeNorms: true });
    for (const [g, group] of GROUPS.entries()) {
      expect(relativeError(half.gradients[g], whole.gradients[g]), group).toBeGreaterThan(1e-2);
    }
  });
});

describe("a step on several processors", () => {
  const batch = noiseBatch(13, 5);

  // The first norm looks at what no norm has changed.
  test("moves running statistics by those of the whole batch", async () => {
    const [one, two] = [await afterwards(1, [batch], {}), await afterwards(2, [batch], {})];
    one.statistics("model.0").forEach((values, i) => {
      expect(relativeError(two.statistics("model.0")[i], values)).toBeLessThan(1e-6);
    });
  });

  test("comes to the same numbers to the bit when it is repeated", async () => {
    const [first, again] = [await afterwards(2, [batch], {}), await afterwards(2, [batch], {})];
    expect(largest(first.gradients[0])).toBeGreaterThan(0);
    expect(again.memory).toEqual(first.memory);
    expect(again.items).toEqual(first.items);
  });
});

const numbers = (state: StateDict, name: string) => state.get(name)!.data as Float32Array;

describe("a run on two processors", () => {
  let folder: string;
  let request: TrainRequest;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "fovea-parallel-"));
    const data = await writeSmallData(join(folder, "data"));
    const model = join(folder, "small.yaml");
    await writeFile(model, smallYaml());
    request = {
      ...{ data, model, project: folder },
      // Two epochs of three batches, of which the last has two images; the second epoch is another stage.
      arguments: {
        ...{ device: "cpu,cpu", batch: 3, nbs: 6, imgsz: SIDE, workers: 0, threads: 2, plots: false },
        ...{ warmup_epochs: 0, optimizer: "AdamW", lr0: 0.005, close_mosaic: 1 },
        stages: [
          { epochs: 1, trainable: "3-" },
          { epochs: 1, trainable: "all" },
        ],
      },
    };
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("ends, gives the same weights again, and when it was stopped in between", async () => {
    let threads = 0;
    const whole = await train({ ...request, name: "whole" }, { onStart: (start) => (threads = start.threads) });
    expect(threads).toBe(1);
    expect(whole.end).toBe("finished");
    expect(whole.rows).toHaveLength(2);
    const again = await train({ ...request, name: "again" });
    expect(await outcome(again.folder)).toEqual(await outcome(whole.folder));
    for (const batches of [1, 4]) {
      let done = 0;
      const events = { onBatch: () => done++, shouldStop: () => done >= batches };
      const stopped = await train({ ...request, name: `stopped${batches}` }, events);
      expect(stopped.end).toBe("interrupted");
      const resumed = await resumeTraining(stopped.folder);
      expect(await outcome(resumed.folder)).toEqual(await outcome(whole.folder));
    }
  });

  test("learns with frozen norms what it learns on one, where SGD forgives rounding", async () => {
    const given = { ...request.arguments, freeze_bn: true, optimizer: "SGD", momentum: 0, lr0: 0.05 };
    const weightsOf = async (name: string, change: GivenArguments) => {
      const { last } = await train({ ...request, name, arguments: { ...given, ...change } });
      return (await readCheckpoint(last)).state;
    };
    const one = await weightsOf("one", { device: "cpu" });
    const two = await weightsOf("two", {});
    const other = await weightsOf("other", { device: "cpu", freeze_bn: false });
    const names = [...one.keys()].filter((name) => !/running|dfl/.test(name));
    const worst = (from: StateDict) =>
      Math.max(...names.map((name) => relativeError(numbers(from, name), numbers(one, name))));
    expect(worst(two)).toBeLessThan(1e-5);
    // Another way to learn is a thousand times as far.
    expect(worst(other)).toBeGreaterThan(1e-2);
  });

  test("is refused for a network that outlines, before its folder is made", async () => {
    const model = join(folder, "outlines.yaml");
    await writeFile(model, smallYaml("Segment, [nc, 32, 32]"));
    const data = await writeSmallData(join(folder, "outlines"), { outlines: true });
    const running = train({ ...request, data, model, name: "refused" });
    await expect(running).rejects.toMatchObject({ code: "invalid_argument" });
    await expect(running).rejects.toThrow(
      /device: cpu,cpu: .* outlines lesions, and such networks train on one device/,
    );
    expect(existsSync(join(folder, "refused"))).toBe(false);
  });
});
