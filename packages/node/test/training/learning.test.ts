/**
 * @file Small networks learn a few pictures by heart, boxes and masks; and a run whose numbers go wrong says where.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readCheckpoint, writeSafetensors } from "../../src/data/weights-file";
import type { ResultRow } from "../../src/train/results-csv";
import { type TrainResult, train } from "../../src/train/train";
import { SIDE, smallYaml, writeSmallData } from "./small-network";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-learning-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Four images in one batch, as they are, an update each time. */
const ARGUMENTS = {
  batch: 4,
  nbs: 4,
  imgsz: SIDE,
  workers: 0,
  threads: 1,
  warmup_epochs: 0,
  optimizer: "AdamW",
  lr0: 0.01,
  mosaic: 0,
  fliplr: 0,
  scale: 0,
  translate: 0,
  hsv_h: 0,
  hsv_s: 0,
  hsv_v: 0,
  plots: false,
  val: false,
};

async function learn(name: string, head: string | undefined, outlines: boolean, epochs: number): Promise<TrainResult> {
  const data = await writeSmallData(join(folder, name), { count: 4, outlines });
  const model = join(folder, name, "small.yaml");
  await writeFile(model, smallYaml(head));
  return train({ data, model, arguments: { ...ARGUMENTS, epochs }, project: folder, name: `${name}-run` });
}

const lossOf = (row: ResultRow, names: readonly string[]) =>
  names.reduce((sum, name) => sum + Number(row[`train/${name}_loss`]), 0);

/** Largest loss of all epochs and the last one: at first hardly any box overlaps enough to count for anything. */
function fall({ rows }: TrainResult, names: readonly string[]): { readonly most: number; readonly last: number } {
  const losses = rows.map((row) => lossOf(row, names));
  return { most: Math.max(...losses), last: losses[losses.length - 1] };
}

describe("a small network", () => {
  test("learns four images: its loss falls by more than half", async () => {
    const result = await learn("boxes", undefined, false, 80);
    const { most, last } = fall(result, ["box", "cls", "dfl"]);
    expect(last).toBeLessThan(most / 2);
    // Boxes on their lesions, classes told apart.
    expect(fall(result, ["box"]).last).toBeLessThan(1);
    expect(fall(result, ["cls"]).last).toBeLessThan(0.5);
  });

  test("with a head for masks learns outlines too", async () => {
    const result = await learn("masks", "Segment, [nc, 32, 32]", true, 40);
    expect(Object.keys(result.rows[0])).toContain("train/seg_loss");
    for (const names of [["box", "seg", "cls", "dfl"], ["seg"]]) {
      const { most, last } = fall(result, names);
      expect(last, names.join()).toBeLessThan(most / 2);
    }
  });
});

describe("a run whose loss is no number", () => {
  test("ends with its code and the files of the batch, and keeps no such weights", async () => {
    const data = await writeSmallData(join(folder, "broken"), { count: 4 });
    const model = join(folder, "small.yaml");
    await writeFile(model, smallYaml());
    const request = { data, model, project: folder, name: "broken-run" };
    const { last } = await train({ ...request, arguments: { ...ARGUMENTS, epochs: 1 } });
    // Weights as a run would leave them that was stopped too late.
    const { state } = await readCheckpoint(last);
    state.get("model.3.conv.weight")!.data.fill(Number.POSITIVE_INFINITY);
    const weights = join(folder, "infinite.safetensors");
    await writeSafetensors(weights, state);
    const failing = train({ ...request, weights, arguments: { ...ARGUMENTS, epochs: 2 } });
    await expect(failing).rejects.toMatchObject({ code: "loss_not_finite", place: { at: "epoch 1, batch 1" } });
    await expect(failing).rejects.toThrow(/_loss is NaN on a batch of .*scan0\d\.png, .*; lower lr0 or check/);
    const log = await readFile(join(folder, "broken-run2", "results.csv"), "utf8").catch(() => "none");
    expect(log).toBe("none");
  });
});
