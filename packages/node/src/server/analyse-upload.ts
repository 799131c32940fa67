/**
 * @file One uploaded image through the pool, with its trace in the audit log.
 */

import { FoveaError } from "@fovea/core/errors";
import type { FastifyReply } from "fastify";
import type { ImageAnalysis } from "../inference/inference-pool";
import type { AppParts } from "./app-parts";
import { answerTakesTime, clientSignal } from "./client-signal";
import { readFrames } from "./detection-answer";

export interface UploadAnalysis {
  readonly bytes: Uint8Array;
  readonly model?: string;
  readonly actor: string;
  readonly action: "image.analyse" | "image.detect";
  /** The client whose leaving ends it. */
  readonly reply?: FastifyReply;
  readonly signal?: AbortSignal;
}

/** What errors call an upload: its own name may be a patient's. */
const FILENAME = "image";

/**
 * @throws {FoveaError} as `InferencePool.analyse`; `invalid_image` and others if no frame of it could be read
 */
export async function analyseUpload(
  { pool, store, rules, metrics }: Pick<AppParts, "pool" | "store" | "rules" | "metrics">,
  { bytes, model, actor, action, reply, signal }: UploadAnalysis,
): Promise<ImageAnalysis> {
  const ends = signal ?? (reply && clientSignal(reply));
  if (reply !== undefined) answerTakesTime(reply);
  let analysis: ImageAnalysis;
  try {
    analysis = await pool.analyse({ bytes, filename: FILENAME, model, signal: ends });
    readFrames(analysis);
  } catch (error) {
    if (!(error instanceof FoveaError && ["busy", "interrupted"].includes(error.code))) metrics.analysed("failed");
    throw error;
  }
  metrics.analysed("done", analysis.inferenceMs);
  const found = analysis.images.reduce((sum, { findings }) => sum + findings.length, 0);
  await store.audit.append({
    actor,
    action,
    details: { model: analysis.model.modelId, findings: found },
    inputSha256: analysis.inputSha256,
    modelSha256: analysis.model.sha256,
    ...(rules && { rulesSha256: rules.sha256 }),
  });
  return analysis;
}

/** Failures that say nothing of the file: they end a batch, and are not told in the file's place. */
export const ENDING: ReadonlySet<string> = new Set([
  "busy",
  "interrupted",
  "unknown_model",
  "database_unavailable",
  "disk_full",
  "internal",
]);
