/**
 * @file One received image through the pool: its findings judged, or why there are none.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { FoveaError } from "@fovea/core/errors";
import type { Finding } from "@fovea/core/finding";
import { tell } from "@fovea/core/reasons/tell";
import type { Judgement } from "@fovea/core/rules/rule-set";
import type { ImageAnalysis, InferencePool } from "../inference/inference-pool";
import type { BlobStore } from "../store/blob-store";
import type { InstanceAnalysis } from "../store/record";
import type { InstanceRecord } from "../store/studies";
import { isProven, reasonOf } from "./patience";

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

/**
 * @returns its findings, or the failure as it goes into the record where the image is to blame
 * @throws what is not proven to be the image's fault
 */
export async function analyseImage(instance: InstanceRecord, context: AnalyseImageContext): Promise<InstanceAnalysis> {
  const { modelId, judge } = context;
  const of = { sopUid: instance.sopUid, modelId, ...(judge.version !== undefined && { rulesVersion: judge.version }) };
  try {
    const analysis = await patiently(instance, context);
    const broken = failuresOf(analysis);
    // Findings of the other frames would read as if this one had none.
    if (broken.length > 0) throw broken.find(isProven) ?? broken[0];
    return {
      ...{ ...of, inferenceMs: analysis.inferenceMs, threshold: analysis.threshold },
      outcome: { findings: judged(analysis, judge) },
      ...(instance.sizeUnknown && { size: sizeOf(analysis) }),
    };
  } catch (error) {
    if (isProven(error)) return { ...of, outcome: { failure: reasonOf(error) } };
    throw error;
  }
}

async function patiently(instance: InstanceRecord, context: AnalyseImageContext): Promise<ImageAnalysis> {
  const { pool, blobs, modelId, signal } = context;
  if (instance.blob === undefined) throw new FoveaError("file_not_found", tell("imageNotKept"));
  const bytes = await blobs.read(instance.blob);
  const filename = instance.instanceNumber === undefined ? "image" : `image ${instance.instanceNumber}`;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    signal.throwIfAborted();
    try {
      return await pool.analyse({ bytes, filename, model: modelId, signal });
    } catch (error) {
      if (!(error instanceof FoveaError && error.code === "busy")) throw error;
      await sleep(pause, undefined, { signal });
    }
  }
}

/** Rows and columns are those of the first frame. */
function sizeOf({ images }: ImageAnalysis): InstanceAnalysis["size"] {
  const [{ width, height }] = images;
  return { frames: images.length, rows: height, columns: width };
}

/** Of frames that could not be looked at. */
function failuresOf({ images }: ImageAnalysis): FoveaError[] {
  const told = (frame: number, error: string) =>
    images.length > 1 ? tell("frameOf", { frame: frame + 1, frames: images.length, error }) : error;
  return images.flatMap(({ error, frame = 0 }) =>
    error === undefined ? [] : [new FoveaError(error.code, told(frame, error.message))],
  );
}

function judged({ images }: ImageAnalysis, { judge }: Judge) {
  return images.flatMap(({ findings, frame = 0 }) => findings.map((one) => ({ ...one, ...judge(one), frame })));
}
