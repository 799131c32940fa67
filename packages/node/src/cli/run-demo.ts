/**
 * @file What `fovea demo` does.
 *
 *     OUT/phantoms/     radiographs and their labels, a data set like any other
 *     OUT/run/          the training run: weights, results.csv, results.png
 *     OUT/findings/     index.html, findings.json, findings.csv, annotated/, sidebyside/
 *     OUT/service/      with --serve: settings and data of the service
 */
import { join, relative } from "node:path";
import { ArgumentError, FoveaError } from "@fovea/core/errors";
import type { DetectionSummary } from "@fovea/core/metrics/detection-metrics";
import { runSentence } from "@fovea/core/report/summary";
import { openDataset } from "../data/open-dataset";
import { writePhantoms } from "../phantom/write-phantoms";
import { predict } from "../predict/predict";
import { executionProvider } from "../runtime/device";
import type { TrainRequest } from "../train/train";
import type { DemoOptions } from "./demo";
import { plural } from "./describe-dataset";
import { duration, Progress, workLine } from "./progress";
import { systemLanguage } from "./run-predict";
import { trainOnScreen } from "./run-train";
import { measureOnScreen } from "./run-val";
import { prepareDemoService, serveDemo } from "./serve-demo";
import { quoted } from "./train-screen";

/** Drawn radiographs: few enough for two processors and some minutes, enough to learn from. */
const PHANTOMS = { count: 190, valFraction: 40 / 190, size: 512 } as const;

/**
 * Short training from scratch. Gradients are not summed over batches (`nbs`), so that there are enough updates, and the
 * colours of grey images are left alone. The numbers reach mAP50 .9 and more on every seed tried (docs/performance.md).
 */
const PHANTOM_TRAINING = {
  ...{ epochs: 11, imgsz: 192, batch: 8, nbs: 8, close_mosaic: 3, warmup_epochs: 1 },
  ...{ optimizer: "AdamW", lr0: 0.002, momentum: 0.9, hsv_h: 0, hsv_s: 0 },
};

/** A small run on images that nothing is known of. */
const OWN_TRAINING = { epochs: 60, imgsz: 320, batch: 16, nbs: 16 };

/** mAP50 on drawn radiographs below which an installation does not do its work. */
const EXPECTED_MAP50 = 0.6;

/** Radiographs shown on the page. */
const SHOWN = 12;

const STEPS = 4;

/** Draws or takes images, trains, measures, finds, and says where to look. */
export async function runDemo(options: DemoOptions): Promise<void> {
  const started = performance.now();
  const { out, seed, device, serve } = options;
  if (serve !== undefined && options.data !== undefined) {
    const message = "demo: --serve shows the drawn radiographs; for images of your own: fovea serve --model WEIGHTS";
    throw new ArgumentError(message);
  }
  // Training would take several, which what comes after it does not.
  executionProvider(device);
  const service = serve === undefined ? undefined : await prepareDemoService(out, serve === true ? 0 : serve);
  const data = options.data ?? (await draw(join(out, "phantoms"), seed));
  const training = trainingOf(options);
  if (options.data !== undefined) heading(1, `Images: ${options.data}`);
  heading(2, `Train ${options.model} from images of ${training.imgsz} px`);
  const run = await trainOnScreen({
    ...{ data, model: options.model, project: out, name: "run" },
    arguments: { ...training, device, exist_ok: true },
  });
  if (run.end === "interrupted") throw new FoveaError("interrupted", "the demo was stopped in training");

  heading(3, "Measure it on images that it has not seen");
  const { imgsz } = training;
  const metrics = await measureOnScreen({ model: run.best, data, imgsz, device, threads: options.threads });

  const { samples } = await openDataset(data, "val");
  const shown = spread(samples, SHOWN).map(({ file }) => file);
  heading(4, `Find lesions in ${plural(shown.length, "image")} of these`);
  const findings = join(out, "findings");
  const curves = relative(findings, join(run.folder, "results.png"));
  const { summary } = await predict({
    ...{ model: run.best, sources: shown, out: findings, imgsz, device, threads: options.threads },
    ...{ language: systemLanguage(), date: new Date().toISOString().replace("T", " ").slice(0, 16) },
    training: { metrics, epochs: run.rows.length, imgsz, data, curves },
  });
  print(runSentence(summary, systemLanguage()));
  conclude(metrics, { out, best: run.best, seconds: (performance.now() - started) / 1000 });
  const failure = options.data === undefined ? shortfall(metrics) : undefined;
  if (service !== undefined) {
    print(`\nThe service, with ${plural(samples.length, "image")} that training has not seen; Ctrl-C ends it`);
    if (failure !== undefined) print(`Attention: ${failure.message}`);
    await serveDemo(service, { model: run.best, files: samples.map(({ file }) => file), language: systemLanguage() });
  }
  if (failure !== undefined) throw failure;
}

/** What is wrong if the detector is worse than it must be on drawn radiographs. */
function shortfall({ map50 }: DetectionSummary): FoveaError | undefined {
  if (map50 >= EXPECTED_MAP50) return undefined;
  return new FoveaError(
    "runtime_failed",
    `the detector reaches mAP50 ${map50.toFixed(3)} on drawn radiographs, expected at least ${EXPECTED_MAP50}; look at \`fovea doctor\` and report this`,
  );
}

async function draw(out: string, seed: number): Promise<string> {
  heading(1, `Draw ${PHANTOMS.count} chest radiographs as DICOM, with known lesions`);
  const progress = new Progress();
  const started = performance.now();
  try {
    const onProgress = (done: number, all: number) =>
      progress.show(workLine("drawing", done, all, (performance.now() - started) / 1000));
    const { train, val, dataYaml } = await writePhantoms({ ...PHANTOMS, out, seed, onProgress });
    progress.print(`${train.length} for training, ${val.length} kept apart: ${out}`);
    return dataYaml;
  } finally {
    progress.clear();
  }
}

function trainingOf({ data, seed, epochs, imgsz, threads }: DemoOptions) {
  const usual = data === undefined ? PHANTOM_TRAINING : OWN_TRAINING;
  const given = { ...(epochs !== undefined && { epochs }), ...(imgsz !== undefined && { imgsz }) };
  return { ...usual, ...given, ...(threads !== undefined && { threads }), seed } satisfies TrainRequest["arguments"];
}

/** At most `count` items, evenly from the whole list. */
function spread<T>(items: readonly T[], count: number): T[] {
  const used = Math.min(count, items.length);
  return Array.from({ length: used }, (_, i) => items[Math.floor((i * items.length) / used)]);
}

interface Conclusion {
  readonly out: string;
  readonly best: string;
  readonly seconds: number;
}

function conclude({ map50, map5095, images }: DetectionSummary, { out, best, seconds }: Conclusion): void {
  const lines: readonly (readonly [string, string])[] = [
    ["Measured", `mAP50 ${map50.toFixed(3)}, mAP50-95 ${map5095.toFixed(3)} on ${plural(images, "unseen image")}`],
    ["Page", `${join(out, "findings", "index.html")}  <- open this in a browser`],
    ["Findings", `${join(out, "findings", "findings.json")}, findings.csv`],
    ["Pictures", `${join(out, "findings", "annotated")}, ${join(out, "findings", "sidebyside")}`],
    ["Curves", join(out, "run", "results.png")],
    ["Weights", best],
  ];
  print(`\nDone in ${duration(seconds)}.`);
  for (const [what, text] of lines) print(`${what.padEnd(9)}${text}`);
  print(`\nNext: fovea predict --model ${quoted(best)} --source YOUR_IMAGES --out results`);
}

function heading(step: number, text: string): void {
  print(`${step === 1 ? "" : "\n"}[${step}/${STEPS}] ${text}`);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
