import { describe, expect, test } from "vitest";
import { writeSafetensors } from "./safetensors";
import { checkpointMetadata, readSafetensorsCheckpoint } from "./safetensors-checkpoint";
import type { StateDict } from "./state";

const STATE: StateDict = new Map([["w", { shape: [1], data: Float32Array.of(1) }]]);

describe("readSafetensorsCheckpoint", () => {
  test("reads back what checkpointMetadata says", () => {
    const settings = {
      names: ["nodule", "结节"],
      nc: 2,
      stride: [8, 16, 32],
      yaml: { nc: 2, backbone: [[-1, 1, "Conv", [64, 3, 2]]] },
      trainArgs: { epochs: 60, data: null },
    };
    const metadata = checkpointMetadata({ ...settings, metadata: { fitness: "0.5" } });
    const read = readSafetensorsCheckpoint(writeSafetensors(STATE, { metadata }));
    expect(read).toEqual({ format: "safetensors", state: STATE, ...settings, metadata });
    expect(read.metadata.fitness).toBe("0.5");
  });

  test("counts the classes by their names where the file does not say", () => {
    const bytes = writeSafetensors(STATE, { metadata: { names: '["a","b"]' } });
    expect(readSafetensorsCheckpoint(bytes).nc).toBe(2);
  });

  test("leaves the metadata of other programs as text", () => {
    const metadata = { format: "pt", names: "nodule", nc: '"3"', stride: '["8"]', yaml: "nc: 3", train_args: "[1]" };
    const {
      metadata: kept,
      names,
      nc,
      stride,
      yaml,
      trainArgs,
    } = readSafetensorsCheckpoint(writeSafetensors(STATE, { metadata }));
    expect(kept).toEqual(metadata);
    expect({ names, nc, stride, yaml, trainArgs }).toEqual({});
  });
});

describe("checkpointMetadata", () => {
  test("says nothing of what is unknown", () => {
    expect(checkpointMetadata({ metadata: {} })).toEqual({});
  });
});
