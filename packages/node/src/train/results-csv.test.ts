import { describe, expect, test } from "vitest";
import { resultRow, resultsCsv } from "./results-csv";

const METRICS = {
  ...{ precision: 0.8, recall: 0.7, map50: 0.75, map5095: 0.5, sensitivity1: 0.65 },
  ...{ perClass: [], sizes: [], images: 3, labels: 4 },
};
const LR = { weight: 0.001, norm: 0.002, bias: 0.003 };
const DETECTOR = ["box_loss", "cls_loss", "dfl_loss"];

describe("resultRow", () => {
  test("has the columns of the public tools, in their order, and sensitivity behind them", () => {
    const row = resultRow({
      epoch: 1,
      time: 12.3456789,
      lossNames: DETECTOR,
      trainLoss: [1, 2, 3],
      valLoss: [4, 5, 6],
      metrics: METRICS,
      lr: LR,
    });
    expect(Object.entries(row)).toEqual([
      ["epoch", 1],
      ["time", 12.3457],
      ["train/box_loss", 1],
      ["train/cls_loss", 2],
      ["train/dfl_loss", 3],
      ["metrics/precision(B)", 0.8],
      ["metrics/recall(B)", 0.7],
      ["metrics/mAP50(B)", 0.75],
      ["metrics/mAP50-95(B)", 0.5],
      ["val/box_loss", 4],
      ["val/cls_loss", 5],
      ["val/dfl_loss", 6],
      ["lr/pg0", 0.003],
      ["lr/pg1", 0.001],
      ["lr/pg2", 0.002],
      ["metrics/froc1(B)", 0.65],
    ]);
  });

  test("leaves sensitivity empty where no image has a label", () => {
    const { sensitivity1: _, ...healthy } = METRICS;
    const row = resultRow({ epoch: 1, time: 1, lossNames: [], trainLoss: [], metrics: healthy, lr: LR });
    expect(row["metrics/froc1(B)"]).toBe("");
  });

  test("leaves validation empty where there was none", () => {
    const row = resultRow({ epoch: 2, time: 1, lossNames: DETECTOR, trainLoss: [1, 2, 3], lr: LR });
    expect(row["metrics/mAP50(B)"]).toBe("");
    expect(row["metrics/froc1(B)"]).toBe("");
    expect(row["val/box_loss"]).toBe("");
  });

  test("has no column for a mask loss in validation, which does not compute it", () => {
    const names = ["box_loss", "seg_loss", "cls_loss", "dfl_loss"];
    const row = resultRow({ epoch: 1, time: 1, lossNames: names, trainLoss: [1, 2, 3, 4], valLoss: [5, 6, 7], lr: LR });
    expect(row["train/seg_loss"]).toBe(2);
    expect(Object.keys(row)).not.toContain("val/seg_loss");
    expect([row["val/box_loss"], row["val/cls_loss"], row["val/dfl_loss"]]).toEqual([5, 6, 7]);
  });
});

describe("resultsCsv", () => {
  test("is a line of names and a line for each epoch", () => {
    expect(
      resultsCsv([
        { epoch: 1, a: 0.5, b: "" },
        { epoch: 2, a: 1e-7, b: 3 },
      ]),
    ).toBe("epoch,a,b\n1,0.5,\n2,1e-7,3\n");
  });

  test("of no epochs is empty", () => {
    expect(resultsCsv([])).toBe("");
  });
});
