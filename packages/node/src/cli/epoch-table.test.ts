import { describe, expect, test } from "vitest";
import { EpochTable } from "./epoch-table";

const row = {
  ...{ "metrics/precision(B)": 0.5, "metrics/recall(B)": 1, "metrics/mAP50(B)": 0.25 },
  ...{ "metrics/mAP50-95(B)": 0.125, "metrics/froc1(B)": 0.75 },
};

describe("EpochTable", () => {
  test("aligns its columns", () => {
    const table = new EpochTable(60, ["box_loss", "cls_loss", "dfl_loss"]);
    const lines = [
      table.heading(),
      table.losses(0, [5.3844, 0.05, 123.45], 12.345) + table.measures(row, "12:34", true),
      table.losses(59, [0, 12.345, 1], 8) + table.measures({}, "1:02:03", false),
    ];
    expect(lines).toEqual([
      "epoch   box   cls   dfl img/s     P     R mAP50 mAP50-95   S@1    left",
      " 1/60 5.384 0.050 123.5 12.35 0.500 1.000 0.250    0.125 0.750   12:34 best",
      "60/60 0.000 12.35 1.000 8.000     -     -     -        -     - 1:02:03",
    ]);
  });

  test.each([3, 4])("fits into 80 columns with %d losses and a thousand epochs", (count) => {
    const table = new EpochTable(1000, ["box_loss", "seg_loss", "cls_loss", "dfl_loss"].slice(0, count));
    const line = table.losses(999, new Array(count).fill(12.3), 1234) + table.measures(row, "12:02:03", true);
    expect(line.length).toBeLessThanOrEqual(80);
    expect(table.heading().length).toBe(line.length - " best".length);
  });
});
