/**
 * @file Truth and detections as the user names them, as the tables that evaluation works on.
 */
import { type EvaluationTables, evaluationTables, type OverlapKind } from "@fovea/core/dataset/box-tables";
import { cocoTables } from "@fovea/core/dataset/coco-tables";
import { FoveaError } from "@fovea/core/errors";
import { readText } from "../read-file";
import { openAnnotations } from "./open-annotations";

export interface OpenedEvaluation {
  readonly tables: EvaluationTables;
  /** What was left out, or reads differently than it may be meant. */
  readonly warnings: readonly string[];
}

/**
 * COCO's list of results goes by the ids of its truth; all else goes by file and class name.
 *
 * @throws {FoveaError} `file_not_found`, `invalid_annotations`, `invalid_dataset`, `invalid_argument` naming what is wrong
 * where
 */
export async function openEvaluation(gt: string, dt: string, kind: OverlapKind): Promise<OpenedEvaluation> {
  if (/\.json$/i.test(dt)) {
    const text = await readText(dt, "file of detections");
    if (/^\uFEFF?\s*\[/.test(text)) {
      if (!/\.json$/i.test(gt)) {
        const message = `a list of COCO results, which goes by the ids of a COCO truth, and ${gt} is none; write the truth as COCO first`;
        throw new FoveaError("invalid_annotations", message, { file: dt });
      }
      return cocoTables({ file: gt, text: await readText(gt, "file of annotations") }, { file: dt, text }, kind);
    }
  }
  const truth = await openAnnotations(gt);
  const detections = await openAnnotations(dt, { sizesOf: truth.set.images });
  const told = [...truth.problems, ...detections.problems].map(({ file, at, message }) =>
    [file, at, message].filter((part) => part !== undefined && part !== "").join(": "),
  );
  return { tables: evaluationTables(truth.set, detections.set, kind), warnings: told };
}
