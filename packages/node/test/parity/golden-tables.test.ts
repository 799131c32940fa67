/**
 * @file The small tables of section 14.2 of the reference text: overlap, schedule, moving average, class biases, learning
 * rate of `optimizer=auto`.
 */
import { ciou, iou } from "@fovea/core/geometry/box";
import { initialise } from "@fovea/core/nn/initialise";
import { networkByName } from "@fovea/core/nn/network-by-name";
import { averageDecay, learningRateFactor } from "@fovea/core/nn/schedule";
import { trainingArguments } from "@fovea/core/recipe/training-arguments";
import { describe, expect, test } from "vitest";
import { sharedAvailable } from "../../../../test/shared";
import { chooseOptimiser } from "../../src/train/choose-optimiser";
import { goldenText } from "./golden-numbers";

/** Groups of every match as numbers; at least `count` of them, so that no test passes for lack of lines. */
function table(pattern: RegExp, count: number): number[][] {
  const rows = [...goldenText().matchAll(pattern)].map(([, ...values]) => values.map(Number));
  expect(rows).toHaveLength(count);
  return rows;
}

const numbersIn = (text: string) => [...text.matchAll(/-?\d+(?:\.\d+)?/g)].map(Number);

describe.skipIf(!sharedAvailable)("the reference text's", () => {
  test("parity: CIoU and IoU of three pairs", () => {
    const lines = [...goldenText().matchAll(/^CIoU \((.+)\) \((.+)\) \[(.+)\]$/gm)];
    expect(lines).toHaveLength(3);
    for (const [, a, b, given] of lines) {
      const [boxA, boxB] = [a, b].map((box) => Float32Array.from(numbersIn(box)));
      const [complete, , plain] = numbersIn(given);
      expect(ciou(boxA, 0, boxB, 0)).toBeCloseTo(complete, 7);
      // The list has the public tools' epsilon of 1e-7 on a box of 4 px².
      expect(iou(boxA, 0, boxB, 0)).toBeCloseTo(plain, 6);
    }
  });

  test("parity: learning rate factors along a line and a cosine", () => {
    for (const [epoch, line, cosine] of table(/^epoch (\d+) linear lf (\S+) cos lf (\S+)$/gm, 4)) {
      expect(learningRateFactor(epoch, { epochs: 100, lrf: 0.01, cosLr: false })).toBeCloseTo(line, 8);
      expect(learningRateFactor(epoch, { epochs: 100, lrf: 0.01, cosLr: true })).toBeCloseTo(cosine, 8);
    }
  });

  test("parity: decay of the moving average", () => {
    for (const [update, decay] of table(/^ema d\((\d+)\)=(\S+)$/gm, 6)) {
      expect(averageDecay(update)).toBeCloseTo(decay, 9);
    }
  });

  test("parity: class biases at strides 4, 8, 16, 32", () => {
    const lines = [...goldenText().matchAll(/^cls bias nc (\d+) \[(.+)\]$/gm)];
    expect(lines).toHaveLength(3);
    for (const [, nc, biases] of lines) {
      const values = initialise(networkByName("yolov8n-p2", { nc: Number(nc) }).network);
      numbersIn(biases).forEach((bias, level) => {
        const found = values.get(`model.28.cv3.${level}.2.bias`)!;
        expect(found).toEqual(new Float32Array(Number(nc)).fill(bias));
      });
    }
  });

  test("parity: learning rate of AdamW by the number of classes", () => {
    for (const [classes, lr] of table(/^auto AdamW lr nc (\d+) (\S+)$/gm, 3)) {
      expect(chooseOptimiser(trainingArguments({}), 100, classes)).toMatchObject({ name: "AdamW", lr0: lr });
    }
  });
});
