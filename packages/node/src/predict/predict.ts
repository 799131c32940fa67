/**
 * @file Prediction from end to end: files in, a folder of findings out.
 */
import type { Language } from "@fovea/core/language";
import type { FindingsSummary } from "@fovea/core/report/findings";
import type { ReportTraining } from "@fovea/core/report/html";
import { modelFileVersion } from "../model/model-file-version";
import type { DetectorFile } from "../model/open-detector";
import type { PredictJob } from "./file-predictor";
import type { LanePlan } from "./lanes";
import { pictureNames } from "./picture-names";
import { predictInOrder } from "./predict-in-order";
import type { PredictedImage } from "./predicted-image";
import { type PredictionOptions, preparePrediction } from "./prepare-prediction";
import { makeResultsFolder, ResultsFolder } from "./results-folder";
import { listSources } from "./sources";

export interface PredictOptions extends PredictionOptions {
  /** Files, folders, patterns, lists. */
  readonly sources: readonly string[];
  /** Folder of results, made if it is not there. */
  readonly out: string;
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
  const { sources, out, pictures = true, page = true } = options;
  const files = await listSources(sources, { except: out });
  const prepared = await preparePrediction(options);
  await makeResultsFolder(out, { pictures });
  const { imgsz, conf, iou } = prepared;
  const prediction = await prepared.open(files.length, { picturesIn: pictures ? out : undefined });
  try {
    events.onStart?.({ model: prepared.model, files: files.length, imgsz, ...prediction.plan });
    const { language, date, training } = options;
    const { modelId, sha256 } = await modelFileVersion(options.model);
    const settings = { model: options.model, modelVersion: modelId, modelSha256: sha256, imgsz, conf, iou };
    const results = await ResultsFolder.open({ folder: out, settings, page, language, date, training });
    try {
      const take = async (images: readonly PredictedImage[], count: number) => {
        for (const image of images) await results.add(image);
        events.onFile?.(images, count, files.length);
      };
      const { shouldStop } = events;
      const done = await predictInOrder(prediction.crew, jobsOf(files), take, { shouldStop });
      return { summary: await results.finish(), left: files.length - done };
    } catch (error) {
      await results.abandon();
      throw error;
    }
  } finally {
    await prediction.crew.close();
  }
}

function jobsOf(files: readonly string[]): readonly PredictJob[] {
  const names = pictureNames(files);
  return files.map((file, i) => ({ file, pictureName: names[i] }));
}
