/**
 * @file `normalize: zscore` from training to prediction: the model's file says it, and all that use the model go by it.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Normalisation } from "@fovea/core/imaging/normalise";
import { type GivenArguments, trainingArguments } from "@fovea/core/recipe/training-arguments";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Loader } from "../../src/data/loader";
import { openDataset } from "../../src/data/open-dataset";
import { readCheckpoint, writeSafetensors } from "../../src/data/weights-file";
import { exportOnnx } from "../../src/export/export-onnx";
import { openDetector, openExport } from "../../src/model/open-detector";
import { openModel, openTrainableModel } from "../../src/model/open-model";
import { type PredictOptions, predict } from "../../src/predict/predict";
import type { PredictedImage } from "../../src/predict/predicted-image";
import { drawValidationPictures } from "../../src/report/validation-pictures";
import { openRuntime } from "../../src/runtime/onnx-runtime";
import { measureModel } from "../../src/train/measure-model";
import { lossOptions } from "../../src/train/run-options";
import { resumeTraining, type TrainEvents, type TrainResult, train } from "../../src/train/train";
import { validate } from "../../src/train/validate";
import { brightDetector } from "../bright-detector";
import { SIDE, smallYaml, writeSmallData } from "./small-network";

let folder: string;
let data: string;
/** A run under `zscore` that nothing disturbs. */
let whole: TrainResult;
/** Its last weights as a file that says nothing of it. */
let silent: string;

const ARGUMENTS: GivenArguments = {
  ...{ epochs: 15, batch: 2, nbs: 2, imgsz: SIDE, workers: 0, threads: 1, warmup_epochs: 0 },
  ...{ optimizer: "AdamW", lr0: 0.01, mosaic: 0, plots: false, normalize: "zscore" },
};

function run(given: GivenArguments = {}, events: TrainEvents = {}, model = join(folder, "small.yaml")) {
  return train({ data, model, arguments: { ...ARGUMENTS, ...given }, project: folder, name: "run" }, events);
}

/** The same weights under a file's metadata with other entries. */
async function rewritten(name: string, from: string, change: Readonly<Record<string, string | undefined>>) {
  const { state, metadata } = await readCheckpoint(from);
  const entries = Object.entries({ ...metadata, ...change }).filter(([, value]) => value !== undefined);
  const path = join(folder, name);
  await writeSafetensors(path, state, { metadata: Object.fromEntries(entries) as Record<string, string> });
  return path;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-normalise-"));
  data = await writeSmallData(join(folder, "data"));
  await writeFile(join(folder, "small.yaml"), smallYaml());
  whole = await run();
  silent = await rewritten("silent.safetensors", whole.last, { normalize: undefined });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const statesOf = ({ folder: at }: TrainResult) =>
  Promise.all(
    ["last", "resume"].map(async (name) => (await readCheckpoint(join(at, "weights", `${name}.safetensors`))).state),
  );

async function predicted(model: string, options: Partial<PredictOptions> = {}): Promise<readonly PredictedImage[]> {
  const out = join(folder, "out");
  const sources = [join(folder, "data/images/val")];
  await predict({ model, sources, out, imgsz: SIDE, conf: 0, threads: 1, pictures: false, page: false, ...options });
  return JSON.parse(await readFile(join(out, "findings.json"), "utf8")).images;
}

describe("a run under zscore", () => {
  test("says so in its weights; one without says nothing", async () => {
    for (const file of [whole.best, whole.last]) {
      expect((await readCheckpoint(file)).metadata.normalize).toBe("zscore");
      expect((await openModel(file)).normalize).toBe("zscore");
      expect((await openDetector(file)).signature.normalize).toBe("zscore");
    }
    expect((await openModel(silent)).normalize).toBe("none");
    const { last } = await run({ epochs: 1, normalize: "none", val: false });
    expect((await readCheckpoint(last)).metadata).not.toHaveProperty("normalize");
  });

  test("learns from other images than one without", async () => {
    const [seen, plain] = [
      await run({ epochs: 1, val: false }),
      await run({ epochs: 1, val: false, normalize: "none" }),
    ];
    expect(await statesOf(plain)).not.toEqual(await statesOf(seen));
  });

  test("is resumed as if never stopped, in threads too", async () => {
    let batches = 0;
    const stopped = await run({ workers: 1 }, { onBatch: () => batches++, shouldStop: () => batches >= 3 });
    expect(stopped.end).toBe("interrupted");
    const resumed = await resumeTraining(stopped.folder);
    expect(resumed.end).toBe("finished");
    expect(await statesOf(resumed)).toEqual(await statesOf(whole));
    expect((await openModel(resumed.last)).normalize).toBe("zscore");
  });

  test("is validated after each epoch on what its file says", async () => {
    const { network, values, names } = await openModel(whole.last);
    const [trained, dataset] = [await openDataset(data, "train"), await openDataset(data, "val")];
    const loss = lossOptions(trainingArguments(ARGUMENTS), trained, dataset);
    const measured = async (normalize: Normalisation) => {
      const loader = new Loader(dataset, { imgsz: SIDE, batch: 2, mode: "val", workers: 0, normalize });
      try {
        const runtime = await openRuntime({ threads: 1 });
        return (await validate(runtime, { network, values, names, dataset, loader, loss })).loss;
      } finally {
        await loader.close();
      }
    };
    const row = whole.rows.at(-1) ?? {};
    const wanted = ["box", "cls", "dfl"].map((item) => Number(row[`val/${item}_loss`]));
    const [seen, plain] = [await measured("zscore"), await measured("none")];
    for (const [i, item] of seen.entries()) expect(item).toBeCloseTo(wanted[i], 4);
    expect(Math.abs(plain[1] - wanted[1])).toBeGreaterThan(0.01);
  });

  test("predicts by what its file says, as safetensors and exported alike", async () => {
    const found = await predicted(whole.last);
    expect(found).toHaveLength(8);
    expect(await predicted(silent)).not.toEqual(found);

    const onnx = join(folder, "exported.onnx");
    await writeFile(onnx, exportOnnx(await openModel(whole.last), { height: SIDE, width: SIDE, date: "2026-01-02" }));
    expect((await openDetector(onnx)).signature.normalize).toBe("zscore");
    expect((await openModel(onnx)).normalize).toBe("zscore");
    const exported = await predicted(onnx);
    for (const [i, { findings }] of found.entries()) {
      expect(exported[i].findings[0].confidence).toBeCloseTo(findings[0].confidence, 3);
      expect(exported[i].findings[0].box.x1).toBeCloseTo(findings[0].box.x1, 0);
    }
    await writeFile(onnx, exportOnnx(await openModel(silent), { height: SIDE, width: SIDE, date: "2026-01-02" }));
    expect((await openExport(onnx)).signature.normalize).toBeUndefined();
    expect((await openDetector(onnx)).signature.normalize).toBe("none");
  });
});

describe("training on from weights under zscore", () => {
  const warningsOf = async (given: GivenArguments, model: string) => {
    let told: readonly string[] = [];
    const onStart: TrainEvents["onStart"] = ({ model: { warnings } }) => {
      told = warnings;
    };
    await run({ epochs: 1, val: false, ...given }, { onStart }, model);
    return told;
  };

  test("without it is warned of, with both named", async () => {
    const [warning, ...others] = await warningsOf({ normalize: "none" }, whole.last);
    expect(others).toEqual([]);
    expect(warning).toContain(`${whole.last} was trained with normalize=zscore, this run has normalize=none`);
  });

  test("is not warned of where both agree, or where nothing is taken over", async () => {
    expect(await warningsOf({}, whole.last)).toEqual([]);
    expect(await warningsOf({}, silent)).toEqual([]);
    expect(await warningsOf({ normalize: "none", pretrained: "false" }, whole.last)).toEqual([]);
  });
});

describe("what is not known", () => {
  test("is refused as an argument", async () => {
    await expect(run({ normalize: "minmax" })).rejects.toThrow("normalize: got minmax, wanted one of none, zscore");
  });

  test("is refused in weights, for prediction and for training", async () => {
    const file = await rewritten("unknown.safetensors", whole.last, { normalize: "minmax" });
    const wanted = { code: "invalid_checkpoint", place: { file, at: "normalize" } };
    await expect(openModel(file)).rejects.toMatchObject(wanted);
    await expect(openTrainableModel(file, {})).rejects.toMatchObject(wanted);
    await expect(predicted(file)).rejects.toThrow("got minmax, expected none or zscore");
  });

  test("is refused in an exported model", async () => {
    const file = join(folder, "unknown.onnx");
    await writeFile(file, brightDetector({ metadata: { names: "{0: 'bright'}", stride: "32", normalize: "minmax" } }));
    const wanted = { code: "invalid_onnx", place: { file, at: "normalize" } };
    await expect(openDetector(file)).rejects.toMatchObject(wanted);
    await expect(measureModel({ model: file, data, imgsz: SIDE })).rejects.toMatchObject(wanted);
  });
});

/** A model that is as sure of the middle of an image as it is bright: of even images, which become 128, .502. */
describe("a model that says what it sees", () => {
  let dark: string;
  const bright: Record<"none" | "zscore", string> = { none: "", zscore: "" };
  beforeAll(async () => {
    const root = join(folder, "dark");
    dark = await writeSmallData(root, { count: 1 });
    const level = { r: 25, g: 25, b: 25 };
    const picture = sharp({ create: { width: SIDE, height: SIDE, channels: 3, background: level } });
    await picture.png().toFile(join(root, "images/val/scan00.png"));
    await writeFile(join(root, "labels/val/scan00.txt"), "0 0.5 0.5 0.25 0.25\n");
    for (const normalize of ["none", "zscore"] as const) {
      bright[normalize] = join(folder, `${normalize}.onnx`);
      const metadata = { names: "{0: 'square'}", stride: "32", ...(normalize === "zscore" && { normalize }) };
      await writeFile(bright[normalize], brightDetector({ metadata }));
    }
  });

  // 25 / 255 = .098.
  test.each([
    ["none", 0],
    ["zscore", 1],
  ] as const)("is measured and drawn so: %s", async (normalize, found) => {
    const model = bright[normalize];
    const measures = await measureModel({ model, data: dark, imgsz: SIDE, conf: 0.25, singleCls: true, threads: 1 });
    expect(measures.map50).toBeCloseTo(found, 1);
    const runtime = await openRuntime({ threads: 1 });
    const [drawn] = await drawValidationPictures(runtime, model, await openDataset(dark, "val"), { imgsz: SIDE });
    expect([drawn.marked, drawn.found]).toEqual([1, found]);
    // What is drawn is the picture as it is.
    const { data: pixels } = await sharp(drawn.picture.jpeg).raw().toBuffer({ resolveWithObject: true });
    expect(Math.abs(pixels[0] - 25)).toBeLessThan(8);
  });

  test("predicts so, while what is drawn stays the usual picture", async () => {
    const options = { sources: [join(folder, "dark/images/val/scan00.png")], pictures: true, conf: 0.25 };
    expect((await predicted(bright.none, options))[0].findings).toEqual([]);
    const [{ findings, annotated = "" }] = await predicted(bright.zscore, options);
    expect(findings[0].confidence).toBeCloseTo(128 / 255, 3);
    const { data: pixels } = await sharp(join(folder, "out", annotated))
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect(pixels[0]).toBe(25);
  });
});
