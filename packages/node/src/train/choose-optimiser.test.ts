import { trainingArguments } from "@fovea/core/recipe/training-arguments";
import { describe, expect, test } from "vitest";
import { chooseOptimiser } from "./choose-optimiser";

describe("chooseOptimiser", () => {
  test("takes AdamW for short runs, with a rate that falls with the number of classes", () => {
    // 0.002 * 5 / (4 + 3) = 0.00142857.
    expect(chooseOptimiser(trainingArguments({}), 205, 3)).toEqual({
      name: "AdamW",
      lr0: 0.001429,
      momentum: 0.9,
      warmupBiasLr: 0,
    });
  });

  // Updates: ceil(images / max(batch, 64)) * epochs.
  test.each([
    [6400, 100, 16, "AdamW"], // 100 * 100 = 10000
    [6401, 100, 16, "SGD"], // 101 * 100
    [12800, 100, 128, "AdamW"], // 100 * 100
    [12801, 100, 128, "SGD"],
  ])("for %d images, %d epochs and batches of %d takes %3$s", (images, epochs, batch, name) => {
    expect(chooseOptimiser(trainingArguments({ epochs, batch }), images, 3).name).toBe(name);
  });

  test("gives SGD for long runs a rate of its own, whatever lr0 says", () => {
    const args = trainingArguments({ epochs: 1000, lr0: 0.5 });
    expect(chooseOptimiser(args, 10_000, 3)).toMatchObject({ name: "SGD", lr0: 0.01, momentum: 0.9 });
  });

  test("goes by the arguments where one is named", () => {
    const args = trainingArguments({ optimizer: "Adam", lr0: 0.003, momentum: 0.8, warmup_bias_lr: 0.05 });
    expect(chooseOptimiser(args, 100, 3)).toEqual({ name: "Adam", lr0: 0.003, momentum: 0.8, warmupBiasLr: 0.05 });
  });
});
