/**
 * @file Runs whose process is killed at random moments end with the weights of a run that nobody disturbed.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Random } from "@fovea/core/math/random";
import type { GivenArguments } from "@fovea/core/recipe/training-arguments";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TrainRequest, train } from "../../src/train/train";
import { type Bundle, bundled } from "./bundled";
import { outcome, trainKilled } from "./killed";
import { SIDE, smallYaml, writeSmallData } from "./small-network";

let folder: string;
let bundle: Bundle;
let request: TrainRequest;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-killed-"));
  const data = await writeSmallData(join(folder, "data"));
  const model = join(folder, "small.yaml");
  await writeFile(model, smallYaml());
  bundle = await bundled("train/train");
  request = { data, model, project: folder, arguments: ARGUMENTS };
});

afterAll(async () => {
  await bundle.remove();
  await rm(folder, { recursive: true, force: true });
});

/** Twelve epochs of four batches in three stages with rates by part and an average of two batches an update. */
const ARGUMENTS: GivenArguments = {
  ...{ batch: 2, nbs: 4, imgsz: SIDE, workers: 0, threads: 1, warmup_epochs: 0, optimizer: "AdamW", lr0: 0.005 },
  ...{ close_mosaic: 2, plots: false, val: true },
  stages: [
    { epochs: 3, trainable: "head" },
    { epochs: 4, trainable: "3-", lr: { backbone: 1e-3, head: 5e-3 } },
    { epochs: 5, trainable: "all", lr_decay: 0.8 },
  ],
};

test("a run in stages that is killed four times ends as one that never was", { timeout: 120_000 }, async () => {
  const undisturbed = await train({ ...request, name: "whole" });
  const killed = await trainKilled(
    bundle,
    { ...request, name: "killed" },
    { kills: 4, most: 12, random: new Random(5) },
  );
  expect(killed.kills).toBe(4);
  expect(await outcome(killed.folder)).toEqual(await outcome(undisturbed.folder));
});
