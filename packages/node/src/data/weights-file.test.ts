import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkpointMetadata } from "@fovea/core/nn/weights/safetensors-checkpoint";
import type { StateDict } from "@fovea/core/nn/weights/state";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sharedAvailable, sharedPath } from "../../../../test/shared";
import { readCheckpoint, writeSafetensors } from "./weights-file";

const STATE: StateDict = new Map([["model.0.conv.weight", { shape: [2], data: Float32Array.of(1, -2.5) }]]);

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function written(name: string, content: Uint8Array | string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

describe("readCheckpoint", () => {
  test("reads what writeSafetensors wrote, whatever its name", async () => {
    const metadata = checkpointMetadata({ names: ["nodule", "结节"], metadata: { fitness: "0.5" } });
    for (const name of ["best.safetensors", "best.weights", "best.pt"]) {
      const path = join(folder, name);
      await writeSafetensors(path, STATE, { metadata });
      const read = await readCheckpoint(path);
      expect(read).toMatchObject({ format: "safetensors", state: STATE, names: ["nodule", "结节"], nc: 2 });
      expect(read.metadata.fitness).toBe("0.5");
    }
  });

  test("reads the initialisers of an ONNX model", async () => {
    // Protobuf: a model (ir_version 8) of a graph "g" of one tensor: dims 1, data_type FLOAT, name "w", raw_data 1.
    const tensor = [0x08, 1, 0x10, 1, 0x42, 1, 0x77, 0x4a, 4, 0, 0, 0x80, 0x3f];
    const graph = [0x12, 1, 0x67, 0x2a, tensor.length, ...tensor];
    const path = await written("model.ONNX", Uint8Array.of(0x08, 8, 0x3a, graph.length, ...graph));
    expect(await readCheckpoint(path)).toMatchObject({
      format: "onnx",
      state: new Map([["w", { shape: [1], data: Float32Array.of(1) }]]),
    });
  });

  test.skipIf(!sharedAvailable)("parity: reads a checkpoint of the public trainer, whatever its name", async () => {
    const path = join(folder, "best.bin");
    await copyFile(sharedPath("reference/yolo/bccd-yolov8n.pt"), path);
    expect(await readCheckpoint(path)).toMatchObject({ format: "torch", names: ["RBC", "WBC", "Platelets"] });
  });

  test.each([
    ["empty.pt", "", "invalid_checkpoint", /is empty/],
    ["model.yaml", "nc: 3\nbackbone: []\n", "invalid_checkpoint", /no file of weights; give a \.pt/],
    ["page.pt", "<!DOCTYPE html><html>404</html>", "invalid_checkpoint", /cut off, or not a PyTorch checkpoint/],
    ["page.safetensors", "<!DOCTYPE html><html>404</html>", "invalid_safetensors", /a header of/],
    ["page.onnx", "<!DOCTYPE html><html>404</html>", "invalid_onnx", /not an ONNX model/],
    ["old.pth", Uint8Array.of(0x80, 2, 0x8a, 10), "invalid_checkpoint", /a bare pickle/],
  ])("refuses %s and names it", async (name, content, code, message) => {
    const path = await written(name, content);
    const error = await readCheckpoint(path).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code, place: { file: path }, message: expect.stringMatching(message) });
  });

  test("says that a file is missing or a folder", async () => {
    await expect(readCheckpoint(join(folder, "nowhere.pt"))).rejects.toMatchObject({ code: "file_not_found" });
    await expect(readCheckpoint(folder)).rejects.toMatchObject({ code: "file_unreadable" });
  });
});

describe("writeSafetensors", () => {
  test("says that the folder is missing", async () => {
    const path = join(folder, "missing", "last.safetensors");
    await expect(writeSafetensors(path, STATE)).rejects.toMatchObject({ code: "write_failed", place: { file: path } });
  });
});
