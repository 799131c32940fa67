/**
 * @file The tables of a batch, made from its journal in the order of the files, so that a run that was interrupted and one
 * that was not end in the same bytes. Nothing but sums and what the page shows is kept in memory.
 */
import { join } from "node:path";
import type { Language } from "@fovea/core/language";
import { batchCsvHead, batchCsvRow } from "@fovea/core/report/batch-csv";
import { batchNotes } from "@fovea/core/report/batch-notes";
import { type BatchStatistics, BatchTally } from "@fovea/core/report/batch-statistics";
import { type ClinicalPage, clinicalHtml } from "@fovea/core/report/clinical-html";
import { FindingsTally } from "@fovea/core/report/findings";
import type { ReportVersions } from "@fovea/core/report/judged-image";
import type { ClassNames } from "@fovea/core/rules/class-names";
import { reported } from "@fovea/core/rules/judge";
import { writeAtomically } from "../data/atomic-write";
import { GrowingFile } from "../data/growing-file";
import type { Journal } from "../data/journal";
import { imageJson } from "../predict/predicted-image";
import { BATCH_FILES, type BatchSource } from "./batch-files";
import type { BatchImage, BatchLine } from "./batch-outcome";
import type { BatchSettings } from "./batch-settings";

/** Images on the page, and findings in all: more would only make it slow. */
const MOST_ON_PAGE = 500;
const MOST_FINDINGS_ON_PAGE = 10_000;

export interface BatchResultsOptions extends ReportVersions {
  readonly out: string;
  /** Below the page's heading. */
  readonly subject: string;
  readonly settings: BatchSettings;
  /** The model's, by id. */
  readonly classes: readonly string[];
  readonly language: Language;
  readonly classNames: ClassNames;
  readonly page: boolean;
}

/**
 * Writes table, findings, statistics and page of the files that the journal knows.
 *
 * @throws {FoveaError} `write_failed` or `disk_full`; older results stay then
 */
export async function writeBatchResults(
  sources: readonly BatchSource[],
  journal: Journal<BatchLine>,
  options: BatchResultsOptions,
): Promise<BatchStatistics> {
  const { out, classes, language } = options;
  const table = await GrowingFile.open(join(out, BATCH_FILES.table));
  const findings = await GrowingFile.open(join(out, BATCH_FILES.findings));
  const [tally, summary] = [new BatchTally(classes), new FindingsTally()];
  const shown: BatchImage[] = [];
  let [images, missing, unread, found, rows] = [0, 0, 0, 0, 0];
  try {
    await table.write(batchCsvHead(classes));
    await findings.write(`{\n${headOf(options)}  "images": [`);
    for (const { name } of sources) {
      const line = await journal.line(name);
      if (line === undefined || "attempts" in line) {
        missing++;
        continue;
      }
      const notes = batchNotes(line.images, language);
      await table.write(batchCsvRow({ filename: name, images: line.images, notes, language }, classes));
      for (const image of line.images) {
        await findings.write(`${images++ > 0 ? "," : ""}\n    ${imageJson(image)}`);
        tally.add(image);
        summary.add(image);
        rows += image.findings.length;
        if (image.error !== undefined) unread++;
        if (shown.length < MOST_ON_PAGE && rows <= MOST_FINDINGS_ON_PAGE) shown.push(image);
        else if (reported(image.findings, { reportAbove: options.reportAbove ?? 0 }).length > 0) found++;
      }
    }
    await findings.write(`${images > 0 ? "\n  " : ""}],\n  "summary": ${JSON.stringify(summary.summary())}\n}\n`);
    await table.finish();
    await findings.finish();
  } catch (error) {
    await table.abandon();
    await findings.abandon();
    throw error;
  }
  const statistics = tally.statistics();
  await writeStatistics(statistics, missing, options);
  const left = { omitted: images - shown.length + missing, omittedWithFindings: found, unread: unread + missing };
  if (options.page) await writePage(shown, left, options);
  return statistics;
}

function headOf({ settings, modelVersion, rulesVersion, reportAbove }: BatchResultsOptions): string {
  const { imgsz, conf, iou, modelSha256 } = settings;
  const head = {
    ...{ model: modelVersion, imgsz, conf, iou, modelVersion, modelSha256 },
    ...{ rulesVersion: rulesVersion ?? null, reportAbove: reportAbove ?? null },
  };
  return Object.entries(head)
    .map(([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)},\n`)
    .join("");
}

/** @param missing files that were not reached */
function writeStatistics(
  statistics: BatchStatistics,
  missing: number,
  { out, modelVersion, rulesVersion, settings }: BatchResultsOptions,
): Promise<void> {
  const { conf, iou, imgsz } = settings;
  const versions = { modelVersion, rulesVersion: rulesVersion ?? null };
  const content = { ...versions, ...{ conf, iou, imgsz }, notReached: missing, ...statistics };
  return writeAtomically(join(out, BATCH_FILES.statistics), `${JSON.stringify(content, undefined, 2)}\n`);
}

/** @param left files that were not reached count as images that nobody looked at */
function writePage(
  shown: readonly BatchImage[],
  left: Pick<ClinicalPage, "omitted" | "omittedWithFindings" | "unread">,
  options: BatchResultsOptions,
): Promise<void> {
  const { out, subject, modelVersion, rulesVersion, reportAbove, language, classNames, settings } = options;
  const images = shown.map(({ annotated, ...image }) => ({ ...image, picture: annotated }));
  const versions = { modelVersion, rulesVersion, reportAbove, thresholds: [settings.conf] };
  const page = { subject, images, ...left, ...versions, language, classNames };
  return writeAtomically(join(out, BATCH_FILES.page), clinicalHtml(page));
}
