/**
 * @file A truth and detections from files, image by image, for commands that measure them.
 */
import { extname } from "node:path";
import type { AnnotationSet } from "@fovea/core/dataset/annotation-set";
import { readCocoResults } from "@fovea/core/dataset/formats/detections";
import type { Problem } from "@fovea/core/dataset/sample";
import { FoveaError } from "@fovea/core/errors";
import { type RecordSetsOptions, recordOfSets } from "@fovea/core/metrics/evaluate-sets";
import type { EvaluationRecord } from "@fovea/core/metrics/evaluation-record";
import { readCaseTable } from "../../data/case-facts";
import { type OpenAnnotationsOptions, openAnnotations } from "../../data/open-annotations";
import { readText } from "../../read-file";
import { problemLines } from "../describe-dataset";
import { warn } from "../message";

/** How a JSON text begins that is a list, as results are. */
const LIST = /^\uFEFF?\s*\[/;

/** COCO's results, or annotations of any format whose scores are those of a detector. */
export async function openScoredAnnotations(
  path: string,
  truth: AnnotationSet,
  options: Pick<OpenAnnotationsOptions, "images" | "split"> = {},
): Promise<{ readonly set: AnnotationSet; readonly problems: readonly Problem[] }> {
  if (extname(path).toLowerCase() === ".json") {
    const text = await readText(path, "file of detections");
    if (LIST.test(text)) {
      const found = readCocoResults(text, { file: path, truth });
      checkSome(found, path);
      return found;
    }
  }
  return openAnnotations(path, { ...options, sizesOf: truth.images });
}

/** Results of which every row is left out belong to another truth; a sensitivity of 0 would be said of them. */
function checkSome({ set, problems }: Awaited<ReturnType<typeof openScoredAnnotations>>, file: string): void {
  if (set.images.some(({ annotations }) => annotations.length > 0)) return;
  const first = problems.find(({ severity }) => severity === "error");
  if (first === undefined) return;
  throw new FoveaError("invalid_annotations", `none of its results can be used: ${first.message}`, {
    file,
    at: first.at,
  });
}

/** One record for each file of detections. What cannot be used is warned of. */
export async function openRecords(
  gt: string,
  detections: readonly string[],
  { columns, ...rest }: Omit<RecordSetsOptions, "attributesOf"> & { readonly columns?: string } = {},
): Promise<EvaluationRecord[]> {
  const truth = await openAnnotations(gt);
  problemLines(truth.problems).forEach(warn);
  const table = columns === undefined ? undefined : await readCaseTable(columns);
  const records: EvaluationRecord[] = [];
  for (const path of detections) {
    const found = await openScoredAnnotations(path, truth.set);
    problemLines(found.problems).forEach(warn);
    records.push(recordOfSets(truth.set, found.set, { ...rest, attributesOf: (file) => table?.of(file) }));
  }
  return records;
}
