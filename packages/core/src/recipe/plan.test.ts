import { describe, expect, test } from "vitest";
import { networkByName } from "../nn/network-by-name";
import { planStages } from "./plan";
import { trainingArguments } from "./training-arguments";

const network = networkByName("yolov8n").network;
const plan = (given: Readonly<Record<string, unknown>>, lr0 = 0.002) =>
  planStages(trainingArguments(given), network, lr0);

describe("planStages", () => {
  test("makes a run without stages one, whose rows all train alike", () => {
    const [only, ...others] = plan({ epochs: 7, freeze: 10 });
    expect(others).toEqual([]);
    expect(only).toMatchObject({ name: "", epochs: 7, classes: [{ name: "", share: 1, since: 0 }] });
    expect(only.lr0).toBeUndefined();
    expect([...only.frozen]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(new Set(only.classOfRow)).toEqual(new Set([0]));
  });

  test("makes progressive out: head, upper backbone and above, everything", () => {
    const stages = plan({ stages: "progressive", epochs: 60 });
    expect(stages.map(({ epochs, lr0 }) => [epochs, lr0])).toEqual([
      [10, 1e-3],
      [30, 5e-4],
      [20, 1e-4],
    ]);
    expect(stages.map(({ frozen }) => frozen.size)).toEqual([22, 5, 0]);
    // Each row's updates count from the stage that began to train it.
    expect(stages[1].classes).toEqual([
      { name: "rows 5 to 21", share: 1, since: 1 },
      { name: "head", share: 1, since: 0 },
    ]);
    expect(stages[2].classes.map(({ since }) => since)).toEqual([2, 1, 0]);
    expect(stages[2].partShares).toEqual({ backbone: 1, neck: 1, head: 1 });
    expect(stages[0].partShares).toEqual({ backbone: 0, neck: 0, head: 1 });
  });

  test("lets biases start high in the first stage only", () => {
    const stage = { epochs: 1, trainable: "all" };
    const own = { ...stage, warmup_bias_lr: 0.05 };
    const stages = plan({ optimizer: "SGD", stages: [stage, stage, own] });
    expect(stages.map(({ args }) => args.warmup_bias_lr)).toEqual([0.1, 0, 0.05]);
  });

  test("counts anew for rows that were frozen in between", () => {
    const stages = plan({
      stages: [
        { epochs: 1, trainable: "all" },
        { epochs: 1, trainable: "head" },
        { epochs: 1, trainable: ["neck", "head"] },
      ],
    });
    expect(stages[2].classes).toEqual([
      { name: "neck", share: 1, since: 2 },
      { name: "head", share: 1, since: 0 },
    ]);
  });

  test("gives rates by part as shares of the largest", () => {
    const [{ lr0, classes, classOfRow, partShares }] = plan({ lr: { backbone: 1e-5, neck: 5e-5, head: 1e-4 } });
    expect(lr0).toBe(1e-4);
    expect(classes.map(({ name }) => name)).toEqual(["backbone", "neck", "head"]);
    expect(classes.map(({ share }) => share * 1e-4)).toEqual([1e-5, 5e-5, 1e-4]);
    expect([classOfRow[0], classOfRow[9], classOfRow[12], classOfRow[22]]).toEqual([0, 0, 1, 2]);
    expect(partShares.head).toBe(1);
  });

  test("gives a part without a rate the run's own", () => {
    const [{ lr0, partShares }] = plan({ lr: { backbone: 0 } }, 0.002);
    expect(lr0).toBe(0.002);
    expect(partShares).toEqual({ backbone: 0, neck: 1, head: 1 });
  });

  test("lets rates fall from the head down", () => {
    const [{ lr0, classes, classOfRow }] = plan({ lr_decay: 0.5 });
    expect(lr0).toBeUndefined();
    const share = (row: number) => classes[classOfRow[row]].share;
    // Row 21 is one below the head, row 0 twenty-two.
    expect([share(22), share(21), share(0)]).toEqual([1, 0.5, 0.5 ** 22]);
    expect(classes[classOfRow[21]].name).toBe("row 21");
    // Without the head the fastest row is row 9, thirteen below it.
    const [backbone] = plan({ lr_decay: 0.5, stages: [{ epochs: 1, trainable: "backbone" }] }, 0.01);
    expect(backbone.lr0).toBeCloseTo(0.01 * 0.5 ** 13, 12);
    expect(backbone.classes[backbone.classOfRow[9]].share).toBe(1);
  });

  test("lets a stage say how its rates differ in place of the run", () => {
    const stages = plan({
      lr_decay: 0.5,
      stages: [
        { epochs: 1, trainable: "all", lr: { head: 1e-3, neck: 1e-3, backbone: 1e-3 } },
        { epochs: 1, trainable: "all" },
      ],
    });
    // 23 rows, of which 2 Upsample and 4 Concat have nothing to train.
    expect(stages.map(({ classes }) => new Set(classes.map(({ share }) => share)).size)).toEqual([1, 17]);
  });

  test.each([
    [{ stages: [{ epochs: 1, trainable: "haed" }] }, "stages[0].trainable: got haed"],
    [{ stages: [{ epochs: 1, trainable: "40" }] }, "stages[0].trainable: got 40, wanted rows from 0 to 22"],
    // Rows 10, 11 are Upsample and Concat.
    [{ stages: [{ epochs: 1, trainable: "10-11" }] }, "stages[0].trainable: the rows 10, 11 of yolov8n have nothing"],
  ])("refuses %j", (given, message) => {
    expect(() => plan(given)).toThrow(message);
  });
});
