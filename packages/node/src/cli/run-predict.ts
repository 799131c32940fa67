/**
 * @file What `fovea predict` does.
 */
import { join } from "node:path";
import { FoveaError } from "@fovea/core/errors";
import type { Language } from "@fovea/core/language";
import { runSentence } from "@fovea/core/report/summary";
import { type PredictResult, type PredictStart, predict } from "../predict/predict";
import type { PredictedImage } from "../predict/predicted-image";
import { listed, plural } from "./describe-dataset";
import { Interruption } from "./interruption";
import { warn, warnOfSize } from "./message";
import type { PredictCommandOptions } from "./predict";
import { duration, Progress, workLine } from "./progress";

/** Failed files named on the terminal; the results name all. */
const MOST_FAILURES = 12;

/** Predicts, shows progress, says what was found and where it stands. */
export async function runPrediction(options: PredictCommandOptions): Promise<void> {
  const { source, square, maxDet, pictures, html, lang, ...rest } = options;
  const language = lang ?? systemLanguage();
  const progress = new Progress();
  const interruption = new Interruption(() => {
    progress.say("Finishing the files at hand; a second Ctrl-C ends at once and loses the results.");
  });
  const failures: string[] = [];
  const oddities = new Set<string>();
  let started = performance.now();
  try {
    const result = await predict(
      {
        ...rest,
        sources: source,
        letterbox: square ? "square" : "auto",
        maxDetections: maxDet,
        pictures,
        page: html,
        language,
        date: new Date().toISOString().replace("T", " ").slice(0, 16),
      },
      {
        onStart: (start) => {
          announce(start, options, progress);
          started = performance.now();
        },
        onFile: (images, done, total) => {
          failures.push(...failuresOf(images));
          for (const { file, warnings = [] } of images) for (const one of warnings) oddities.add(`${file}: ${one}`);
          progress.show(workLine("looking at files", done, total, (performance.now() - started) / 1000));
        },
        shouldStop: () => interruption.asked,
      },
    );
    conclude(
      result,
      { failures, oddities: [...oddities] },
      options,
      language,
      (performance.now() - started) / 1000,
      progress,
    );
  } finally {
    interruption.stop();
    progress.clear();
  }
}

function announce(
  { model, files, imgsz, lanes, threads }: PredictStart,
  options: PredictCommandOptions,
  progress: Progress,
): void {
  const { names, inputSize, normalize } = model.signature;
  const size = inputSize ? `${inputSize.width} x ${inputSize.height} px, as exported` : `${imgsz} px`;
  progress.field("Model", `${model.name}, ${plural(names.length, "class", "classes")} (${listed(names)}), ${size}`);
  const workers = lanes > 1 ? `${lanes} workers of ${plural(threads, "thread")}` : plural(threads, "thread");
  progress.field("Images", `${plural(files, "file")}, ${options.device}, ${workers}`);
  if (options.conf === undefined && model.operatingPoint) {
    const { threshold, rule } = model.operatingPoint;
    progress.field("Conf", `${threshold.toFixed(4)}, the operating point kept in the model (${rule})`);
  }
  model.warnings.forEach(warn);
  if (normalize === "zscore" && options.window !== undefined) {
    warn("the model sees each image through the window of its own values; --window is that of the pictures");
  }
  if (inputSize) return;
  if (options.imgsz !== undefined && imgsz !== options.imgsz)
    warn(`--imgsz ${options.imgsz} is no multiple of the stride; ${imgsz} is used`);
  warnOfSize(model.trainedAt, imgsz);
}

function failuresOf(images: readonly PredictedImage[]): string[] {
  return images.flatMap(({ error }) => (error === undefined ? [] : [error.message]));
}

function conclude(
  { summary, left }: PredictResult,
  { failures, oddities }: { readonly failures: readonly string[]; readonly oddities: readonly string[] },
  { out, pictures, html }: PredictCommandOptions,
  language: Language,
  seconds: number,
  progress: Progress,
): void {
  const field = (what: string, text: string) => progress.field(what, text);
  progress.say(runSentence(summary, language));
  for (const failure of failures.slice(0, MOST_FAILURES)) field("Failed", failure);
  if (failures.length > MOST_FAILURES) field("", `and ${failures.length - MOST_FAILURES} more; findings.csv names all`);
  oddities.slice(0, MOST_FAILURES).forEach(warn);
  if (oddities.length > MOST_FAILURES) warn(`${oddities.length - MOST_FAILURES} more; findings.json names all`);
  field("Time", `${duration(seconds)}, ${(summary.images / Math.max(seconds, 1e-3)).toFixed(1)} images/s`);
  field("Findings", `${join(out, "findings.json")}, findings.csv`);
  if (pictures) field("Pictures", `${join(out, "annotated")}, ${join(out, "sidebyside")}`);
  if (html) field("Page", join(out, "index.html"));
  if (left > 0) throw new FoveaError("interrupted", `${plural(left, "file")} left out; the results hold the others`);
  if (summary.failures > 0 && summary.images === 0) {
    throw new FoveaError("invalid_image", `none of ${plural(summary.files, "file")} could be read`);
  }
}

/** Chinese where the system speaks it. */
export function systemLanguage(): Language {
  const { LC_ALL, LC_MESSAGES, LANG, LANGUAGE } = process.env;
  const first = [LC_ALL, LC_MESSAGES, LANG, LANGUAGE].find((value) => value !== undefined && value !== "");
  return /^zh/i.test(first ?? Intl.DateTimeFormat().resolvedOptions().locale) ? "zh" : "en";
}
