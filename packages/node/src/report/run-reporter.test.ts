import { existsSync, readFileSync } from "node:fs";
import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Dataset } from "@fovea/core/dataset/sample";
import { DetectionMetrics } from "@fovea/core/metrics/detection-metrics";
import { trainingArguments } from "@fovea/core/recipe/training-arguments";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CountingLoader } from "../../test/training/recording";
import { noiseBatch, SIDE, writeSmallData } from "../../test/training/small-network";
import type { Batch } from "../data/batch";
import { openDataset } from "../data/open-dataset";
import { decodeImage } from "../imaging/read-image";
import { batchPicture, copyBatch } from "./batch-picture";
import { type RunFacts, RunReporter } from "./run-reporter";
import { watchLoader } from "./watched-loader";

let folder = "";
let train: Dataset;
let val: Dataset;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-report-"));
  const data = await writeSmallData(join(folder, "data"), { count: 4 });
  [train, val] = [await openDataset(data, "train"), await openDataset(data, "val")];
});
afterEach(() => rm(folder, { recursive: true }));

describe("copyBatch and batchPicture", () => {
  /** Two images: all black with a box, all white without. */
  function twoImages(width: number, height: number): Batch {
    const images = new Uint8Array(2 * 3 * width * height).fill(255, 3 * width * height);
    const targets = Float32Array.of(0, 1, 0.5, 0.5, 0.5, 0.5);
    return { images, size: 2, width, height, targets, files: [], sources: [], release: () => undefined };
  }

  test("shows images side by side with the boxes of each", async () => {
    const { jpeg, width, height } = await batchPicture(copyBatch(twoImages(64, 64)), ["a", "b"]);
    // Two columns of 64 px, 4 px between.
    expect([width, height]).toEqual([132, 64]);
    const { data, channels } = await decodeImage(jpeg, "batch.jpg");
    const at = (x: number, y: number) => [...data.subarray((y * width + x) * channels, (y * width + x) * channels + 3)];
    expect(Math.max(...at(4, 60))).toBeLessThan(40);
    expect(Math.min(...at(100, 32))).toBeGreaterThan(230);
    // The box of class 1 is green and runs from 16 to 48.
    const [red, green] = at(16, 40);
    expect(green - red).toBeGreaterThan(40);
  });

  test("reduces large batches by means of pixels, and shows so many images and no more", () => {
    const { side, cells } = copyBatch(twoImages(640, 320), { maxSide: 324 });
    // Two columns of (324 - 4) / 2 = 160: every fourth pixel.
    expect(side).toEqual({ width: 160, height: 80 });
    expect([...cells[1].rgba.subarray(0, 4)]).toEqual([255, 255, 255, 255]);
    expect(copyBatch(noiseBatch(1, 20), { mostImages: 5 }).cells).toHaveLength(5);
    const halves = twoImages(2, 2);
    halves.images.set([10, 20, 30, 40]);
    expect(copyBatch(halves, { maxSide: 6 }).cells[0].rgba[0]).toBe(25);
  });
});

describe("watchLoader", () => {
  test("hands every batch on, tells of it first, and how long it was waited for", async () => {
    const loader = new CountingLoader(3);
    const told: string[] = [];
    let clock = 0;
    const watched = watchLoader(loader, {
      now: () => clock++,
      onBatch: ({ targets }, epoch) => told.push(`batch ${targets[0]} of ${epoch}`),
      onWait: (seconds) => told.push(`${seconds} s`),
      onEnd: () => told.push("end"),
    });
    for await (const batch of watched.epoch(5, { skipBatches: 1 })) told.push(`got ${batch.targets[0]}`);
    expect(told).toEqual(["1 s", "batch 1 of 5", "got 1", "1 s", "batch 2 of 5", "got 2", "1 s", "end"]);
    expect(loader.asked).toEqual([{ epoch: 5, skipBatches: 1 }]);
    expect(watched.batchesPerEpoch).toBe(3);
  });

  test("lets the loader go where the loop leaves early", async () => {
    let ended = false;
    const endless = {
      batchesPerEpoch: 9,
      async *epoch() {
        try {
          for (;;) yield noiseBatch(1, 1);
        } finally {
          ended = true;
        }
      },
    };
    const nothing = () => undefined;
    const watched = watchLoader(endless, { now: () => 0, onBatch: nothing, onWait: nothing, onEnd: nothing });
    for await (const _ of watched.epoch(0)) break;
    expect(ended).toBe(true);
  });
});

describe("RunReporter", () => {
  const facts = (extra: Partial<RunFacts> = {}): RunFacts => ({
    ...{
      folder,
      data: "data.yaml",
      fingerprint: { sha256: "ab", files: 8, bytes: 9 },
      train,
      val,
      args: trainingArguments({ epochs: 3, imgsz: SIDE }),
    },
    model: { name: "small", size: "tiny", weights: "from scratch" },
    stages: [{ name: "train", firstEpoch: 1, lastEpoch: 3, trainable: "all", learningRate: "0.01" }],
    ...extra,
  });
  const row = (epoch: number) => ({ epoch, time: epoch, "train/box_loss": 1, "metrics/mAP50(B)": epoch / 10 });
  const loader = {
    batchesPerEpoch: 5,
    async *epoch() {
      for (let i = 0; i < 5; i++) yield noiseBatch(i, 2);
    },
  };

  function measured(): DetectionMetrics {
    const metrics = new DetectionMetrics(["square", "disc"]);
    const boxes = Float32Array.of(0, 0, 10, 10);
    const classIds = Int32Array.of(1);
    metrics.add({ boxes, classIds, scores: Float32Array.of(0.9) }, { boxes, classIds });
    return metrics;
  }

  test("times each epoch: batches, waiting, validation", async () => {
    let clock = 0;
    const reporter = await RunReporter.open(facts({ now: () => clock }));
    const slow = {
      batchesPerEpoch: 2,
      async *epoch() {
        for (let i = 0; i < 2; i++) {
          clock += 1;
          yield noiseBatch(i, 1);
        }
      },
    };
    // Each batch is waited for 1 s and worked on for 3 s; validation takes 5 s.
    for await (const _ of reporter.watch(slow).epoch(0)) clock += 3;
    clock += 5;
    await reporter.epoch([row(1)], true);
    expect(reporter.report("running").timing).toEqual([
      { epoch: 1, seconds: 13, waitingSeconds: 2, validationSeconds: 5 },
    ]);
  });

  test("writes a page after every epoch, with the first batches as fed and what the best epoch came to", async () => {
    const reporter = await RunReporter.open(facts());
    for await (const _ of reporter.watch(loader).epoch(0));
    await reporter.epoch([row(1)], true, measured());
    const report = reporter.report("running");
    expect(report.trainBatches.map(({ caption }) => caption)).toEqual([1, 2, 3].map((n) => `epoch 1, batch ${n}`));
    expect(report).toMatchObject({
      bestEpoch: 1,
      best: { map50: 0.995 },
      confusion: { counts: [0, 0, 0, 0, 1, 0, 0, 0, 0] },
    });
    const page = readFileSync(join(folder, "report.html"), "utf8");
    expect(page).toContain("data:image/jpeg;base64,/9j/");
    expect(page.length).toBeLessThan(1.5e6);
  });

  test("keeps the best epoch's measures when a later one is worse", async () => {
    const reporter = await RunReporter.open(facts());
    await reporter.epoch([row(1)], true, measured());
    await reporter.epoch([row(1), row(2)], false);
    expect(reporter.report("finished")).toMatchObject({ bestEpoch: 1, best: { map50: 0.995 } });
  });

  test("of a run that is taken up again goes on with what was kept, unless somebody edited it", async () => {
    const first = await RunReporter.open(facts());
    for await (const _ of first.watch(loader).epoch(0));
    await first.epoch([row(1)], true, measured());
    const resumed = facts({ rows: [row(1)], bestEpoch: 1 });
    const second = await RunReporter.open(resumed);
    await second.epoch([row(1), row(2)], false);
    const report = await second.finish("finished");
    expect(report.timing.map(({ epoch }) => epoch)).toEqual([1, 2]);
    expect(report.trainBatches).toHaveLength(3);
    expect(report.best?.map50).toBe(0.995);
    await appendFile(join(folder, "report.json"), " ");
    expect((await RunReporter.open(resumed)).report("running")).toMatchObject({ timing: [], best: undefined });
    // A new run in an old folder does not take over what was there.
    expect((await RunReporter.open(facts())).report("running").timing).toEqual([]);
  });

  test("of a run that failed before its first epoch still has a page, with its environment", async () => {
    const reporter = await RunReporter.open(facts());
    const report = await reporter.finish("failed", { failure: "box_loss is NaN" });
    expect(report).toMatchObject({ end: "failed", data: { fingerprint: "ab", files: 8, bytes: 9 } });
    expect(report.environment.map(([name]) => name)).toEqual(expect.arrayContaining(["fovea", "node", "processor"]));
    expect(readFileSync(join(folder, "report.html"), "utf8")).toContain("box_loss is NaN");
    expect(existsSync(join(folder, "report.json"))).toBe(true);
  });

  test("says which arguments differ from their defaults", async () => {
    const { arguments: given } = (await RunReporter.open(facts())).report("running");
    expect(given.filter(({ isDefault }) => !isDefault).map(({ name, value }) => [name, value])).toEqual([
      ["epochs", "3"],
      ["imgsz", "64"],
    ]);
  });
});
