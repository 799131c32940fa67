/**
 * @file A model opened and its settings made out, before anybody works with it.
 */
import type { DetectorOptions } from "@fovea/core/detect/detector";
import type { Window } from "@fovea/core/dicom/window";
import { type DetectorFile, openDetector } from "../model/open-detector";
import { openCrew, type PredictCrew } from "./crew";
import { detectionSettings } from "./detection-settings";
import type { FilePredictorOptions } from "./file-predictor";
import { type LanePlan, planLanes } from "./lanes";

export interface PredictionOptions extends DetectorOptions {
  /** File of weights, or ONNX. */
  readonly model: string;
  /**
   * Window of DICOM values, in place of each file's own; where the model normalises by `zscore`, of the pictures alone.
   * @default each file's own
   */
  readonly window?: Window;
  /** @default "cpu" */
  readonly device?: string;
  /** @default the processor's cores */
  readonly threads?: number;
}

/** A model, and what it will be asked. */
export interface PreparedPrediction {
  readonly model: DetectorFile;
  /** Longer side of the network's input, pixels: what the graph fixes, or a multiple of the largest stride. */
  readonly imgsz: number;
  readonly conf: number;
  readonly iou: number;
  /** Those who work, for so many files. */
  open(
    files: number,
    drawing: Omit<FilePredictorOptions, "window" | "normalize">,
  ): Promise<{ readonly plan: LanePlan; readonly crew: PredictCrew }>;
}

/** @throws {FoveaError} if the model does not open, or `imgsz` is none */
export async function preparePrediction(options: PredictionOptions): Promise<PreparedPrediction> {
  const { device = "cpu", threads, window } = options;
  const model = await openDetector(options.model);
  const { imgsz, conf, iou, detection } = detectionSettings(model, options);
  const { normalize } = model.signature;
  return {
    ...{ model, imgsz, conf, iou },
    async open(files, drawing) {
      const { graph, tileGraph, signature } = model;
      const plan = planLanes({ files, device, threads, modelBytes: graph.length, imgsz });
      const crew = await openCrew(plan.lanes, {
        ...{ graph, tileGraph, signature, detection, device, threads: plan.threads },
        files: { ...drawing, window, normalize },
      });
      return { plan, crew };
    },
  };
}
