/**
 * @file What a model is asked for: the user's wishes, and where they say nothing what the model says of itself.
 */
import type { DetectorOptions } from "@fovea/core/detect/detector";
import { ArgumentError } from "@fovea/core/errors";
import type { DetectorFile } from "../model/open-detector";

export interface DetectionSettings {
  /** Longer side of the network's input, pixels: what the graph fixes, or a multiple of the largest stride. */
  readonly imgsz: number;
  /** Confidence as reports tell it. */
  readonly conf: number;
  readonly iou: number;
  /** For a `Detector`. */
  readonly detection: DetectorOptions;
}

/** Longest side of the network's input that is taken, pixels. */
const MOST_SIDE = 16384;

/**
 * Settings of a model: wishes first, then the file's operating point and the size it was trained at, then .25 and 640.
 *
 * @throws {ArgumentError} if a side is none
 */
export function detectionSettings(
  model: Pick<DetectorFile, "signature" | "operatingPoint" | "trainedAt">,
  wanted: DetectorOptions,
): DetectionSettings {
  const { iou = 0.7, letterbox, maxDetections, classes, agnostic } = wanted;
  const point = wanted.conf === undefined ? model.operatingPoint : undefined;
  const conf = wanted.conf ?? point?.threshold ?? 0.25;
  const { inputSize } = model.signature;
  const side = suitableSize(wanted.imgsz ?? model.trainedAt ?? 640, model);
  // A finding of exactly the operating point counts; the detector leaves out what is not above.
  const least = point ? conf * (1 - 1e-6) : conf;
  return {
    imgsz: inputSize ? Math.max(inputSize.width, inputSize.height) : side,
    conf,
    iou,
    detection: { imgsz: side, letterbox, conf: least, iou, maxDetections, classes, agnostic },
  };
}

/** The next multiple of the largest stride, as users of the public tools know it. */
function suitableSize(imgsz: number, { signature }: Pick<DetectorFile, "signature">): number {
  const stride = Math.max(...signature.strides);
  if (!(imgsz >= 1 && imgsz <= MOST_SIDE)) throw new ArgumentError(`imgsz is ${imgsz}, expected 1 to ${MOST_SIDE}`);
  return Math.max(stride, Math.ceil(imgsz / stride) * stride);
}
