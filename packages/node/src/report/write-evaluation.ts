/**
 * @file An evaluation as files: the page, the summary, JSON and tables, each there whole or not at all.
 *
 *     report.html       everything, in both languages, with the pictures inside
 *     summary.html      one page of A4, in one language
 *     evaluation.json   the same numbers, for programs
 *     froc.csv, per-class.csv, subgroups.csv, cases.csv
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Language } from "@fovea/core/language";
import type { Evaluation } from "@fovea/core/metrics/evaluation";
import { evaluationTables } from "@fovea/core/report/evaluation-csv";
import { evaluationHtml } from "@fovea/core/report/evaluation-html";
import { evaluationJson } from "@fovea/core/report/evaluation-json";
import { evaluationSummaryHtml } from "@fovea/core/report/evaluation-summary-html";
import { writeAtomically, writeFailure } from "../data/atomic-write";
import { evaluationPictures } from "./evaluation-pictures";

export interface WriteEvaluationOptions {
  /** Folder that the cases' files are relative to. @default the working folder */
  readonly root?: string;
  /** Of the summary, and first in the page. @default "zh" */
  readonly language?: Language;
  /** @default now */
  readonly date?: Date;
  /** Hears how many pictures are drawn. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Paths of the two pages, relative to the folder. */
export const EVALUATION_PAGES = { report: "report.html", summary: "summary.html" } as const;

/**
 * Writes all files into `folder`, which is made where it is missing; those of an earlier evaluation are replaced.
 *
 * @returns how many of the worst cases have no picture, as their image is missing or cannot be read
 * @throws {FoveaError} `disk_full` or `write_failed`
 */
export async function writeEvaluation(
  folder: string,
  evaluation: Evaluation,
  { root, language = "zh", date = new Date(), onProgress }: WriteEvaluationOptions = {},
): Promise<{ readonly withoutPicture: number }> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw writeFailure(folder, error);
  }
  const pictures = await evaluationPictures(evaluation.worst, { root, onProgress });
  const when = date.toISOString().slice(0, 16).replace("T", " ");
  const files = {
    ...evaluationTables(evaluation),
    "evaluation.json": evaluationJson(evaluation, { date: when }),
    [EVALUATION_PAGES.summary]: evaluationSummaryHtml(evaluation, { language, date: when }),
    [EVALUATION_PAGES.report]: evaluationHtml(evaluation, { language, pictures, date: when }),
  };
  for (const [name, text] of Object.entries(files)) await writeAtomically(join(folder, name), text);
  return { withoutPicture: pictures.filter((one) => one === undefined).length };
}
