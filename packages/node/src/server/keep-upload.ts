/**
 * @file An uploaded image and what was found in it, kept in the record.
 */
import type { ImageFindings } from "@fovea/core/report/findings";
import type { ImageAnalysis } from "../inference/inference-pool";
import type { JudgedFinding } from "../store/record";
import type { ServiceRecord } from "./service-record";
import type { Upload } from "./uploads";

export interface KeptAnalysis {
  readonly upload: Upload;
  readonly actor: string;
  readonly analysis: ImageAnalysis;
  /** Those that could be read. */
  readonly frames: readonly ImageFindings[];
  readonly findings: readonly JudgedFinding[];
  /** Of the rules. */
  readonly version?: string;
}

/** @returns its study, and its own identifier */
export function keepUpload(
  record: ServiceRecord,
  { upload, actor, analysis, frames, findings, version }: KeptAnalysis,
): Promise<{ readonly studyUid: string; readonly sopUid: string }> {
  return record.keepUpload({
    bytes: upload.bytes,
    actor,
    model: analysis.model,
    analysis: { rulesVersion: version, inferenceMs: analysis.inferenceMs, outcome: { findings } },
    width: frames[0].width,
    height: frames[0].height,
    frames: analysis.images.length,
    sha256: analysis.inputSha256,
  });
}
