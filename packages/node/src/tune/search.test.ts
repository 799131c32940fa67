import { existsSync, readFileSync } from "node:fs";
import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FoveaError } from "@fovea/core/errors";
import { Random } from "@fovea/core/math/random";
import { trainingArguments } from "@fovea/core/recipe/training-arguments";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { LoopResult } from "../train/loop";
import type { ResultRow } from "../train/results-csv";
import { measuresOf } from "./measures-of-run";
import type { SeriesRun } from "./run-or-resume";
import { search } from "./search";
import { DEFAULT_SPACE, drawPoint, parseSearchSpace } from "./search-space";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-tune-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("parseSearchSpace", () => {
  test("reads ranges, choices and scales; rates are logarithmic unless they are told not to be", () => {
    const text = `lr0: [1e-4, 1e-2]
weight_decay: { min: 0, max: 0.01, scale: linear }
box: { min: 2, max: 20, scale: log }
degrees: [0, 15]
optimizer: [SGD, AdamW]
batch: { choices: [8, 16] }
cos_lr: [true, false]`;
    expect(parseSearchSpace(text, "s.yaml")).toEqual({
      lr0: { kind: "range", min: 1e-4, max: 1e-2, scale: "log" },
      weight_decay: { kind: "range", min: 0, max: 0.01, scale: "linear" },
      box: { kind: "range", min: 2, max: 20, scale: "log" },
      degrees: { kind: "range", min: 0, max: 15, scale: "linear" },
      optimizer: { kind: "choice", choices: ["SGD", "AdamW"] },
      batch: { kind: "choice", choices: [8, 16] },
      cos_lr: { kind: "choice", choices: [true, false] },
    });
  });

  test.each([
    ["lr: [0, 1]", /lr: got 0, wanted rates by part .*; did you mean lr0\?/],
    ["lr0: [0, 0.1]", /lr0: from 0 in the logarithm, expected above 0/],
    ["lr0: [0.1, 0.01]", /lr0: from 0.1 to 0.01, expected a range that rises/],
    ["degrees: [0, 500]", /degrees: got 500, wanted a number from 0 to 180/],
    ["optimizer: [Sgdd]", /optimizer: got Sgdd, wanted one of/],
    ["lr0: 0.1", /lr0: 0.1; expected \[from, to\]/],
    ["lr0: [1, 2, 3]", /expected \[from, to\]/],
    ["lr0: { min: 1, most: 2 }", /expected \[from, to\]/],
    ["lr0: { min: 0.001, max: 0.1, scale: cubic }", /scale: linear or log/],
    ["batch: { choices: [] }", /expected \[from, to\]/],
    ["[]", /expected training arguments and their ranges/],
    ["{}", /names no argument to vary/],
    ["a: [", /not valid YAML/],
  ])("refuses %s", (text, message) => {
    expect(() => parseSearchSpace(text, "s.yaml")).toThrow(message);
    expect(() => parseSearchSpace(text, "s.yaml")).toThrow(/^s\.yaml/);
  });

  test("has a default whose ranges are values of their arguments", () => {
    for (const [name, range] of Object.entries(DEFAULT_SPACE)) {
      if (range.kind !== "range") throw new Error("unreachable: the default has ranges only");
      for (const end of [range.min, range.max]) expect(() => trainingArguments({ [name]: end })).not.toThrow();
    }
  });
});

describe("drawPoint", () => {
  const space = parseSearchSpace(
    "lr0: [1e-4, 1e-2]\nclose_mosaic: [1, 5]\nscale: [0.2, 0.4]\noptimizer: [SGD, Adam]",
    "s",
  );

  test("stays inside, is whole where the argument is, and has four digits", () => {
    const random = new Random(1);
    const points = Array.from({ length: 400 }, () => drawPoint(space, random));
    for (const { lr0, close_mosaic, scale } of points) {
      expect(Number(lr0) >= 1e-4 && Number(lr0) <= 1e-2).toBe(true);
      expect([1, 2, 3, 4, 5]).toContain(close_mosaic);
      expect(Number(scale) >= 0.2 && Number(scale) <= 0.4).toBe(true);
      expect(Number(Number(lr0).toPrecision(4))).toBe(lr0);
    }
    // Half of the logarithmic range lies below 1e-3: 200 of 400, standard deviation 10.
    expect(Math.abs(points.filter(({ lr0 }) => Number(lr0) < 1e-3).length - 200)).toBeLessThan(50);
    expect(Math.abs(points.filter(({ optimizer }) => optimizer === "SGD").length - 200)).toBeLessThan(50);
  });

  test("is the same for the same seed, and what is added at the end changes nothing before it", () => {
    const more = { ...space, box: { kind: "range", min: 1, max: 2, scale: "linear" } } as const;
    const point = drawPoint(space, new Random(9));
    expect(drawPoint(space, new Random(9))).toEqual(point);
    expect(drawPoint(more, new Random(9))).toMatchObject(point);
  });
});

describe("measuresOf", () => {
  test("is taken from the best epoch", () => {
    const rows: ResultRow[] = [
      { epoch: 1, "metrics/a": 1 },
      { epoch: 2, "metrics/a": 2, "metrics/b": "", "val/x": 3 },
    ];
    expect(measuresOf({ rows, bestEpoch: 1 })).toEqual({ a: 1 });
    expect(measuresOf({ rows, bestEpoch: 2 })).toEqual({ a: 2 });
    expect(measuresOf({ rows: [], bestEpoch: 0 })).toEqual({});
  });
});

/** Notes what it is asked to train; the nearer `degrees` is to 7, the better. */
class FakeRuns {
  readonly asked: SeriesRun[] = [];
  interruptAt = 0;
  failAt = 0;

  readonly run = async (run: SeriesRun): Promise<LoopResult> => {
    this.asked.push(run);
    if (this.asked.length === this.failAt) throw new FoveaError("loss_not_finite", "box_loss is NaN, it says");
    const { degrees = 0 } = run.arguments ?? {};
    const map = 1 - Math.abs(Number(degrees) - 7) / 10;
    const rows = [{ epoch: 1, time: 3, "metrics/mAP50(B)": map, "metrics/mAP50-95(B)": map }];
    return {
      rows,
      bestEpoch: 1,
      bestValue: map,
      end: this.asked.length === this.interruptAt ? "interrupted" : "finished",
    };
  };
}

describe("search", () => {
  const request = (extra: object = {}) => ({
    ...{ data: "d.yaml", model: "m.yaml", iterations: 6, space: join(folder, "space.yaml"), project: folder },
    ...extra,
  });
  beforeEach(() => writeFile(join(folder, "space.yaml"), "degrees: [0, 15]\n"));

  test("begins with the arguments as they are, and puts the best at the top", async () => {
    const runs = new FakeRuns();
    const { trials, best, end } = await search(request({ arguments: { imgsz: 64 } }), {}, runs.run);
    expect(end).toBe("finished");
    expect(runs.asked[0].arguments).toEqual({ epochs: 10, imgsz: 64, plots: false });
    expect(runs.asked.map(({ name }) => name)).toEqual([1, 2, 3, 4, 5, 6].map((n) => `trial${n}`));
    const values = trials.map(({ value }) => Number(value));
    expect(values).toEqual(values.toSorted((a, b) => b - a));
    const nearest = runs.asked
      .map(({ arguments: a }) => Number(a?.degrees ?? 0))
      .sort((a, b) => Math.abs(a - 7) - Math.abs(b - 7));
    expect(best).toEqual({ epochs: 10, imgsz: 64, plots: false, degrees: nearest[0] });
  });

  test("writes the best as arguments that training takes, and all trials as a table", async () => {
    const { best, folder: out } = await search(request(), {}, new FakeRuns().run);
    const yaml = readFileSync(join(out, "best.yaml"), "utf8");
    expect(yaml).toMatch(/^# trial \d of 6: fitness 0\.\d+/);
    expect(parse(yaml)).toEqual(best);
    expect(() => trainingArguments(parse(yaml))).not.toThrow();
    const lines = readFileSync(join(out, "trials.csv"), "utf8").trimEnd().split("\n");
    expect(lines[0]).toBe("trial,fitness,best_epoch,seconds,degrees,mAP50(B),mAP50-95(B),failure");
    expect(lines).toHaveLength(7);
  });

  test("draws the same trials in one session and in several, and more when more are asked for", async () => {
    const whole = new FakeRuns();
    await search(request({ name: "whole" }), {}, whole.run);
    const first = new FakeRuns();
    first.interruptAt = 3;
    expect((await search(request(), {}, first.run)).end).toBe("interrupted");
    const second = new FakeRuns();
    await search(request(), {}, second.run);
    expect(second.asked.map(({ name }) => name)).toEqual(["trial3", "trial4", "trial5", "trial6"]);
    const argumentsOf = ({ asked }: FakeRuns) => asked.map((run) => run.arguments);
    expect([...argumentsOf(first).slice(0, 2), ...argumentsOf(second)]).toEqual(argumentsOf(whole));
    const third = new FakeRuns();
    await search(request({ iterations: 7 }), {}, third.run);
    expect(third.asked.map(({ name }) => name)).toEqual(["trial7"]);
  });

  test("runs a trial again whose line was cut off, and refuses a log that is none", async () => {
    const { folder: out } = await search(request({ iterations: 2 }), {}, new FakeRuns().run);
    await appendFile(join(out, "trials.jsonl"), '{"trial":3,"dra');
    const runs = new FakeRuns();
    await search(request({ iterations: 3 }), {}, runs.run);
    expect(runs.asked.map(({ name }) => name)).toEqual(["trial3"]);
    await appendFile(join(out, "trials.jsonl"), "nonsense\n{}\n");
    await expect(search(request(), {}, runs.run)).rejects.toMatchObject({
      code: "file_unreadable",
      place: { at: "line 4" },
    });
  });

  test("notes a trial whose loss is no number, and goes on; any other error ends it", async () => {
    const runs = new FakeRuns();
    runs.failAt = 2;
    const { trials } = await search(request({ iterations: 3 }), {}, runs.run);
    expect(trials.at(-1)).toMatchObject({ trial: 2, value: null, failure: "box_loss is NaN, it says" });
    const broken = async () => {
      throw new FoveaError("invalid_dataset", "nothing there");
    };
    await expect(search(request({ name: "other" }), {}, broken)).rejects.toMatchObject({ code: "invalid_dataset" });
  });

  test("chooses an optimiser that listens where rates are varied, and refuses one that does not", async () => {
    const runs = new FakeRuns();
    await search(request({ space: undefined, iterations: 2, arguments: { lrf: 0.1 } }), {}, runs.run);
    expect(runs.asked[1].arguments).toMatchObject({ optimizer: "AdamW", lrf: 0.1, lr0: expect.any(Number) });
    const deaf = search(request({ space: undefined, arguments: { optimizer: "auto" } }), {}, runs.run);
    await expect(deaf).rejects.toThrow(/optimizer=auto chooses lr0 itself/);
  });

  test("refuses contradictions before anything is written", async () => {
    const { run } = new FakeRuns();
    const refused = (extra: object) => expect(search(request({ ...extra, name: "none" }), {}, run)).rejects;
    await refused({ arguments: { degrees: 3 } }).toThrow(/degrees: both given and varied/);
    await refused({ arguments: { val: false } }).toThrow(/val is false/);
    await refused({ arguments: { monitor: "loss" } }).toThrow(/monitor: got loss, wanted fitness, froc, map50/);
    await refused({ iterations: 0 }).toThrow(/iterations is 0/);
    expect(existsSync(join(folder, "none"))).toBe(false);
  });

  test("leaves the length of a trial to its stages, and does not vary a rate that has no effect", async () => {
    const runs = new FakeRuns();
    const stages = [{ epochs: 5, trainable: "head", lr0: 1e-3 }];
    await search(request({ space: undefined, iterations: 2, arguments: { stages } }), {}, runs.run);
    expect(runs.asked[0].arguments).toEqual({ stages, plots: false });
    expect(runs.asked[1].arguments).not.toHaveProperty("lr0");
    await writeFile(join(folder, "space.yaml"), "lr0: [0.001, 0.01]\n");
    const deaf = search(request({ name: "deaf", arguments: { stages } }), {}, runs.run);
    await expect(deaf).rejects.toThrow(/lr0: every stage has a rate of its own/);
  });

  test("refuses to go on with another search", async () => {
    await search(request({ iterations: 1 }), {}, new FakeRuns().run);
    await writeFile(join(folder, "space.yaml"), "degrees: [0, 10]\n");
    await expect(search(request(), {}, new FakeRuns().run)).rejects.toThrow(/space was .*"max":15.*, is .*"max":10/);
  });
});
