/**
 * @file What the record is told of the models that serve: their versions, what each is the default of, and in the audit log the
 * settings that its findings depend on.
 */
import type { InferencePool, LoadedModel } from "../inference/inference-pool";
import type { Store } from "../store/open-store";
import type { AuditEntry } from "../store/record";

export type ModelAction = "model.load" | "model.default" | "model.retire";

/** Confidence, overlap and side change what a version finds, though its name stays. */
export function modelEntry(actor: string, action: ModelAction, model: LoadedModel): AuditEntry {
  const { modelId, sha256, defaultFor, settings } = model;
  return { actor, action, subject: modelId, modelSha256: sha256, details: { defaultFor, ...settings } };
}

/**
 * Versions that were just loaded, what each of this process is the default of, and `entries`: all or nothing. Of the versions
 * that were loaded before the state stays: another process may have retired one.
 */
export async function enterModels(
  { database, models, audit }: Pick<Store, "database" | "models" | "audit">,
  registry: Pick<InferencePool["models"], "list">,
  { loaded = [], entries }: { readonly loaded?: readonly LoadedModel[]; readonly entries: readonly AuditEntry[] },
): Promise<void> {
  const ready = registry.list().filter(({ state }) => state === "ready");
  await database.transaction(async (sql) => {
    for (const model of loaded) await models.put(model, "ready", sql);
    await models.setDefaults(ready, sql);
    await audit.appendIn(sql, entries);
  });
}
