/**
 * @file What a PyTorch checkpoint may legitimately look like.
 */
import { describe, expect, test } from "vitest";
import type { Checkpoint } from "../src/nn/weights/state";
import { readTorchCheckpoint } from "../src/nn/weights/torch";
import {
  call,
  checkpointFile,
  dict,
  float,
  global,
  int,
  list,
  module,
  NONE,
  type Program,
  parameter,
  pickle,
  type Storages,
  type TensorOptions,
  tensor,
  text,
  tuple,
  withState,
} from "./pickle-writer";

function read(root: Program, storages: Storages, level: 0 | 6 = 0): Checkpoint {
  return readTorchCheckpoint(checkpointFile(pickle(root), storages, level), "best.pt");
}

/** Values of a state dict's only tensor. */
function valuesOf(sizes: readonly number[], options: TensorOptions, storage: Storages[string]): number[] {
  const { state } = read(dict({ w: tensor(sizes, options) }), { 0: storage });
  return [...(state.get("w")?.data ?? [])];
}

const SIX = Float32Array.of(0, 1, 2, 3, 4, 5);

describe("readTorchCheckpoint reads tensors", () => {
  test.each([
    ["float32", "FloatStorage", Float32Array.of(1, -2.5)],
    ["float64", "DoubleStorage", Float64Array.of(1, -2.5)],
    ["half: 1 is 0x3c00, -2.5 is 0xc100", "HalfStorage", Uint16Array.of(0x3c00, 0xc100)],
    ["bfloat16: 1 is 0x3f80, -2.5 is 0xc020", "BFloat16Storage", Uint16Array.of(0x3f80, 0xc020)],
  ])("of %s", (_, type, storage) => {
    expect(valuesOf([2], { type }, storage)).toEqual([1, -2.5]);
  });

  test("from their offset in a shared storage", () => {
    expect(valuesOf([3], { offset: 2, count: 6 }, SIX)).toEqual([2, 3, 4]);
  });

  test("with the strides of a transposed view", () => {
    // Element (i, j) of the 3 x 2 view stands at i + 3 j of the storage.
    expect(valuesOf([3, 2], { strides: [1, 3] }, SIX)).toEqual([0, 3, 1, 4, 2, 5]);
  });

  test("with channels last", () => {
    // 1 x 2 x 1 x 3 (N C H W) kept as N H W C: (c, w) stands at 2 w + c.
    expect(valuesOf([1, 2, 1, 3], { strides: [6, 1, 6, 2] }, SIX)).toEqual([0, 2, 4, 1, 3, 5]);
  });

  test("with gaps between rows", () => {
    expect(valuesOf([2, 2], { strides: [4, 1], count: 6 }, SIX)).toEqual([0, 1, 4, 5]);
  });

  test("whatever the strides of axes of size 1", () => {
    expect(valuesOf([1, 3], { strides: [77, 1] }, SIX.slice(0, 3))).toEqual([0, 1, 2]);
  });

  test("of a single value and of none", () => {
    const { state } = read(dict({ scalar: tensor([]), empty: tensor([0, 3], { key: "1" }) }), {
      0: Float32Array.of(7),
      1: new Float32Array(0),
    });
    expect(state.get("scalar")).toEqual({ shape: [], data: Float32Array.of(7) });
    expect(state.get("empty")).toEqual({ shape: [0, 3], data: new Float32Array(0) });
  });

  test("out of a compressed archive", () => {
    const { state } = read(dict({ w: tensor([1000]) }), { 0: new Float32Array(1000).fill(0.5) }, 6);
    expect(state.get("w")?.data).toEqual(new Float32Array(1000).fill(0.5));
  });

  test("apart from one another, even if they share a storage", () => {
    const { state } = read(dict({ a: tensor([6]), b: tensor([6]) }), { 0: SIX });
    state.get("a")?.data.fill(9);
    expect(state.get("b")?.data).toEqual(SIX);
  });
});

const CONV = module("Conv2d", { parameters: { weight: parameter(tensor([6])), bias: NONE } });
const NORM = module("BatchNorm2d", {
  parameters: { weight: parameter(tensor([2], { count: 6 })) },
  buffers: {
    running_mean: tensor([2], { offset: 2, count: 6 }),
    num_batches_tracked: tensor([], { type: "LongStorage", key: "1" }),
    anchors: tensor([2], { offset: 4, count: 6 }),
  },
  transient: ["anchors"],
});
const STORAGES: Storages = { 0: SIX, 1: BigInt64Array.of(3n) };

function network(attributes: Readonly<Record<string, Program>> = {}): Program {
  const block = module("Sequential", { modules: { conv: CONV, bn: NORM, act: NONE } });
  return module("DetectionModel", {
    modules: { model: module("Sequential", { modules: { "0": block } }) },
    attributes,
  });
}

const NETWORK_NAMES = ["model.0.conv.weight", "model.0.bn.weight", "model.0.bn.running_mean"];

describe("readTorchCheckpoint walks modules", () => {
  test("to float parameters and persistent buffers, named by path, in state dict order", () => {
    const { state, metadata } = read(dict({ model: network() }), STORAGES);
    expect([...state.keys()]).toEqual(NETWORK_NAMES);
    expect(state.get("model.0.bn.running_mean")?.data).toEqual(Float32Array.of(2, 3));
    expect(metadata.class).toBe("torch.nn.modules.container.DetectionModel");
  });

  test.each([
    ["a bare module", network()],
    ["`model`, if `ema` is None", dict({ ema: NONE, model: network() })],
    ["`ema` before `model`", dict({ model: CONV, ema: network() })],
  ])("in %s", (_, root) => {
    expect([...read(root, STORAGES).state.keys()]).toEqual(NETWORK_NAMES);
  });

  test.each([
    ["a state dict", dict({ "model.0.conv.weight": tensor([6]), epoch: int(3) })],
    ["a state dict under `model`", dict({ model: dict({ "model.0.conv.weight": tensor([6]) }) })],
    ["a state dict under `state_dict`", dict({ state_dict: dict({ "model.0.conv.weight": tensor([6]) }) })],
  ])("or takes %s", (_, root) => {
    expect([...read(root, STORAGES).state]).toEqual([["model.0.conv.weight", { shape: [6], data: SIX }]]);
  });

  test("past a bound method, which published segmentation checkpoints hold", () => {
    const method = call(
      global("__builtin__", "getattr"),
      global("ultralytics.nn.modules.head", "Detect"),
      text("forward"),
    );
    expect(read(dict({ model: network({ detect: method }) }), STORAGES).state.size).toBe(3);
  });
});

describe("readTorchCheckpoint reads settings", () => {
  const path = call(global("pathlib", "PosixPath"), text("/"), text("data"), text("bccd.yaml"));
  const namespace = withState(
    [...global("ultralytics.utils", "IterableSimpleNamespace"), ...tuple(), 0x81],
    dict({ epochs: int(7), lr0: float(0.01) }),
  );
  const attributes = {
    names: [0x7d, 0x28, ...int(0), ...text("nodule"), ...int(1), ...text("结节"), 0x75],
    nc: int(2),
    stride: tensor([3], { key: "2" }),
    yaml: dict({ nc: int(2), backbone: list(list(int(-1), int(1), text("Conv"), list(int(64), int(3), int(2)))) }),
    args: namespace,
  };
  const storages = { ...STORAGES, 2: Float32Array.of(8, 16, 32) };

  test("of the network", () => {
    const { names, nc, stride, yaml, trainArgs } = read(dict({ model: network(attributes) }), storages);
    expect({ names, nc, stride }).toEqual({ names: ["nodule", "结节"], nc: 2, stride: [8, 16, 32] });
    expect(yaml).toEqual({ nc: 2, backbone: [[-1, 1, "Conv", [64, 3, 2]]] });
    expect(trainArgs).toEqual({ epochs: 7, lr0: 0.01 });
  });

  test("of the training run before those of the network", () => {
    const root = dict({ model: network(attributes), train_args: dict({ data: path, epochs: int(60) }) });
    expect(read(root, storages).trainArgs).toEqual({ data: "/data/bccd.yaml", epochs: 60 });
  });

  test("as text if they are numbers, text or metrics, and no others", () => {
    const root = dict({
      model: network(),
      epoch: int(-1),
      version: text("8.3.63"),
      best_fitness: NONE,
      train_metrics: dict({ fitness: float(0.5) }),
      optimizer: dict({ lr: float(1) }),
    });
    const { class: _, ...metadata } = read(root, STORAGES).metadata;
    expect(metadata).toEqual({ epoch: "-1", version: "8.3.63", train_metrics: '{"fitness":0.5}' });
  });

  test("and goes without those that are absent or make no sense", () => {
    const { names, nc, stride, yaml, trainArgs } = read(
      dict({ model: network({ names: list(int(1), NONE), stride: text("8") }) }),
      STORAGES,
    );
    expect({ names, nc, stride, yaml, trainArgs }).toEqual({});
  });
});
