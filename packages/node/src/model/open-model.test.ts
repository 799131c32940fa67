import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeSafetensors } from "../data/weights-file";
import { architecture, openModel, openTrainableModel } from "./open-model";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-model-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("a model that is not what was meant", () => {
  test("under a misspelt name: the nearest one is told, and no other", async () => {
    await expect(architecture("yolo8n.yaml")).rejects.toMatchObject({
      code: "file_not_found",
      message: "yolo8n.yaml: no such model, did you mean yolov8n?",
    });
  });

  test("under the name of published weights: nothing is downloaded, and that is said", async () => {
    const message = /no such file of weights, and none is downloaded; .* train yolov8n\.yaml from scratch$/;
    const wanted = { code: "file_not_found", message: expect.stringMatching(message) };
    await expect(openTrainableModel(join(folder, "yolov8n.pt"), {})).rejects.toMatchObject(wanted);
    await expect(openModel(join(folder, "yolov8n.pt"))).rejects.toMatchObject(wanted);
  });

  test("the state of a run: the weights beside it are named", async () => {
    const file = join(folder, "resume.safetensors");
    await writeSafetensors(file, new Map(), { metadata: { state: "{}" } });
    await expect(openModel(file)).rejects.toMatchObject({
      code: "invalid_checkpoint",
      message: expect.stringContaining("take best.safetensors or last.safetensors beside it"),
    });
  });
});
