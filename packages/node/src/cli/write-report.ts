/**
 * @file From a record of judged images to the report's folder, and to what the terminal is told.
 */
import { join } from "node:path";
import { type EvaluateOptions, evaluate } from "@fovea/core/metrics/evaluate";
import type { Evaluation } from "@fovea/core/metrics/evaluation";
import type { EvaluationRecord } from "@fovea/core/metrics/evaluation-record";
import { summarySentences } from "@fovea/core/report/evaluation-summary";
import { EVALUATION_PAGES, writeEvaluation } from "../report/write-evaluation";
import { plural } from "./describe-dataset";
import { warn } from "./message";
import { type Progress, workLine } from "./progress";
import type { ReportOptions } from "./report-options";
import { systemLanguage } from "./run-predict";

export interface WriteReportOptions
  extends Pick<EvaluateOptions, "title" | "subject" | "shared">,
    Omit<ReportOptions, "report" | "cases"> {
  /** Folder that the files of the record are relative to. @default the working folder */
  readonly root?: string;
}

/** Evaluates, writes, and says in plain words what came out. */
export async function writeReport(
  record: EvaluationRecord,
  folder: string,
  progress: Progress,
  options: WriteReportOptions,
): Promise<Evaluation> {
  const { root, lang: language = systemLanguage(), operatingPoint: rule, ...rest } = options;
  progress.show("computing intervals ...");
  const evaluation = evaluate(record, { ...rest, rule });
  const started = performance.now();
  const { withoutPicture } = await writeEvaluation(folder, evaluation, {
    root,
    language,
    onProgress: (done, total) => {
      progress.show(workLine("drawing pictures", done, total, (performance.now() - started) / 1000));
    },
  });
  progress.clear();
  const { tested, found, healthy, certainty, weaknesses, warnings } = summarySentences(evaluation, language);
  progress.print();
  for (const sentence of [tested, found, healthy, certainty, ...weaknesses]) {
    if (sentence !== undefined) progress.say(sentence);
  }
  warnings.forEach(warn);
  if (withoutPicture > 0) {
    warn(`${plural(withoutPicture, "case has", "cases have")} no picture: the image is missing or cannot be read`);
  }
  progress.field("Report", join(folder, EVALUATION_PAGES.report));
  progress.field("Summary", join(folder, EVALUATION_PAGES.summary));
  return evaluation;
}
