/**
 * @file One received image through the pool: its findings judged, or why there are none.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { FoveaError } from "@fovea/core/errors";
import type { Finding } from "@fovea/core/finding";
import type { Judgement } from "@fovea/core/rules/rule-set";
import type { ImageAnalysis, InferencePool } from "../inference/inference-pool";
import type { BlobStore } from "../store/blob-store";
import type { InstanceAnalysis } from "../store/record";
import type { InstanceRecord } from "../store/studies";

/** The rule file as the pipeline needs it. */
export interface Judge {
  /** `version@first 12 digits`; absent without a rule file. */
  readonly version?: string;
  readonly sha256?: string;
  judge(finding: Finding): Judgement;
}

export interface AnalyseImageContext {
  readonly pool: Pick<InferencePool, "analyse">;
  readonly blobs: Pick<BlobStore, "read">;
  readonly judge: Judge;
  readonly modelId: string;
  readonly signal: AbortSignal;
}

/** A pool that is full is asked again after so long, ms; twice as long each time. */
const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS] = [100, 5000];
/** A time limit may be the load's fault; the third one is the image's. */
const MAX_TIMEOUTS = 3;
const MAX_REASON = 300;

/** The same will happen again whenever it is tried: the image is to blame. */
const IMAGE_FAULTS = new Set([
  "invalid_image",
  "invalid_dicom",
  "unsupported_dicom",
  "file_not_found",
  "file_unreadable",
  "timed_out",
  "out_of_memory",
  "scores_not_finite",
  "runtime_failed",
  "shape_mismatch",
  "invalid_argument",
]);

/**
 * @returns its findings, or the failure as it goes into the record
 * @throws {FoveaError} what is not the image's fault: `unknown_model`, `interrupted`, `database_unavailable` ...
 */
export async function analyseImage(instance: InstanceRecord, context: AnalyseImageContext): Promise<InstanceAnalysis> {
  const { modelId, judge } = context;
  const of = { sopUid: instance.sopUid, modelId, ...(judge.version !== undefined && { rulesVersion: judge.version }) };
  try {
    const analysis = await patiently(instance, context);
    const broken = analysis.images.find(({ error }) => error !== undefined);
    if (broken?.error !== undefined) {
      // Findings of the other frames would read as if this one had none.
      const where = analysis.images.length > 1 ? `frame ${(broken.frame ?? 0) + 1} of ${analysis.images.length}: ` : "";
      return { ...of, outcome: { failure: where + reasonOf(broken.error) } };
    }
    return { ...of, inferenceMs: analysis.inferenceMs, outcome: { findings: judged(analysis, judge) } };
  } catch (error) {
    if (error instanceof FoveaError && IMAGE_FAULTS.has(error.code))
      return { ...of, outcome: { failure: reasonOf(error) } };
    throw error;
  }
}

async function patiently(instance: InstanceRecord, context: AnalyseImageContext): Promise<ImageAnalysis> {
  const { pool, blobs, modelId, signal } = context;
  if (instance.blob === undefined) throw new FoveaError("file_not_found", "the image is no longer kept");
  const bytes = await blobs.read(instance.blob);
  const filename = instance.instanceNumber === undefined ? "image" : `image ${instance.instanceNumber}`;
  let timeouts = 0;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    signal.throwIfAborted();
    try {
      return await pool.analyse({ bytes, filename, model: modelId, signal });
    } catch (error) {
      const code = error instanceof FoveaError ? error.code : undefined;
      const again = code === "busy" || (code === "timed_out" && ++timeouts < MAX_TIMEOUTS);
      if (!again) throw error;
      await sleep(pause, undefined, { signal });
    }
  }
}

function judged({ images }: ImageAnalysis, { judge }: Judge) {
  return images.flatMap(({ findings, frame = 0 }) => findings.map((one) => ({ ...one, ...judge(one), frame })));
}

/**
 * Code and message, for the record. Messages name attributes and numbers; what they quote of a damaged file is left out: it may
 * be anything, a patient's name too, and reasons stand in the database as they are.
 */
export function reasonOf({ code, message }: { readonly code: string; readonly message: string }): string {
  return `${code}: ${message.replace(QUOTED, '"…"')}`.slice(0, MAX_REASON);
}

/** As `JSON.stringify` writes a text; to the end of the message where it was cut. */
const QUOTED = /"(?:[^"\\]|\\.)*(?:"|$)/gs;
