/**
 * @file What `fovea evaluate detections` does.
 */
import { basename, dirname, extname } from "node:path";
import type { AnnotationSet } from "@fovea/core/dataset/annotation-set";
import { recordOfSets } from "@fovea/core/metrics/evaluate-sets";
import { caseFacts, readCaseTable } from "../../data/case-facts";
import { openAnnotations } from "../../data/open-annotations";
import { plural, problemLines } from "../describe-dataset";
import { Progress, workLine } from "../progress";
import { writeReport } from "../write-report";
import type { DetectionsOptions } from "./detections";
import { openScoredAnnotations } from "./open-record";

/** Reads both, evaluates, writes the report. */
export async function runDetections(options: DetectionsOptions): Promise<void> {
  const { gt, dt, images, split, report, title, hit, hitIou, hitMm, cases, ...rest } = options;
  const progress = new Progress();
  const started = performance.now();
  try {
    const onProgress = (done: number, total: number) =>
      progress.show(workLine("looking at images", done, total, (performance.now() - started) / 1000));
    const truth = await openAnnotations(gt, { images, split, onProgress });
    const found = await openScoredAnnotations(dt, truth.set, { images, split });
    const table = cases === undefined ? undefined : await readCaseTable(cases);
    const marked = countOf(truth.set);
    progress.field("Truth", `${plural(truth.set.images.length, "image")}, ${marked} annotations, ${truth.format}`);
    for (const line of problemLines(truth.problems)) progress.field("", line);
    progress.field("Found", `${countOf(found.set)} detections`);
    for (const line of problemLines(found.problems)) progress.field("", line);
    const facts = await caseFacts(
      truth.set.images.map(({ file }) => file),
      table,
      undefined,
      truth.root,
    );
    const record = recordOfSets(truth.set, found.set, { hit, hitIou, hitMm, attributesOf: (file) => facts.get(file) });
    await writeReport(record, report, progress, {
      ...rest,
      root: truth.root,
      title: title ?? nameOf(dt),
      subject: [
        ["truth", basename(gt)],
        ["detections", basename(dt)],
        ...(split === undefined ? [] : [["part", split] as const]),
        ...(cases === undefined ? [] : [["cases", basename(cases)] as const]),
      ],
    });
  } finally {
    progress.clear();
  }
}

function countOf({ images }: AnnotationSet): number {
  return images.reduce((sum, { annotations }) => sum + annotations.length, 0);
}

/** A file's name; that of its folder too where several of a kind share it. */
function nameOf(path: string): string {
  const name = basename(path, extname(path));
  const folder = basename(dirname(path));
  return folder === "" || folder === "." ? name : `${folder} / ${name}`;
}
