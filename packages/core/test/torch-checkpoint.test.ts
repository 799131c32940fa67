/**
 * @file Checkpoints exactly as the public trainer writes them.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { sharedAvailable, sharedPath } from "../../../test/shared";
import { readTorchCheckpoint } from "../src/nn/weights/torch";

const MODELS = ["yolov8n", "yolov8n-p2", "yolov8n-seg", "yolo12n", "yolo12n-pebias", "yolo11n"];

interface Meta {
  readonly names: string[];
  readonly nc: number;
  readonly stride: number[];
  readonly parameters: number;
  readonly state_dict: Record<string, number[]>;
}

function checkpoint(path: string) {
  return readTorchCheckpoint(readFileSync(sharedPath(`reference/yolo/${path}`)), path);
}

function metaOf(model: string): Meta {
  return JSON.parse(readFileSync(sharedPath(`reference/yolo/${model}/meta.json`), "utf8"));
}

describe.skipIf(!sharedAvailable)("readTorchCheckpoint", () => {
  test.each(MODELS)("parity: %s has the names, shapes and order of the published state dict", (model) => {
    const { state } = checkpoint(`${model}/model.pt`);
    const expected = Object.entries(metaOf(model).state_dict).filter(
      ([name]) => !name.endsWith(".num_batches_tracked"),
    );
    expect([...state].map(([name, { shape }]) => [name, shape])).toEqual(expected);
  });

  test.each(MODELS)("parity: %s names its classes, strides, YAML and training arguments", (model) => {
    const { names, nc, stride, yaml, trainArgs, metadata } = checkpoint(`${model}/model.pt`);
    const meta = metaOf(model);
    expect({ names, nc, stride }).toEqual({ names: meta.names, nc: meta.nc, stride: meta.stride });
    expect(yaml).toMatchObject({ nc: 3, backbone: expect.any(Array), head: expect.any(Array) });
    expect(trainArgs).toMatchObject({ epochs: 100, batch: 16, imgsz: 640 });
    expect(metadata.class).toMatch(/^ultralytics\.nn\.tasks\.(Detection|Segmentation)Model$/);
  });

  test("parity: bccd-yolov8n.pt is the trained detector of its log", () => {
    const { state, names, stride, trainArgs, metadata } = checkpoint("bccd-yolov8n.pt");
    expect(names).toEqual(["RBC", "WBC", "Platelets"]);
    expect(stride).toEqual([8, 16, 32]);
    expect(trainArgs).toMatchObject({ task: "detect", epochs: 60, imgsz: 320, batch: 16, seed: 0 });
    expect(metadata.version).toBe("8.3.63");
    expect(JSON.parse(metadata.train_metrics)["metrics/mAP50(B)"]).toBe(0.8066);
    expect([...state].map(([name, { shape }]) => [name, shape])).toEqual(
      Object.entries(metaOf("yolov8n").state_dict).filter(([name]) => !name.endsWith(".num_batches_tracked")),
    );
  });

  test("parity: bccd-yolo12n.pt has the state dict of yolo12n", () => {
    const { state } = checkpoint("bccd-yolo12n.pt");
    const expected = Object.entries(metaOf("yolo12n").state_dict).filter(
      ([name]) => !name.endsWith(".num_batches_tracked"),
    );
    expect([...state].map(([name, { shape }]) => [name, shape])).toEqual(expected);
  });

  test("parity: the integral weights of the distribution head are 0 to 15", () => {
    const dfl = checkpoint("yolov8n/model.pt").state.get("model.22.dfl.conv.weight");
    expect([...(dfl?.data ?? [])]).toEqual(Array.from({ length: 16 }, (_, i) => i));
  });

  test("parity: the bias of pe.conv is kept", () => {
    const biases = [...checkpoint("yolo12n-pebias/model.pt").state.keys()].filter((name) =>
      name.endsWith(".pe.conv.bias"),
    );
    expect(biases).toHaveLength(8);
  });
});
