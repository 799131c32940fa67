/**
 * @file Weights that training writes: read again they are the same network, and start others.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Value } from "@fovea/core/graph/runtime";
import { inferenceGraph } from "@fovea/core/nn/inference-graph";
import { readSafetensors } from "@fovea/core/nn/weights/safetensors";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sharedAvailable, sharedPath } from "../../../../test/shared";
import { type Model, openModel, openTrainableModel } from "../../src/model/open-model";
import { openRuntime } from "../../src/runtime/onnx-runtime";
import { type TrainResult, train } from "../../src/train/train";
import { noiseBatch, SIDE, smallYaml, writeSmallData } from "./small-network";

let folder: string;
let result: TrainResult;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-weights-"));
  const data = await writeSmallData(folder);
  const model = join(folder, "small.yaml");
  await writeFile(model, smallYaml());
  const given = { epochs: 2, batch: 4, imgsz: SIDE, workers: 0, threads: 1, plots: false };
  result = await train({ data, model, arguments: given, project: folder, name: "run" });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function outputOf({ network, values }: Model): Promise<Value> {
  const runtime = await openRuntime({ threads: 1 });
  const session = await runtime.load(inferenceGraph(network, values, { width: SIDE, height: SIDE, pixels: "uint8" }));
  const { images, size } = noiseBatch(6, 2);
  const results = await session.run({ images: { dtype: "uint8", shape: [size, 3, SIDE, SIDE], data: images } });
  await session.release();
  return results.output0;
}

describe("trained weights", () => {
  test("say what they are", async () => {
    const { metadata } = readSafetensors(await readFile(result.best), result.best);
    expect(JSON.parse(metadata.names)).toEqual(["square", "disc"]);
    expect(Object.keys(JSON.parse(metadata.metrics))).toContain("metrics/mAP50(B)");
    const { network, names, warnings } = await openModel(result.best);
    expect(network.nc).toBe(2);
    expect(network.strides).toEqual([8, 16]);
    expect(names).toEqual(["square", "disc"]);
    expect(warnings).toEqual([]);
  });

  test("are those of the averaged network, to the bit of its output", async () => {
    const [opened, again] = [await openModel(result.last), await openTrainableModel(result.last, {})];
    expect(again.transfer?.skipped).toEqual([]);
    expect(again.values).toEqual(opened.values);
    const output = await outputOf(opened);
    expect(await outputOf(again)).toEqual(output);
    // 6 rows for 8 x 8 and 4 x 4 anchors.
    expect(output.shape).toEqual([2, 6, 80]);
    // What a run keeps to go on holds the same average, as flat arrays.
    const { state } = readSafetensors(await readFile(join(result.folder, "weights", "resume.safetensors")), "resume");
    const average = new Set(state.get("average:weight")!.data);
    expect(opened.values.get("model.0.conv.weight")!.every((value) => average.has(value))).toBe(true);
  });

  test("start a network of other classes: what both name is kept, the rest begins anew", async () => {
    const source = await openModel(result.last);
    const target = await openTrainableModel(result.last, { names: ["ring", "disc", "star"], seed: 5 });
    expect(target.network.nc).toBe(3);
    expect(target.transfer?.partial.map(({ classes }) => classes)).toEqual(new Array(4).fill(["disc"]));
    expect(target.values.get("model.0.conv.weight")).toEqual(source.values.get("model.0.conv.weight"));
    const name = "model.5.cv3.0.2.bias";
    expect(target.values.get(name)![1]).toBe(source.values.get(name)![1]);
    expect(target.values.get(name)![0]).not.toBe(source.values.get(name)![0]);
  });
});

describe.skipIf(!sharedAvailable)("weights of YOLOv8n", () => {
  const weights = sharedPath("reference/yolo/yolov8n/model.pt");

  test("start YOLOv8n-P2 as far as the two are alike: backbone, way up, way down, box branches of the levels they share", async () => {
    const source = await openModel(weights);
    const { values, transfer } = await openTrainableModel("yolov8n-p2", { names: source.names, weights });
    // Rows 0 to 15 are the same in both; behind six rows of the new level comes the way down.
    const row = (name: string) => Number(name.split(".")[1]);
    const below: Readonly<Record<number, number>> = { 16: 22, 18: 24, 19: 25, 21: 27 };
    const expected = new Map<string, string>();
    for (const name of source.values.keys()) {
      const to = row(name) <= 15 ? row(name) : below[row(name)];
      if (to !== undefined) expected.set(`model.${to}.${name.split(".").slice(2).join(".")}`, name);
      // Class branches are narrower there.
      const [, level, rest] = /^model\.22\.cv2\.(\d)\.(.+)$/.exec(name) ?? [];
      if (level !== undefined) expected.set(`model.28.cv2.${Number(level) + 1}.${rest}`, name);
      if (name.startsWith("model.22.dfl.")) expected.set(name.replace("22", "28"), name);
    }
    for (const [to, from] of expected) expect(values.get(to), to).toEqual(source.values.get(from));
    // Norms of the class towers that happen to be as wide are not among those.
    const others = (transfer?.transferred ?? []).filter((name) => !expected.has(name));
    expect(others.every((name) => name.startsWith("model.28.cv3."))).toBe(true);
    expect([...expected.keys()].filter((name) => !transfer?.transferred.includes(name))).toEqual([]);
    expect(transfer?.moved).toContainEqual({ target: 24, source: 18 });
  });

  test("start a network of five classes", async () => {
    const source = await openModel(weights);
    const names = ["nodule", "mass", "calcification", "cyst", "fibrosis"];
    const { network, values, transfer } = await openTrainableModel(weights, { names });
    expect(network.nc).toBe(5);
    expect(transfer?.partial.map(({ classes }) => classes)).toEqual(new Array(6).fill(source.names));
    // Only the class layers were taken in part; nothing else differs between three classes and five.
    expect(transfer?.skipped).toEqual([]);
    expect(values.get("model.22.cv3.0.2.weight")!.slice(0, 3 * 64)).toEqual(
      source.values.get("model.22.cv3.0.2.weight"),
    );
  });
});
