/**
 * @file The models of the settings as the service starts. What the record says of them counts too: a version that somebody retired,
 * perhaps because it missed lesions, does not serve again because the machine was switched off and on.
 */
import type { InferencePool } from "../inference/inference-pool";
import { enterModels, modelEntry } from "../server/model-record";
import type { Store } from "../store/open-store";

/**
 * Takes retired versions out of service, and enters the others with their settings.
 *
 * @returns what whoever started the service must hear, a sentence each
 */
export async function startModels(
  store: Pick<Store, "database" | "models" | "audit">,
  { models }: Pick<InferencePool, "models">,
): Promise<readonly string[]> {
  const before = await store.models.list();
  const retired = new Set(before.filter(({ state }) => state === "retired").map(({ modelId }) => modelId));
  const stay = models.list().filter(({ modelId }) => retired.has(modelId));
  for (const { modelId } of stay) await models.retire(modelId);
  const loaded = models.list().filter(({ state }) => state === "ready");
  const entries = loaded.map((model) => modelEntry("system", "model.load", model));
  await enterModels(store, models, { loaded, entries });
  const now = new Map(loaded.flatMap(({ modelId, defaultFor }) => defaultFor.map((modality) => [modality, modelId])));
  const lost = before.flatMap(({ modelId, defaultFor }) =>
    defaultFor.filter((modality) => now.get(modality) !== modelId).map((modality) => ({ modality, modelId })),
  );
  return [
    ...stay.map(
      ({ modelId }) =>
        `${modelId} was retired and does not serve; load its file with POST /models/load, or name it anew in the settings`,
    ),
    ...lost.map(
      ({ modality, modelId }) =>
        `the default for ${modality} was ${modelId} and is ${now.get(modality) ?? "none"}: at the start the settings decide`,
    ),
  ];
}
