/**
 * @file The logs of two runs of the public trainer on the 205 blood cell images: columns and learning rates.
 *
 * Both took AdamW by `optimizer=auto`, 60 epochs of batches of 16. The older version (YOLOv8n) warms up for at least 100
 * batches, as we do; the newer one (YOLO12n) for 3 epochs, which are 39 batches, so that its rates are ours from epoch 9
 * on, when both have warmed up.
 */
import { readFileSync } from "node:fs";
import { networkByName } from "@fovea/core/nn/network-by-name";
import { planStages } from "@fovea/core/recipe/plan";
import { trainingArguments } from "@fovea/core/recipe/training-arguments";
import { beforeAll, describe, expect, test } from "vitest";
import { sharedAvailable, sharedPath } from "../../../../test/shared";
import { chooseOptimiser } from "../../src/train/choose-optimiser";
import { loop } from "../../src/train/loop";
import { monitorOf } from "../../src/train/monitor";
import { type ResultRow, resultsCsv } from "../../src/train/results-csv";
import { CountingLoader, RecordingStep } from "../training/recording";

const IMAGES = 205;
const BATCH = 16;
const EPOCHS = 60;

/** Rows of numbers under the names of their columns. */
function logOf(model: string): ReadonlyMap<string, readonly number[]> {
  const text = readFileSync(sharedPath(`reference/yolo/bccd-${model}.results.csv`), "utf8").trim();
  const [names, ...rows] = text.split("\n").map((line) => line.split(",").map((cell) => cell.trim()));
  return new Map(names.map((name, i) => [name, rows.map((row) => Number(row[i]))]));
}

const RATES = ["lr/pg0", "lr/pg1", "lr/pg2"];

describe.skipIf(!sharedAvailable)("a run on the blood cells", () => {
  let rows: readonly ResultRow[];

  beforeAll(async () => {
    const args = trainingArguments({ epochs: EPOCHS, batch: BATCH });
    const step = Object.assign(new RecordingStep(() => [1, 1, 1]), { lossNames: ["box_loss", "cls_loss", "dfl_loss"] });
    const optimiser = chooseOptimiser(args, IMAGES, 3);
    const loader = new CountingLoader(Math.ceil(IMAGES / BATCH));
    const result = await loop(
      {
        ...{ args, optimiser, step, loader, threads: 1, monitor: monitorOf("fitness") },
        stages: planStages(args, networkByName("yolov8n").network, optimiser.lr0),
      },
      { onEpoch: async () => {}, onInterrupt: async () => {}, shouldStop: () => false, now: () => 0 },
    );
    rows = result.rows;
  });

  test.each(["yolov8n", "yolo12n"])("parity: is logged under the columns of %s's log", (model) => {
    // What that log does not know stands behind its columns.
    expect(resultsCsv(rows).split("\n")[0]).toBe([...logOf(model).keys(), "metrics/froc1(B)"].join(","));
  });

  test.each([
    ["yolov8n", 1],
    ["yolo12n", 9],
  ])("parity: has the learning rates of %s's log from epoch %d on", (model, first) => {
    const log = logOf(model);
    for (const name of RATES) {
      const expected = log.get(name)!;
      expect(expected).toHaveLength(EPOCHS);
      // Six digits are written there and here.
      for (let i = first - 1; i < EPOCHS; i++) {
        expect(Number(rows[i][name]) / expected[i], `${name}, epoch ${i + 1}`).toBeCloseTo(1, 4);
      }
    }
  });
});
