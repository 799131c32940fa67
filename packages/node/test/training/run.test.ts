/**
 * @file Whole training runs on a small network: repeatable to the bit, resumed to the bit, and learning.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StateDict } from "@fovea/core/nn/weights/state";
import type { GivenArguments } from "@fovea/core/recipe/training-arguments";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openDataset } from "../../src/data/open-dataset";
import { readCheckpoint } from "../../src/data/weights-file";
import { measureModel } from "../../src/train/measure-model";
import { resumeTraining, type TrainEvents, type TrainRequest, type TrainResult, train } from "../../src/train/train";
import { SIDE, smallYaml, writeSmallData } from "./small-network";

let folder: string;
let data: string;
let model: string;
/** The run of `ARGUMENTS` that nothing disturbs. */
let whole: TrainResult;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-training-"));
  data = await writeSmallData(join(folder, "data"));
  model = join(folder, "small.yaml");
  await writeFile(model, smallYaml());
  whole = await train(request());
});

afterAll(() => rm(folder, { recursive: true, force: true }));

type Given = GivenArguments;

/** Three epochs of four batches, updated after every other batch. */
const ARGUMENTS: Given = {
  epochs: 3,
  batch: 2,
  nbs: 4,
  imgsz: SIDE,
  workers: 0,
  threads: 1,
  warmup_epochs: 0,
  optimizer: "AdamW",
  lr0: 0.005,
  close_mosaic: 1,
  plots: false,
  val: false,
};

function request(given: Given = {}): TrainRequest {
  return { data, model, arguments: { ...ARGUMENTS, ...given }, project: join(folder, "runs"), name: "run" };
}

/** Trained weights, and everything that a run keeps to go on. */
async function kept({ folder: run }: TrainResult): Promise<StateDict[]> {
  const files = ["best", "last", "resume"].map((name) => join(run, "weights", `${name}.safetensors`));
  return Promise.all(files.map(async (file) => (await readCheckpoint(file)).state));
}

const timeless = ({ rows }: TrainResult) => rows.map((row) => ({ ...row, time: 0 }));

/** Asks to stop once `batches` batches are done. */
function stopAfter(batches: number): TrainEvents {
  let done = 0;
  return { onBatch: () => done++, shouldStop: () => done >= batches };
}

describe("training", () => {
  test("gives the same weights to the bit for the same seed, whatever the number of loader threads", async () => {
    expect(whole.end).toBe("finished");
    const others: readonly Given[] = [{}, { workers: 1, cache: "false" }];
    for (const given of others) {
      const again = await train(request(given));
      expect(await kept(again)).toEqual(await kept(whole));
      expect(timeless(again)).toEqual(timeless(whole));
    }
  });

  test("gives others for another seed, in a folder of its own, though both run at once", async () => {
    const [a, b] = await Promise.all([train(request({ epochs: 1 })), train(request({ epochs: 1, seed: 1 }))]);
    expect(a.folder).not.toBe(b.folder);
    const [[first], [second]] = [await kept(a), await kept(b)];
    expect(first.get("model.0.conv.weight")).not.toEqual(second.get("model.0.conv.weight"));
  });

  // Twelve batches: in the middle of an epoch with a gradient waiting, at an epoch's end, one before the last.
  test.each([1, 4, 11])("stopped after %d batches and resumed is as if never stopped", async (batches) => {
    const stopped = await train(request(), stopAfter(batches));
    expect(stopped.end).toBe("interrupted");
    const resumed = await resumeTraining(stopped.folder);
    expect(resumed.folder).toBe(stopped.folder);
    expect(resumed.end).toBe("finished");
    expect(await kept(resumed)).toEqual(await kept(whole));
    expect(timeless(resumed)).toEqual(timeless(whole));
  });

  test("can be stopped and resumed again and again", async () => {
    let result = await train(request(), stopAfter(1));
    for (let i = 0; i < 3; i++) result = await resumeTraining(result.folder, stopAfter(3));
    expect(result.end).toBe("interrupted");
    result = await resumeTraining(join(result.folder, "weights", "last.safetensors"));
    expect(await kept(result)).toEqual(await kept(whole));
  });

  test("that is finished cannot be resumed", async () => {
    const { folder: run } = await train(request({ epochs: 1 }));
    await expect(resumeTraining(run)).rejects.toMatchObject({ code: "invalid_argument", place: { file: run } });
    await expect(resumeTraining(run)).rejects.toThrow("has finished with epoch 1; start a new one");
  });

  test("that never came to the end of an epoch cannot be resumed", async () => {
    const { folder: run } = await train(request(), stopAfter(1));
    await rm(join(run, "weights", "resume.safetensors"));
    await expect(resumeTraining(run)).rejects.toMatchObject({ code: "file_not_found", place: { file: run } });
    await expect(resumeTraining(run)).rejects.toThrow("no weights/resume.safetensors there");
    await expect(resumeTraining(join(folder, "nowhere"))).rejects.toMatchObject({ code: "file_not_found" });
  });

  test("refuses a state that is no state of this network", async () => {
    const stopped = await train(request(), stopAfter(1));
    const args = join(stopped.folder, "args.json");
    const other = { ...JSON.parse(await readFile(args, "utf8")), model: "yolov8n" };
    await writeFile(args, JSON.stringify(other));
    await expect(resumeTraining(stopped.folder)).rejects.toThrow(/saved state does not fit the network/);
  });
});

test("a model trained on all classes as one is measured on them as one", async () => {
  const { best } = await train(request({ epochs: 1, single_cls: true }));
  const options = { model: best, data, imgsz: SIDE, threads: 1 };
  await expect(measureModel(options)).rejects.toMatchObject({ code: "invalid_dataset", place: { at: "names" } });
  const [whole, asOne] = [await openDataset(data, "val"), await measureModel({ ...options, singleCls: true })];
  const labels = whole.samples.reduce((sum, sample) => sum + sample.labels.length, 0);
  expect(asOne).toMatchObject({ labels, perClass: [{ classId: 0, name: "item", labels }] });
});

test("a run is not resumed on classes that stand in another order by now", async () => {
  const own = await writeSmallData(join(folder, "renamed"));
  const stopped = await train({ ...request(), data: own }, stopAfter(1));
  const text = await readFile(own, "utf8");
  await writeFile(own, text.replace(/names: \[(\w+), (\w+)/, "names: [$2, $1"));
  await expect(resumeTraining(stopped.folder)).rejects.toMatchObject({
    code: "invalid_dataset",
    place: { file: join(stopped.folder, "args.json"), at: "names" },
  });
  await writeFile(own, text);
  expect((await resumeTraining(stopped.folder)).end).toBe("finished");
});
