/**
 * @file Networks against the checkpoints and state dicts of the public trainer.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { sharedAvailable, sharedPath } from "../../../test/shared";
import { countNetwork } from "../src/nn/count";
import { readModel } from "../src/nn/model-yaml";
import { networkByName } from "../src/nn/network-by-name";
import { parametersOf } from "../src/nn/parameters";
import { toPublished } from "../src/nn/to-published";
import { readTorchCheckpoint } from "../src/nn/weights/torch";

const MODELS = ["yolov8n", "yolov8n-p2", "yolov8n-seg", "yolo12n", "yolo12n-pebias"];

interface Meta {
  readonly nc: number;
  readonly stride: number[];
  readonly parameters: number;
  readonly state_dict: Record<string, number[]>;
}

function metaOf(model: string): Meta {
  return JSON.parse(readFileSync(sharedPath(`reference/yolo/${model}/meta.json`), "utf8"));
}

function storedYaml(file: string): unknown {
  return readTorchCheckpoint(readFileSync(sharedPath(`reference/yolo/${file}`)), file).yaml;
}

/** The network of a reference model, from our own tables. */
function tableOf(model: string) {
  return networkByName(model.replace("-pebias", ""), { nc: 3 }).network;
}

describe.skipIf(!sharedAvailable)("networkByName", () => {
  test.each(MODELS)("parity: %s has the names and shapes of the state dict", (model) => {
    const parameters = parametersOf(tableOf(model), { peBias: model.endsWith("-pebias") });
    const ours = Object.fromEntries(parameters.map(({ name, shape }) => [name, shape]));
    const theirs = Object.entries(metaOf(model).state_dict).filter(([name]) => !name.endsWith("num_batches_tracked"));
    expect(ours).toEqual(Object.fromEntries(theirs));
    expect(parameters).toHaveLength(theirs.length);
  });

  test.each(MODELS)("parity: %s has the parameter count and strides of the public implementation", (model) => {
    const { parameters, stride } = metaOf(model);
    const network = tableOf(model);
    expect(countNetwork(network, { peBias: model.endsWith("-pebias") }).parameters).toBe(parameters);
    expect(network.strides).toEqual(stride);
  });
});

describe.skipIf(!sharedAvailable)("readModel", () => {
  test.each(MODELS)("parity: makes the rows of %s from the YAML in its checkpoint", (model) => {
    const { network, warnings } = readModel(storedYaml(`${model}/model.pt`), { file: "runs/best.pt" });
    expect(network).toEqual(tableOf(model));
    expect(warnings).toEqual([]);
  });

  test.each([
    ["bccd-yolov8n.pt", "yolov8n"],
    ["bccd-yolo12n.pt", "yolo12n"],
  ])("parity: makes the rows of %s, trained by two versions of the public tool", (file, name) => {
    expect(readModel(storedYaml(file)).network).toEqual(networkByName(name, { nc: 3 }).network);
  });

  test.each(MODELS)("parity: %s comes back from what is stored beside its weights", (model) => {
    const stored: unknown = JSON.parse(JSON.stringify(toPublished(tableOf(model))));
    expect(readModel(stored)).toEqual({ network: tableOf(model), warnings: [] });
  });

  test("parity: names the row of YOLO11 that is not supported", () => {
    const place = { file: "yolo11n.yaml", at: "row 10 (backbone[10])" };
    const yaml = storedYaml("yolo11n/model.pt");
    expect(() => readModel(yaml)).toThrow(expect.objectContaining({ code: "invalid_model", place }));
    expect(() => readModel(yaml)).toThrow(/C2PSA belongs to YOLO11/);
  });
});
