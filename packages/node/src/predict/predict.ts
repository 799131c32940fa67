/**
 * @file Prediction from end to end: files in, a folder of findings out.
 */
import type { DetectorOptions } from "@fovea/core/detect/detector";
import type { Window } from "@fovea/core/dicom/window";
import type { FindingsSummary } from "@fovea/core/report/findings";
import type { ReportTraining } from "@fovea/core/report/html";
import type { Language } from "@fovea/core/report/summary";
import { type DetectorFile, openDetector } from "../model/open-detector";
import { openCrew, type PredictCrew } from "./crew";
import { detectionSettings } from "./detection-settings";
import { type LanePlan, planLanes } from "./lanes";
import { pictureNames } from "./picture-names";
import type { PredictedImage } from "./predicted-image";
import { makeResultsFolder, ResultsFolder } from "./results-folder";
import { listSources } from "./sources";

export interface PredictOptions extends DetectorOptions {
  /** File of weights, or ONNX. */
  readonly model: string;
  /** Files, folders, patterns, lists. */
  readonly sources: readonly string[];
  /** Folder of results, made if it is not there. */
  readonly out: string;
  /**
   * Window of DICOM values, in place of each file's own; where the model normalises by `zscore`, of the pictures alone.
   * @default each file's own
   */
  readonly window?: Window;
  /** @default "cpu" */
  readonly device?: string;
  /** @default the processor's cores */
  readonly threads?: number;
  /** Draw each image's findings, and the image beside them. @default true */
  readonly pictures?: boolean;
  /** Write a page that shows everything. @default true */
  readonly page?: boolean;
  /** Shown first on the page. @default "zh" */
  readonly language?: Language;
  /** When the run is made, as the page shall show it. */
  readonly date?: string;
  /** The training whose model this is, for the page. @default none */
  readonly training?: ReportTraining;
}

/** What a run tells while it goes. */
export interface PredictEvents {
  /** Once everything is open. */
  onStart?(start: PredictStart): void;
  /** After each file, in their order. */
  onFile?(images: readonly PredictedImage[], done: number, total: number): void;
  /** Asked before each file: true ends the run after those at hand. */
  shouldStop?(): boolean;
}

export interface PredictStart extends LanePlan {
  readonly model: DetectorFile;
  readonly files: number;
  /** Longer side of the network's input, pixels: what the graph fixes, or a multiple of the largest stride. */
  readonly imgsz: number;
}

export interface PredictResult {
  readonly summary: FindingsSummary;
  /** Files that an early end left out. */
  readonly left: number;
}

/**
 * Finds lesions in all images of the sources. A file that cannot be read is said in the results, and the others go on.
 *
 * @throws {FoveaError} if a source does not exist, the model does not open, or results cannot be written
 */
export async function predict(options: PredictOptions, events: PredictEvents = {}): Promise<PredictResult> {
  const { sources, out, pictures = true, page = true, device = "cpu" } = options;
  const files = await listSources(sources, { except: out });
  const model = await openDetector(options.model);
  const { imgsz, conf, iou, detection } = detectionSettings(model, options);
  await makeResultsFolder(out, { pictures });
  const plan = planLanes({
    files: files.length,
    device,
    threads: options.threads,
    modelBytes: model.graph.length,
    imgsz,
  });
  const { window } = options;
  const crew = await openCrew(plan.lanes, {
    graph: model.graph,
    tileGraph: model.tileGraph,
    signature: model.signature,
    detection,
    files: { window, normalize: model.signature.normalize, picturesIn: pictures ? out : undefined },
    device,
    threads: plan.threads,
  });
  try {
    events.onStart?.({ model, files: files.length, imgsz, ...plan });
    const { language, date, training } = options;
    const settings = { model: options.model, imgsz, conf, iou };
    const results = await ResultsFolder.open({ folder: out, settings, page, language, date, training });
    try {
      const done = await work(crew, files, results, events);
      return { summary: await results.finish(), left: files.length - done };
    } catch (error) {
      await results.abandon();
      throw error;
    }
  } finally {
    await crew.close();
  }
}

/** Hands files to the crew and their findings to the results, in order. @returns files that were done */
async function work(
  crew: PredictCrew,
  files: readonly string[],
  results: ResultsFolder,
  { onFile, shouldStop = () => false }: PredictEvents,
): Promise<number> {
  const names = pictureNames(files);
  const pending: Promise<readonly PredictedImage[]>[] = [];
  let next = 0;
  let done = 0;
  try {
    while (next < files.length || pending.length > 0) {
      if (shouldStop()) next = files.length;
      while (next < files.length && pending.length < crew.capacity) {
        const images = crew.predict({ file: files[next], pictureName: names[next] });
        // Whoever awaits it below hears of a failure; until then it must not end the process.
        images.catch(() => undefined);
        pending.push(images);
        next++;
      }
      const images = await pending.shift();
      if (images === undefined) break;
      for (const image of images) await results.add(image);
      done++;
      onFile?.(images, done, files.length);
    }
  } finally {
    await Promise.allSettled(pending);
  }
  return done;
}
