/**
 * @file Models that are loaded, made the default and retired over HTTP, with a real pool; and what a restart makes of it.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import type { InferencePool } from "../../src/inference/inference-pool";
import { startModels } from "../../src/service/start-models";
import { brightDetector } from "../bright-detector";
import { PoolMaterial } from "../pool-material";
import { bearer, removeFolders, START_MS, startService, type TestService } from "./service";

let material: PoolMaterial;
const services: TestService[] = [];
beforeEach(async () => {
  material = await PoolMaterial.make();
});
afterEach(async () => {
  for (const one of services.splice(0)) await one.close();
  await material.remove();
});
afterAll(removeFolders);

async function serving(pool: InferencePool): Promise<TestService> {
  const service = await startService({ realPool: pool });
  services.push(service);
  return service;
}

function post({ app, keys }: TestService, url: string, payload: object) {
  return app.inject({ method: "POST", url, payload, headers: bearer(keys.admin) });
}

const states = (pool: InferencePool) =>
  pool.models.list().map(({ modelId, defaultFor, state }) => ({ modelId, defaultFor: [...defaultFor].sort(), state }));

test(
  "a version becomes the default as it was loaded, whatever lies under its file's name by now",
  async () => {
    const file = await material.model("chest.onnx");
    const pool = await material.pool({ models: [{ file, conf: 0.4 }] });
    const service = await serving(pool);
    const [{ modelId, sha256 }] = pool.models.list();
    await writeFile(file, brightDetector({ open: true }));
    const answer = await post(service, "/models/default", { version: modelId, modalities: ["DX"] });
    expect([answer.statusCode, answer.json().version]).toEqual([200, modelId]);
    expect(states(pool)).toEqual([{ modelId, defaultFor: ["*", "DX"], state: "ready" }]);
    // What its findings depend on beside the file: the settings; the defaults are .7 and 640 (detection-settings.ts), here the
    // graph's own 64.
    const [entry] = await service.store.audit.list({ action: "model.default" });
    expect(entry).toMatchObject({ subject: modelId, modelSha256: sha256 });
    expect(entry.details).toEqual({ defaultFor: ["*", "DX"], conf: 0.4, iou: 0.7, imgsz: 64 });
    expect((await post(service, "/models/default", { version: "chest@1", modalities: ["CT"] })).statusCode).toBe(404);
  },
  START_MS,
);

test(
  "a version that was retired stays so after a restart, until it is loaded again; which is said",
  async () => {
    const [old, newer] = [await material.model("old.onnx"), await material.model("newer.onnx", { open: true })];
    const models = [{ file: old, modalities: ["*", "DX"] }, { file: newer }];
    const service = await serving(await material.pool({ models }));
    const { store } = service;
    const first = await material.pool({ models });
    expect(await startModels(store, first)).toEqual([
      // The made service says that its own model is the default of all.
      expect.stringMatching(/^the default for \* was lesions@0123456789ab and is old@/),
    ]);
    const [{ modelId: oldId }, { modelId: newerId }] = first.models.list();
    await store.models.retire(oldId);

    const second = await material.pool({ models });
    const notices = await startModels(store, second);
    expect(notices).toEqual([
      `${oldId} was retired and does not serve; load its file with POST /models/load, or name it anew in the settings`,
    ]);
    expect(states(second)).toEqual([
      { modelId: oldId, defaultFor: [], state: "retired" },
      { modelId: newerId, defaultFor: [], state: "ready" },
    ]);
    await expect(async () => second.models.resolve({ modality: "DX" })).rejects.toMatchObject({
      code: "unknown_model",
    });
    expect((await store.models.find(oldId))?.state).toBe("retired");
    expect((await store.audit.list({ action: "model.load" })).map(({ subject }) => subject)).toEqual([
      ...[newerId, newerId, oldId],
    ]);
  },
  START_MS,
);

test(
  "defaults that were set over HTTP give way to the settings at the next start; which is said",
  async () => {
    const [one, two] = [await material.model("one.onnx"), await material.model("two.onnx", { open: true })];
    const models = [{ file: one }, { file: two }];
    const pool = await material.pool({ models });
    const service = await serving(pool);
    await startModels(service.store, pool);
    const [{ modelId: oneId }, { modelId: twoId }] = pool.models.list();
    await post(service, "/models/default", { version: twoId, modalities: ["*", "CT"] });
    const again = await startModels(service.store, await material.pool({ models }));
    expect([...again].sort()).toEqual([
      `the default for * was ${twoId} and is ${oneId}: at the start the settings decide`,
      `the default for CT was ${twoId} and is none: at the start the settings decide`,
    ]);
    // Once.
    expect(await startModels(service.store, await material.pool({ models }))).toEqual([]);
  },
  START_MS,
);

test(
  "a version is retired in the record before its last request ends, and is back once it is loaded again",
  async () => {
    const pool = await material.pool({ models: [{ file: await material.model("chest.onnx") }] });
    const service = await serving(pool);
    await startModels(service.store, pool);
    const [{ modelId }] = pool.models.list();
    let ended = false;
    pool.models.retire = async () => {
      expect((await service.store.models.find(modelId))?.state).toBe("retired");
      ended = true;
    };
    expect((await post(service, "/models/retire", { version: modelId })).json()).toMatchObject({ state: "retired" });
    expect(ended).toBe(true);
    Reflect.deleteProperty(pool.models, "retire");
    const folder = join(service.config.dataDir, "models");
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "chest.onnx"), await readFile(join(material.folder, "chest.onnx")));
    expect((await post(service, "/models/load", { file: "chest.onnx", conf: 0.9 })).json()).toMatchObject({
      version: modelId,
    });
    expect((await service.store.models.find(modelId))?.state).toBe("ready");
    const [entry] = await service.store.audit.list({ action: "model.load", limit: 1 });
    expect(entry.details).toEqual({ defaultFor: ["*"], conf: 0.9, iou: 0.7, imgsz: 64 });
  },
  START_MS,
);
