/**
 * @file Kills a training run at random moments, resumes it each time, and compares what comes of it with a run left alone.
 *
 * No measurement of speed: what is printed is whether all weights are equal to the bit.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { Random } from "@fovea/core/math/random";
import { type TrainRequest, train } from "@fovea/node/train/train";
import { bundled } from "../packages/node/test/training/bundled";
import { outcome, trainKilled } from "../packages/node/test/training/killed";
import { SIDE, smallYaml, writeSmallData } from "../packages/node/test/training/small-network";

const { values } = parseArgs({
  options: { kills: { type: "string", default: "20" }, seed: { type: "string", default: "1" } },
});
const [kills, seed] = [Number(values.kills), Number(values.seed)];

const folder = await mkdtemp(join(tmpdir(), "fovea-kills-"));
// Benchmarks run bundled, in the repository's root.
const bundle = await bundled("train/train", process.cwd());
try {
  const model = join(folder, "small.yaml");
  await writeFile(model, smallYaml());
  const request: TrainRequest = {
    ...{ data: await writeSmallData(join(folder, "data")), model, project: folder },
    arguments: {
      ...{ batch: 2, nbs: 4, imgsz: SIDE, workers: 0, threads: 1, warmup_epochs: 0, optimizer: "AdamW", lr0: 0.005 },
      ...{ close_mosaic: 5, plots: false },
      stages: [
        { epochs: 10, trainable: "head" },
        { epochs: 15, trainable: "3-", lr: { backbone: 1e-3, head: 5e-3 } },
        { epochs: 15, trainable: "all", lr_decay: 0.8 },
      ],
    },
  };
  const whole = await train({ ...request, name: "whole" });
  const killed = await trainKilled(
    bundle,
    { ...request, name: "killed" },
    { kills, most: 12, random: new Random(seed) },
  );
  const equal = isDeepStrictEqual(await outcome(killed.folder), await outcome(whole.folder));
  const what = "best, last and resume weights and results.csv";
  console.log(
    `${killed.kills} kills of a run of 160 batches in 3 stages: ${what} ${equal ? "equal to the bit" : "DIFFER"}`,
  );
  if (!equal || killed.kills < kills) process.exitCode = 1;
} finally {
  await bundle.remove();
  await rm(folder, { recursive: true, force: true });
}
