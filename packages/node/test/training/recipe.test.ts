/**
 * @file Whole runs by a recipe: from a YAML, from a run's own args.yaml, in stages, from random weights, saving nothing.
 */
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GivenArguments } from "@fovea/core/recipe/training-arguments";
import { afterAll, beforeAll, expect, test } from "vitest";
import { requestOf } from "../../src/cli/run-train";
import { readCheckpoint } from "../../src/data/weights-file";
import { VALIDATION_PICTURES } from "../../src/report/draw-validation";
import { readRecipe } from "../../src/train/recipe-file";
import { RunFolder } from "../../src/train/run-folder";
import { resumeTraining, type TrainRequest, train } from "../../src/train/train";
import { runOrResume } from "../../src/tune/run-or-resume";
import { outcome } from "./killed";
import { SIDE, smallYaml, writeSmallData } from "./small-network";

let folder: string;
let data: string;
let model: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-recipe-"));
  data = await writeSmallData(join(folder, "data"));
  model = join(folder, "small.yaml");
  await writeFile(model, smallYaml());
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const ARGUMENTS: GivenArguments = {
  ...{ batch: 4, nbs: 4, imgsz: SIDE, workers: 0, threads: 1, warmup_epochs: 0, optimizer: "AdamW", lr0: 0.005 },
  ...{ plots: false, val: false },
};
const STAGES: GivenArguments = {
  stages: [
    { epochs: 1, trainable: "head" },
    { epochs: 2, trainable: "all", lr: { backbone: 1e-3 } },
  ],
};

function request(given: GivenArguments, own: Partial<TrainRequest> = {}): TrainRequest {
  return { data, model, project: folder, name: "run", ...own, arguments: { ...ARGUMENTS, ...given } };
}

test("a run's args.yaml is the recipe of the same run", async () => {
  const first = await train(request(STAGES, { name: "first" }));
  const cfg = join(first.folder, "args.yaml");
  expect(await readFile(cfg, "utf8")).toContain("stages:\n  - trainable:");
  const again = await train({ ...(await requestOf({ cfg, arguments: {} })), project: folder, name: "again" });
  expect(await outcome(again.folder)).toEqual(await outcome(first.folder));
  // What the command line says counts before the recipe.
  const other = await requestOf({ cfg, name: "own", arguments: { seed: "7" } });
  expect(other).toMatchObject({ data, model, name: "own", arguments: { seed: 7, batch: 4 } });
});

test("results.csv says which stage an epoch was in and how fast each part learnt", async () => {
  const { rows } = await train(request(STAGES));
  expect(rows.map((row) => row.stage)).toEqual([1, 2, 2]);
  expect(rows.map((row) => row["lr/head"])).toEqual([0.005, 0.005, 0.002525]);
  // From 0.001, by (1 - 1/2) 0.99 + 0.01 = 0.505 in the second of two epochs.
  expect(rows.map((row) => row["lr/backbone"])).toEqual([0, 0.001, 0.000505]);
});

test("pretrained=false takes an architecture from weights, and nothing else", async () => {
  const { best } = await train(request({ epochs: 1 }));
  const fresh = await train(request({ epochs: 1, pretrained: false, lr0: 0, seed: 3 }, { model: best }));
  const plain = await train(request({ epochs: 1, lr0: 0, seed: 3 }));
  const weight = async (file: string) => (await readCheckpoint(file)).state.get("model.2.cv1.conv.weight")!.data;
  expect(await weight(fresh.last)).toEqual(await weight(plain.last));
  const going = await train(request({ epochs: 1, pretrained: best, lr0: 0, seed: 3 }));
  expect(await weight(going.last)).toEqual(await weight(best));
});

test("save=false keeps no weights", async () => {
  const run = await train(request({ epochs: 2, save: false }));
  expect(run.end).toBe("finished");
  expect(existsSync(run.best) || existsSync(run.last)).toBe(false);
  expect(existsSync(join(run.folder, "results.csv"))).toBe(true);
});

test("a run that is resumed after its best epoch draws the pictures of that epoch", async () => {
  const given = request({ epochs: 3, plots: true, val: true, patience: 0, lr0: 0 }, { name: "drawn" });
  let epochs = 0;
  const stopped = await train(given, { onEpoch: () => epochs++, shouldStop: () => epochs >= 2 });
  expect(stopped.end).toBe("interrupted");
  // As if the last epoch, with equal weights, were worse.
  const run = RunFolder.open(stopped.folder);
  const { state, arrays } = await run.readState();
  const memory = new Map([...arrays].map(([name, { data: values }]) => [name, values]));
  await run.writeState(memory, { ...state, bestFitness: 9 });
  const pictures = Object.values(VALIDATION_PICTURES).map((name) => join(stopped.folder, name));
  await resumeTraining(stopped.folder);
  expect(pictures.filter((picture) => !existsSync(picture))).toEqual([]);
});

test("what each epoch showed is written down", async () => {
  const { folder: at } = await train(request({ epochs: 2, oversample_ratio: 2 }, { name: "shown" }));
  const lines = (await readFile(join(at, "composition.jsonl"), "utf8")).trimEnd().split("\n");
  // Eight images, each with a lesion or two, twelve lesions in all; each is shown twice.
  const [first, second] = lines.map((line) => JSON.parse(line));
  expect(first).toMatchObject({ epoch: 1, images: 16, distinct: 8, negatives: 0 });
  expect(first.boxes.square + first.boxes.disc).toBe(24);
  expect(second).toEqual({ ...first, epoch: 2 });
});

test("the recipe of a run with a preset has the preset's values, and can be run again", async () => {
  const first = await train(request({ preset: "ultrasound", degrees: 5 }, { name: "preset" }));
  const cfg = join(first.folder, "args.yaml");
  const { arguments: written } = await readRecipe(cfg);
  // Of the run; of the preset; of neither.
  expect(written).toMatchObject({ preset: "ultrasound", degrees: 5, hsv_v: 0.2, mosaic: 0.5, hsv_s: 0, erasing: 0 });
  const stored = await readCheckpoint(first.last);
  expect(JSON.parse(stored.metadata.train_args)).toMatchObject({ degrees: 5, hsv_v: 0.2, mosaic: 0.5 });
  const again = await train({ ...(await requestOf({ cfg, arguments: {} })), project: folder, name: "preset-again" });
  expect(await outcome(again.folder)).toEqual(await outcome(first.folder));
});

test("a run that ended early is done for a series of runs", async () => {
  const run = { ...request({ epochs: 9, time: 1e-9, val: true }), project: folder, name: "early" };
  const { rows, bestEpoch, bestValue } = await runOrResume(run, {});
  expect(rows).toHaveLength(1);
  expect(await runOrResume(run, {})).toEqual({ rows, bestEpoch, bestValue, end: "finished" });
});
