/**
 * @file What `fovea batch` does.
 */
import { join } from "node:path";
import { FoveaError } from "@fovea/core/errors";
import type { Language } from "@fovea/core/language";
import { type BatchResult, type BatchStart, runBatch } from "../batch/batch";
import { BATCH_FILES } from "../batch/batch-files";
import type { BatchCommandOptions } from "./batch";
import { statisticsText } from "./batch-statistics-table";
import { listed, plural } from "./describe-dataset";
import { Interruption } from "./interruption";
import { warn, warnOfSize } from "./message";
import { duration, Progress, workLine } from "./progress";
import { systemLanguage } from "./run-predict";

/** Failed files and oddities named on the terminal; the table names all. */
const MOST_NAMED = 12;

/** Messages of which the first are kept, and all counted. */
class Messages {
  readonly first: string[] = [];
  count = 0;

  add(message: string): void {
    if (this.count++ < MOST_NAMED) this.first.push(message);
  }
}

/** Runs the batch, shows progress, says what was found and where it stands. */
export async function runBatchCommand(inputs: readonly string[], options: BatchCommandOptions): Promise<void> {
  const { lang, maxDet, html, ...rest } = options;
  const language = lang ?? systemLanguage();
  const progress = new Progress();
  const interruption = new Interruption(() => {
    progress.say("Finishing the files at hand; a second Ctrl-C ends at once. The same command goes on from there.");
  });
  const failures = new Messages();
  const oddities = new Messages();
  let started = performance.now();
  try {
    const result = await runBatch(
      { ...rest, inputs, language, maxDetections: maxDet, page: html },
      {
        onStart: (start) => {
          announce(start, options, progress);
          started = performance.now();
        },
        onFile: (images, done, total) => {
          for (const { file, error, warnings = [] } of images) {
            if (error !== undefined) failures.add(error.message);
            for (const warning of warnings) oddities.add(`${file}: ${warning}`);
          }
          progress.show(workLine("looking at files", done, total, (performance.now() - started) / 1000));
        },
        shouldStop: () => interruption.asked,
      },
    );
    conclude(result, { failures, oddities }, options, language, (performance.now() - started) / 1000, progress);
  } finally {
    interruption.stop();
    progress.clear();
  }
}

function announce(start: BatchStart, options: BatchCommandOptions, progress: Progress): void {
  const { model, versions, files, doneBefore, imgsz, plan } = start;
  const { names, inputSize } = model.signature;
  progress.field(
    "Model",
    `${versions.modelVersion}, ${plural(names.length, "class", "classes")} (${listed(names)}), ${imgsz} px`,
  );
  if (versions.rulesVersion !== undefined) {
    progress.field("Rules", `${versions.rulesVersion}, reported above ${versions.reportAbove}`);
  }
  const workers = plan === undefined ? "" : `, ${plural(plan.lanes, "worker")} of ${plural(plan.threads, "thread")}`;
  progress.field("Images", `${plural(files, "file")}, ${options.device}${workers}`);
  if (doneBefore > 0) {
    const rest = files - doneBefore;
    progress.field(
      "Resumed",
      `${doneBefore} of ${files} were done before; ${rest === 0 ? "nothing is left" : `${rest} to do`}`,
    );
  }
  for (const warning of [...model.warnings, ...start.warnings]) warn(warning);
  if (!inputSize) warnOfSize(model.trainedAt, imgsz);
}

function conclude(
  { statistics, left }: BatchResult,
  { failures, oddities }: { readonly failures: Messages; readonly oddities: Messages },
  { out, pictures, html }: BatchCommandOptions,
  language: Language,
  seconds: number,
  progress: Progress,
): void {
  progress.say(statistics.summary[language]);
  progress.print(statisticsText(statistics, language));
  for (const failure of failures.first) progress.field("Failed", failure);
  if (failures.count > MOST_NAMED) progress.field("", `and ${failures.count - MOST_NAMED} more; results.csv names all`);
  oddities.first.forEach(warn);
  if (oddities.count > MOST_NAMED) warn(`${oddities.count - MOST_NAMED} more; results.csv names all`);
  progress.field("Time", duration(seconds));
  progress.field("Results", `${join(out, BATCH_FILES.table)}, ${BATCH_FILES.findings}, ${BATCH_FILES.statistics}`);
  progress.field("Reports", join(out, BATCH_FILES.reports));
  if (pictures) progress.field("Pictures", join(out, BATCH_FILES.annotated));
  if (html) progress.field("Page", join(out, BATCH_FILES.page));
  if (left > 0) {
    throw new FoveaError("interrupted", `${plural(left, "file")} left; the same command goes on with them`);
  }
  if (statistics.failures > 0 && statistics.images === 0) {
    throw new FoveaError("invalid_image", `none of ${plural(statistics.files, "file")} could be read`);
  }
}
