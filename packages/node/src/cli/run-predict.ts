/**
 * @file What `fovea predict` does.
 */
import { FoveaError } from "@fovea/core/errors";
import { type Language, runSentence } from "@fovea/core/report/summary";
import { type PredictResult, type PredictStart, predict } from "../predict/predict";
import type { PredictedImage } from "../predict/predicted-image";
import { listed, plural } from "./describe-dataset";
import { Interruption } from "./interruption";
import { warn } from "./message";
import type { PredictCommandOptions } from "./predict";
import { bar, duration, Progress } from "./progress";

/** Failed files named on the terminal; the results name all. */
const MOST_FAILURES = 12;

/** Predicts, shows progress, says what was found and where it stands. */
export async function runPrediction(options: PredictCommandOptions): Promise<void> {
  const { source, square = false, maxDet, pictures, html, lang, ...rest } = options;
  const language = lang ?? systemLanguage();
  const progress = new Progress();
  const print = (what: string, text: string) => progress.print(`${what.padEnd(9)}${text}`);
  const interruption = new Interruption(() => {
    progress.print("Finishing the files at hand; a second Ctrl-C ends at once and loses the results.");
  });
  const failures: string[] = [];
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
          announce(start, options, print);
          started = performance.now();
        },
        onFile: (images, done, total) => {
          failures.push(...failuresOf(images));
          progress.show(progressLine(done, total, (performance.now() - started) / 1000));
        },
        shouldStop: () => interruption.asked,
      },
    );
    conclude(result, failures, options, language, (performance.now() - started) / 1000, progress);
  } finally {
    interruption.stop();
    progress.clear();
  }
}

function announce(
  { model, files, imgsz, lanes, threads }: PredictStart,
  options: PredictCommandOptions,
  print: (what: string, text: string) => void,
): void {
  const { names, inputSize } = model.signature;
  const size = inputSize ? `${inputSize.width} x ${inputSize.height} px, as exported` : `${imgsz} px`;
  print("Model", `${model.name}, ${plural(names.length, "class", "classes")} (${listed(names)}), ${size}`);
  const workers = lanes > 1 ? `${lanes} workers of ${plural(threads, "thread")}` : plural(threads, "thread");
  print("Images", `${plural(files, "file")}, ${options.device}, ${workers}`);
  model.warnings.forEach(warn);
  if (inputSize) return;
  if (imgsz !== options.imgsz) warn(`--imgsz ${options.imgsz} is no multiple of the stride; ${imgsz} is used`);
  const { trainedAt } = model;
  if (trainedAt !== undefined && (imgsz >= 2 * trainedAt || trainedAt >= 2 * imgsz)) {
    warn(`the model was trained on images of ${trainedAt} px and is used at ${imgsz}; consider --imgsz ${trainedAt}`);
  }
}

function failuresOf(images: readonly PredictedImage[]): string[] {
  return images.flatMap(({ error }) => (error === undefined ? [] : [error.message]));
}

function progressLine(done: number, total: number, seconds: number): string {
  const rate = done / Math.max(seconds, 1e-3);
  const left = duration((total - done) / rate);
  return `looking ${bar(done / total, 30)} ${done}/${total}  ${rate.toFixed(1)} files/s  ${left} left`;
}

function conclude(
  { summary, left }: PredictResult,
  failures: readonly string[],
  { out, pictures, html }: PredictCommandOptions,
  language: Language,
  seconds: number,
  progress: Progress,
): void {
  const print = (what: string, text: string) => progress.print(`${what.padEnd(9)}${text}`);
  progress.print(runSentence(summary, language));
  for (const failure of failures.slice(0, MOST_FAILURES)) print("Failed", failure);
  if (failures.length > MOST_FAILURES) print("", `and ${failures.length - MOST_FAILURES} more; findings.csv names all`);
  print("Time", `${duration(seconds)}, ${(summary.files / Math.max(seconds, 1e-3)).toFixed(1)} images/s`);
  print("Findings", `${out}/findings.json, findings.csv`);
  if (pictures) print("Pictures", `${out}/annotated, ${out}/sidebyside`);
  if (html) print("Page", `${out}/index.html`);
  if (left > 0) throw new FoveaError("interrupted", `${plural(left, "file")} left out; the results hold the others`);
  if (summary.failures > 0 && summary.failures === summary.files) {
    throw new FoveaError("invalid_image", `none of ${plural(summary.files, "image")} could be read`);
  }
}

/** Chinese where the system speaks it. */
export function systemLanguage(): Language {
  const { LC_ALL, LC_MESSAGES, LANG, LANGUAGE } = process.env;
  const first = [LC_ALL, LC_MESSAGES, LANG, LANGUAGE].find((value) => value !== undefined && value !== "");
  return /^zh/i.test(first ?? Intl.DateTimeFormat().resolvedOptions().locale) ? "zh" : "en";
}
