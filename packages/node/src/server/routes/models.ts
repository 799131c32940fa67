/**
 * @file Models side by side: which there are; loaded, retired, made the default while requests go on.
 */
import { join } from "node:path";
import { ModelListSchema, type ModelRecord, ModelRecordSchema } from "@fovea/core/contract/study";
import { tell } from "@fovea/core/reasons/tell";
import { Type } from "typebox";
import type { LoadedModel } from "../../inference/inference-pool";
import type { RouteParts } from "../app";
import type { App } from "../app-parts";
import { callerOf } from "../auth/access";
import { enterModels, modelEntry } from "../model-record";
import { PROBLEMS } from "../open-api";
import { HttpProblem } from "../problem";

const VersionSchema = Type.String({ minLength: 1, maxLength: 200 });
const ModalitiesSchema = Type.Array(Type.String({ pattern: "^([A-Z]{2,16}|\\*)$" }), { maxItems: 64 });

const LoadSchema = Type.Object(
  {
    /** No path: only what an administrator of the machine put into that folder is opened. */
    file: Type.String({ pattern: "^[A-Za-z0-9_][A-Za-z0-9._@+-]{0,199}$", description: "A file in data_dir/models" }),
    name: Type.Optional(Type.String({ pattern: "^[A-Za-z0-9_][A-Za-z0-9._+-]{0,99}$" })),
    modalities: Type.Optional(ModalitiesSchema),
    conf: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    iou: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    imgsz: Type.Optional(Type.Integer({ minimum: 32, maximum: 8192 })),
  },
  { additionalProperties: false },
);
const RetireSchema = Type.Object({ version: VersionSchema }, { additionalProperties: false });
const DefaultSchema = Type.Object(
  { version: VersionSchema, modalities: ModalitiesSchema },
  { additionalProperties: false },
);

function shown({ modelId, name, sha256, classes, defaultFor, state }: LoadedModel): ModelRecord {
  return { version: modelId, name, sha256, classes: [...classes], default_for: [...defaultFor], state };
}

export function modelRoutes(app: App, { config, pool, store }: RouteParts): void {
  function versionOf(modelId: string): LoadedModel {
    const found = pool.models.list().find((one) => one.modelId === modelId && one.state === "ready");
    if (found === undefined) throw new HttpProblem(404, tell("noVersion"), { code: "unknown_model" });
    return found;
  }

  app.get("/models", { schema: { summary: "Models", response: { 200: ModelListSchema, ...PROBLEMS } } }, async () => ({
    models: pool.models.list().map(shown),
  }));
  app.post(
    "/models/load",
    {
      schema: {
        summary: "Load a model and warm it",
        body: LoadSchema,
        response: { 200: ModelRecordSchema, ...PROBLEMS },
      },
    },
    async (request) => {
      const { file, ...settings } = request.body;
      const version = await pool.models.load({ ...settings, file: join(config.dataDir, "models", file) });
      const entries = [modelEntry(callerOf(request).actor, "model.load", version)];
      await enterModels(store, pool.models, { loaded: [version], entries });
      return shown(version);
    },
  );
  app.post(
    "/models/retire",
    {
      schema: {
        summary: "Take a version out of service; requests under way finish on it",
        body: RetireSchema,
        response: { 200: ModelRecordSchema, ...PROBLEMS },
      },
    },
    async (request) => {
      const version = versionOf(request.body.version);
      const entry = modelEntry(callerOf(request).actor, "model.retire", version);
      // First into the record: it waits for requests under way, and an end meanwhile must not bring the version back.
      await store.database.transaction(async (sql) => {
        await store.models.retire(version.modelId, sql);
        await store.audit.appendIn(sql, [entry]);
      });
      await pool.models.retire(version.modelId);
      return shown({ ...version, defaultFor: [], state: "retired" });
    },
  );
  app.post(
    "/models/default",
    {
      schema: {
        summary: "Make a version the default for modalities; * for all that have none",
        body: DefaultSchema,
        response: { 200: ModelRecordSchema, ...PROBLEMS },
      },
    },
    async (request) => {
      const { version: wanted, modalities } = request.body;
      const version = pool.models.makeDefault(versionOf(wanted).modelId, modalities);
      await enterModels(store, pool.models, {
        entries: [modelEntry(callerOf(request).actor, "model.default", version)],
      });
      return shown(version);
    },
  );
}
