import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { writeSmallData } from "../../test/training/small-network";
import { openDataset } from "../data/open-dataset";
import type { LoopResult } from "../train/loop";
import { foldsCsv, summariseFolds } from "./fold-table";
import { kfold } from "./kfold";
import type { SeriesRun } from "./run-or-resume";

let folder = "";
let data = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-kfold-"));
  data = await writeSmallData(join(folder, "data"), { count: 12 });
});
afterEach(() => rm(folder, { recursive: true }));

/** Notes what it is asked to train, and measures mAP50 0.1, 0.2, 0.3 ... */
class FakeRuns {
  readonly asked: SeriesRun[] = [];
  /** Ends this run, from 1, as if somebody had pressed Ctrl-C. */
  interruptAt = 0;

  readonly run = async (run: SeriesRun): Promise<LoopResult> => {
    this.asked.push(run);
    const map50 = Number(run.name.slice(4)) / 10;
    const rows = [
      { epoch: 1, time: 5, "metrics/mAP50(B)": 0, "val/box_loss": 1 },
      { epoch: 2, time: 9, "metrics/mAP50(B)": map50, "val/box_loss": 1 },
    ];
    const end = this.asked.length === this.interruptAt ? "interrupted" : "finished";
    return { rows, bestEpoch: 2, end };
  };
}

const request = () => ({ data, model: "small.yaml", k: 3, project: join(folder, "runs") });

describe("kfold", () => {
  test("measures every training image once, and never an image that it trains on", async () => {
    const runs = new FakeRuns();
    await kfold(request(), {}, runs.run);
    const measured: string[] = [];
    for (const { data: yaml } of runs.asked) {
      const [train, val] = await Promise.all([openDataset(yaml, "train"), openDataset(yaml, "val")]);
      const files = (part: typeof train) => part.samples.map(({ file }) => file);
      expect(files(train).filter((file) => files(val).includes(file))).toEqual([]);
      expect(train.samples.length + val.samples.length).toBe(12);
      expect(train.names).toEqual(["square", "disc"]);
      measured.push(...files(val));
    }
    const all = (await openDataset(data, "train")).samples.map(({ file }) => file);
    expect(measured.sort()).toEqual(all.sort());
  });

  test("keeps the images of a patient together", async () => {
    const runs = new FakeRuns();
    // Three images of each of four patients.
    const table = join(folder, "who.csv");
    const whose = (i: number) => `p${i % 4}`;
    const lines = Array.from({ length: 12 }, (_, i) => `scan${String(i).padStart(2, "0")}.png,${whose(i)}`);
    await writeFile(table, `image,patient\n${lines.join("\n")}\n`);
    const { folds } = await kfold({ ...request(), by: "patient", patients: table }, {}, runs.run);
    for (const { data: yaml } of runs.asked) {
      const patients = async (split: string) =>
        (await openDataset(yaml, split)).samples.map(({ file }) => whose(Number(/scan(\d+)/.exec(file)?.[1])));
      const trained = await patients("train");
      expect((await patients("val")).filter((patient) => trained.includes(patient))).toEqual([]);
    }
    expect(folds.map(({ patients }) => patients).sort()).toEqual([1, 1, 2]);
  });

  test("gives mean, deviation and interval over the folds, as JSON and as CSV", async () => {
    const { overall, folder: out, end } = await kfold(request(), {}, new FakeRuns().run);
    expect(end).toBe("finished");
    // 0.1, 0.2, 0.3: mean 0.2, deviation 0.1; t(2) = 4.303: 4.303 x 0.1 / 3^0.5 = 0.2484338.
    const { mean, deviation, high } = overall["mAP50(B)"];
    expect(mean).toBeCloseTo(0.2, 12);
    expect(deviation).toBeCloseTo(0.1, 12);
    expect(high).toBeCloseTo(0.2 + 0.24843, 4);
    const csv = readFileSync(join(out, "kfold.csv"), "utf8").split("\n");
    expect(csv[0]).toBe("fold,patients,images,labels,best_epoch,epochs,seconds,mAP50(B)");
    expect(csv[1]).toMatch(/^1,4,4,\d+,2,2,9,0\.1$/);
    expect(csv.slice(4, 8)).toEqual([
      "mean,,,,,,,0.2",
      "sd,,,,,,,0.1",
      "low95,,,,,,,-0.0484338",
      "high95,,,,,,,0.448434",
    ]);
    expect(JSON.parse(readFileSync(join(out, "kfold.json"), "utf8")).folds).toHaveLength(3);
  });

  test("goes on where it was interrupted, and keeps what is done", async () => {
    const first = new FakeRuns();
    first.interruptAt = 2;
    const stopped = await kfold(request(), {}, first.run);
    expect([stopped.end, stopped.folds.length, first.asked.length]).toEqual(["interrupted", 1, 2]);
    expect(existsSync(join(stopped.folder, "kfold.json"))).toBe(false);
    const second = new FakeRuns();
    const heard: number[] = [];
    const { end, folds } = await kfold(request(), { onResult: ({ fold }) => heard.push(fold) }, second.run);
    expect([end, folds.length]).toEqual(["finished", 3]);
    expect(second.asked.map(({ name }) => name)).toEqual(["fold2", "fold3"]);
    expect(heard).toEqual([1, 2, 3]);
    // Its data are those of the first session.
    expect(second.asked[0]).toEqual(first.asked[1]);
  });

  test("begins no fold once somebody wants to stop", async () => {
    const runs = new FakeRuns();
    const { end } = await kfold(request(), { shouldStop: () => runs.asked.length >= 1 }, runs.run);
    expect([end, runs.asked.length]).toEqual(["interrupted", 1]);
  });

  test("refuses to go on with other arguments, naming the one that differs", async () => {
    await kfold(request(), {}, new FakeRuns().run);
    const other = kfold({ ...request(), arguments: { epochs: 7 } }, {}, new FakeRuns().run);
    await expect(other).rejects.toThrow(
      /begun here with other arguments: arguments was \{\}, is \{"epochs":7\}; repeat/,
    );
    await expect(kfold({ ...request(), k: 4 }, {}, new FakeRuns().run)).rejects.toThrow(/: k was 3, is 4;/);
  });

  test("refuses patients that it cannot find, more folds than images, and runs without a measure", async () => {
    const { run } = new FakeRuns();
    await expect(kfold({ ...request(), by: "patient" }, {}, run)).rejects.toThrow(/no patient found of .*scan00\.png/);
    await expect(kfold({ ...request(), k: 13 }, {}, run)).rejects.toThrow(/12 patients for 13 parts/);
    await expect(kfold({ ...request(), arguments: { val: false } }, {}, run)).rejects.toThrow(/val is false/);
    expect(existsSync(join(folder, "runs"))).toBe(false);
  });

  test("hands on labels that came from a COCO file", async () => {
    const { samples } = await openDataset(data, "train");
    const coco = {
      images: samples.map(({ file }, id) => ({ id, file_name: file, width: 64, height: 64 })),
      annotations: samples.map((_, id) => ({ id, image_id: id, category_id: 5, bbox: [8, 16, 32, 16], iscrowd: 0 })),
      categories: [{ id: 5, name: "mass" }],
    };
    await writeFile(join(folder, "train.json"), JSON.stringify(coco));
    await writeFile(join(folder, "coco.yaml"), "train: train.json\nval: train.json\n");
    const runs = new FakeRuns();
    await kfold({ ...request(), data: join(folder, "coco.yaml") }, {}, runs.run);
    const { samples: held, names } = await openDataset(runs.asked[0].data, "val");
    expect([names, held.length]).toEqual([["mass"], 4]);
    // 8 ... 40 of 64 px, 16 ... 32.
    expect(held[0].labels[0]).toMatchObject({ classId: 0, cx: 0.375, cy: 0.375, w: 0.5, h: 0.25 });
  });
});

test("summariseFolds leaves out what some fold did not measure, and none is a table of nothing", () => {
  const fold = {
    ...{ fold: 1, patients: 1, images: 1, labels: 1, bestEpoch: 1, epochs: 1 },
    end: "finished",
    seconds: 1,
  };
  const summary = summariseFolds([
    { ...fold, measures: { a: 1, b: 2 } },
    { ...fold, measures: { a: 3 } },
  ]);
  expect(Object.keys(summary.overall)).toEqual(["a"]);
  expect(foldsCsv(summariseFolds([]))).toContain("mean");
});
