import { describe, expect, test } from "vitest";
import { ArgumentError, FoveaError } from "../errors";
import { ARGUMENT_NAMES, TRAINING_ARGUMENTS } from "./argument-table";
import { trainingArguments } from "./training-arguments";

describe("trainingArguments", () => {
  test("gives every argument its default", () => {
    const args = trainingArguments({});
    expect(Object.keys(args)).toEqual(ARGUMENT_NAMES);
    for (const name of ARGUMENT_NAMES) expect(args[name]).toBe(TRAINING_ARGUMENTS[name].default);
  });

  // What users of the public tools rely on: their defaults.
  test("has the defaults of the public tools", () => {
    expect(trainingArguments({})).toMatchObject({
      epochs: 100,
      patience: 100,
      batch: 16,
      imgsz: 640,
      nbs: 64,
      lr0: 0.01,
      lrf: 0.01,
      momentum: 0.937,
      weight_decay: 0.0005,
      warmup_epochs: 3,
      warmup_momentum: 0.8,
      warmup_bias_lr: 0.1,
      box: 7.5,
      cls: 0.5,
      dfl: 1.5,
      close_mosaic: 10,
      hsv_h: 0.015,
      hsv_s: 0.7,
      hsv_v: 0.4,
      translate: 0.1,
      scale: 0.5,
      fliplr: 0.5,
      mosaic: 1,
      seed: 0,
      optimizer: "auto",
    });
  });

  test("takes values as text and as JSON has them", () => {
    expect(trainingArguments({ epochs: "3", lr0: "1e-3", val: "False", optimizer: "adamw", freeze: 10 })).toMatchObject(
      {
        epochs: 3,
        lr0: 0.001,
        val: false,
        optimizer: "AdamW",
        freeze: "10",
      },
    );
    expect(trainingArguments({ epochs: 3, val: true, cos_lr: 1 })).toMatchObject({
      epochs: 3,
      val: true,
      cos_lr: true,
    });
  });

  test.each([
    ["epoch", "epochs"],
    ["batch_size", "batch"],
    ["imgz", "imgsz"],
    ["weight-decay", "weight_decay"],
  ])("refuses %s and offers %s", (name, near) => {
    expect(() => trainingArguments({ [name]: 1 })).toThrow(
      expect.objectContaining({ code: "unknown_argument", message: expect.stringContaining(`did you mean ${near}?`) }),
    );
  });

  test("refuses what is near to nothing, and names that objects inherit", () => {
    expect(() => trainingArguments({ quantum: 1 })).toThrow("quantum is no training argument; see fovea train --help");
    expect(() => trainingArguments({ constructor: 1 })).toThrow(FoveaError);
  });

  test.each([
    [{ epochs: 0 }, "epochs: got 0, wanted a whole number at least 1"],
    [{ epochs: 1.5 }, "epochs: got 1.5, wanted a whole number"],
    [{ epochs: "" }, "epochs: got "],
    [{ epochs: "ten" }, "epochs: got ten"],
    [{ epochs: null }, "epochs: got null"],
    [{ lr0: Number.NaN }, "lr0: got NaN, wanted a number from 0 to 10"],
    [{ lr0: -0.1 }, "lr0: got -0.1"],
    [{ momentum: 1 }, "momentum: got 1"],
    [{ imgsz: 31 }, "imgsz: got 31, wanted a whole number from 32 to 8192"],
    [{ val: "maybe" }, "val: got maybe, wanted true or false"],
    [{ optimizer: "Lion" }, "optimizer: got Lion, wanted one of auto, SGD, Adam, AdamW"],
  ])("refuses %j", (given, message) => {
    expect(() => trainingArguments(given)).toThrow(ArgumentError);
    expect(() => trainingArguments(given)).toThrow(message);
  });
});

describe("trainingArguments: stages", () => {
  test("by name are those that the name stands for", () => {
    const { stages, epochs } = trainingArguments({ stages: "progressive" });
    expect(epochs).toBe(100);
    expect(stages).toEqual([
      { epochs: 10, trainable: ["head"], lr0: 1e-3 },
      { epochs: 30, trainable: ["upper_backbone", "neck", "head"], lr0: 5e-4 },
      { trainable: ["all"], lr0: 1e-4 },
    ]);
    expect(trainingArguments({ stages: "quick" })).toMatchObject({
      epochs: 50,
      stages: [{ epochs: 50, trainable: ["10-"], lr0: 5e-4 }],
    });
  });

  test("say how long the run is, and may have arguments of their own", () => {
    const list = [
      { epochs: 2, trainable: "neck, head", lr0: "1e-3", patience: 1 },
      { epochs: "3", trainable: ["0-9", 12], lr: { head: 1e-4 }, cos_lr: true },
    ];
    expect(trainingArguments({ stages: list })).toMatchObject({
      epochs: 5,
      stages: [
        { epochs: 2, trainable: ["neck", "head"], lr0: 1e-3, patience: 1 },
        { epochs: 3, trainable: ["0-9", "12"], lr: { head: 1e-4 }, cos_lr: true },
      ],
    });
    expect(trainingArguments({ stages: list, epochs: 5 }).epochs).toBe(5);
  });

  const head = { epochs: 10, trainable: "head" };
  test.each([
    [{ stages: [head], epochs: 60 }, "epochs: got 60, but the stages have 10 together"],
    [{ stages: "quick", epochs: 60 }, "epochs: got 60, but the stages have 50 together"],
    [
      { stages: "progressive", epochs: 40 },
      "epochs: got 40, wanted more than the 40 of the stages before the last one",
    ],
    [{ stages: [{ trainable: "head" }, head] }, "stages[0]: no epochs; only the last stage may leave them out"],
    [{ stages: [head], freeze: 10 }, "freeze: 10 beside stages"],
    [
      { stages: "progresive" },
      "stages: got progresive, wanted progressive, quick or a list, did you mean progressive?",
    ],
    [{ stages: [] }, "stages: got [], wanted progressive, quick, or a list such as"],
    [{ stages: ["head"] }, "stages[0]: got head, wanted a map such as"],
    [{ stages: [{ epochs: 3 }] }, "stages[0].trainable: nothing; wanted parts (backbone, neck, head) or rows"],
    [{ stages: [{ ...head, epochs: 0 }] }, "stages[0].epochs: got 0, wanted a whole number"],
    [{ stages: [{ ...head, lr0: "fast" }] }, "stages[0].lr0: got fast, wanted a number from 0 to 10"],
    [{ stages: [{ ...head, lrr0: 1 }] }, "stages[0]: a stage has no lrr0 of its own; did you mean lr0?"],
    [{ stages: [{ ...head, imgsz: 320 }] }, "stages[0]: a stage has no imgsz of its own; it has epochs, trainable"],
    [{ stages: [{ ...head, momentum: 0.9 }] }, "stages[0]: momentum and warmup_bias_lr are chosen by optimizer=auto"],
    [{ stages: [{ ...head, lr: { head: 1 }, lr_decay: 0.5 }] }, "stages[0]: lr and lr_decay both say"],
  ])("refuses %j", (given, message) => {
    expect(() => trainingArguments(given)).toThrow(FoveaError);
    expect(() => trainingArguments(given)).toThrow(message);
  });
});

describe("trainingArguments: rates by part", () => {
  test("are numbers by part", () => {
    expect(trainingArguments({ lr: { backbone: "1e-5", head: 1e-4 } }).lr).toEqual({ backbone: 1e-5, head: 1e-4 });
    expect(trainingArguments({ lr: null }).lr).toBeNull();
  });

  test.each([
    [
      { lr: 0.01 },
      "lr: got 0.01, wanted rates by part such as {backbone: 1e-5, neck: 5e-5, head: 1e-4}; did you mean lr0?",
    ],
    [{ lr: { haed: 1 } }, "lr: haed is no part of a network, did you mean head?"],
    [{ lr: { head: -1 } }, "lr.head: got -1, wanted a number from 0 to 10"],
    [{ lr: { head: 1 }, lr_decay: 0.9 }, "lr and lr_decay both say how rates differ"],
  ])("refuses %j", (given, message) => {
    expect(() => trainingArguments(given)).toThrow(ArgumentError);
    expect(() => trainingArguments(given)).toThrow(message);
  });
});
