import { describe, expect, test } from "vitest";
import { ArgumentError, FoveaError } from "../errors";
import { ARGUMENT_NAMES, frozenRows, TRAINING_ARGUMENTS, trainingArguments } from "./training-arguments";

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
    ["lr", "lr0"],
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

describe("frozenRows", () => {
  test.each([
    ["0", []],
    ["", []],
    ["3", [0, 1, 2]],
    ["[3]", [3]],
    ["0,1,5", [0, 1, 5]],
    ["[0, 1, 5]", [0, 1, 5]],
    ["2,2", [2]],
  ])('reads "%s" as rows %j', (text, rows) => {
    expect([...frozenRows(text, 10)]).toEqual(rows);
  });

  test.each(["-1", "1.5", "backbone", "0,x", "0,10", "[10]", "3,,4", "11", "99999999999"])('refuses "%s"', (text) => {
    expect(() => frozenRows(text, 10)).toThrow(ArgumentError);
    expect(() => frozenRows(text, 10)).toThrow(/wanted a number or a list of rows from 0 to 9/);
  });

  test.each(["10", "0,1,2,3,4,5,6,7,8,9"])('refuses "%s", which leaves nothing to train', (text) => {
    expect(() => frozenRows(text, 10)).toThrow(/leaves none of the 10 rows to train/);
  });

  test("counts a row that is named twice once", () => {
    expect(frozenRows("0,1,2,3,4,5,0,1,2,3,4,5", 10).size).toBe(6);
  });
});
