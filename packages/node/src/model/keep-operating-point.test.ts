import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readSafetensors, writeSafetensors } from "@fovea/core/nn/weights/safetensors";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { keepOperatingPoint, readOperatingPoint } from "./keep-operating-point";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "operating-point-"));
});
afterAll(() => rm(folder, { recursive: true }));

const point = { threshold: 0.5, fpPerScan: 0.25, sensitivity: 0.75, rule: "fp<=0.5" };

describe("keepOperatingPoint", () => {
  test("adds to the metadata and leaves the tensors as they are, the second time too", async () => {
    const path = join(folder, "model.safetensors");
    const state = new Map([["a", { shape: [3], data: Float32Array.of(1, -2, 3.5) }]]);
    await writeFile(path, writeSafetensors(state, { metadata: { names: "{}" } }));
    await keepOperatingPoint(path, { ...point, threshold: 0.123456789 });
    await keepOperatingPoint(path, point);
    const { state: read, metadata } = readSafetensors(new Uint8Array(await readFile(path)), path);
    expect([...(read.get("a")?.data ?? [])]).toEqual([1, -2, 3.5]);
    expect(metadata.names).toBe("{}");
    expect(readOperatingPoint(metadata, path)).toEqual(point);
  });

  test("refuses other files", async () => {
    await expect(keepOperatingPoint("model.onnx", point)).rejects.toThrow(".safetensors only");
  });
});

test("readOperatingPoint takes nothing for none, and refuses nonsense", () => {
  expect(readOperatingPoint({}, "a")).toBeUndefined();
  for (const text of ["{", "null", '{"threshold":2,"fpPerScan":0,"sensitivity":1,"rule":"f1"}']) {
    expect(() => readOperatingPoint({ operating_point: text }, "a")).toThrow("a: operating_point: no operating point");
  }
});
