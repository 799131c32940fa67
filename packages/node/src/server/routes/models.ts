/**
 * @file Models side by side: which there are; loaded, retired, made the default while requests go on.
 */
import { join } from "node:path";
import { ModelListSchema, type ModelRecord, ModelRecordSchema } from "@fovea/core/contract/study";
import { Type } from "typebox";
import { modelName } from "../../config/read-config";
import type { ModelConfig } from "../../config/service-config";
import type { ModelVersion } from "../../store/record";
import type { RouteParts } from "../app";
import type { App } from "../app-parts";
import { callerOf } from "../auth/access";
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

type Listed = ModelVersion & { readonly state: ModelRecord["state"] };

function shown({ modelId, name, sha256, classes, defaultFor, state }: Listed): ModelRecord {
  return { version: modelId, name, sha256, classes: [...classes], default_for: [...defaultFor], state };
}

export function modelRoutes(app: App, { config, pool, store }: RouteParts): void {
  /** How the versions were loaded that came after the start. */
  const loaded = new Map<string, ModelConfig>();

  function versionOf(modelId: string): Listed {
    const found = pool.models.list().find((one) => one.modelId === modelId && one.state === "ready");
    if (found === undefined) throw new HttpProblem(404, "no such version is ready", { code: "unknown_model" });
    return found;
  }

  async function load(model: ModelConfig): Promise<Listed> {
    const version = await pool.models.load(model);
    loaded.set(version.modelId, model);
    await store.models.put(version, "ready");
    return { ...version, state: "ready" };
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
      const version = await load({ ...settings, file: join(config.dataDir, "models", file) });
      await note(callerOf(request).actor, "model.load", version);
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
      await pool.models.retire(version.modelId);
      await store.models.setState(version.modelId, "retired");
      await note(callerOf(request).actor, "model.retire", version);
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
      const { modelId, name } = versionOf(wanted);
      const model = loaded.get(modelId) ?? config.models.find((one) => modelName(one) === name);
      if (model === undefined) throw new HttpProblem(409, "its file is not known any more; load it again");
      const version = await load({ ...model, modalities });
      if (version.modelId !== modelId) throw new HttpProblem(409, "its file is another one by now; load it again");
      await note(callerOf(request).actor, "model.default", version);
      return shown(version);
    },
  );

  function note(actor: string, action: string, { modelId, sha256, defaultFor }: ModelVersion): Promise<void> {
    return store.audit.append({ actor, action, subject: modelId, modelSha256: sha256, details: { defaultFor } });
  }
}
