/**
 * @file What the loss of a detector can be told.
 */
import { ArgumentError } from "../errors";
import type { IouType } from "./iou";

/** Every choice of the loss; with none, the loss of the public tools. */
export interface LossOptions {
  /** Weight of the box loss, and of the mask loss. @default 7.5 */
  readonly box?: number;
  /** Weight of the class loss. @default 0.5 */
  readonly cls?: number;
  /** Weight of the distribution focal loss. @default 1.5 */
  readonly dfl?: number;
  /** What boxes are trained by. Anchors are assigned by CIoU whatever it is. @default "ciou" */
  readonly iouType?: IouType;
  /** WIoU with its running mean (v3); the graph then takes `iou_mean` and gives `batch_iou_mean`. @default false */
  readonly wiouScale?: boolean;
  /** Exponent of the modulating factor of the class loss; 0 is none. At least 0. @default 0 */
  readonly focalGamma?: number;
  /** Share of what is there in the class loss, against 1 - share of what is not; 0 weighs neither. @default 0 */
  readonly focalAlpha?: number;
  /** Share of a foreground anchor's target that is spread evenly over all classes. In [0, 1). @default 0 */
  readonly labelSmoothing?: number;
  /** Factor of each class's positive terms, as `classWeights` makes them. @default 1 for all */
  readonly classWeights?: readonly number[];
  /** Every ground truth gets an anchor; see `candidates.ts`. @default false */
  readonly assignAll?: boolean;
  /** Take weights of ground truths and regions to ignore; see `candidates.ts`. @default false */
  readonly softLabels?: boolean;
}

/**
 * @param classes number of the network's
 * @throws {ArgumentError} if an option is out of range or there are not as many weights as classes
 */
export function checkLossOptions(options: LossOptions, classes: number): void {
  const { focalGamma = 0, focalAlpha = 0, labelSmoothing = 0, classWeights } = options;
  const within = (name: string, value: number, wanted: string, fits: boolean) => {
    if (!fits) throw new ArgumentError(`${name}: got ${value}, wanted ${wanted}`);
  };
  within("focalGamma", focalGamma, "a number from 0", focalGamma >= 0 && Number.isFinite(focalGamma));
  within("focalAlpha", focalAlpha, "a number from 0 to below 1", focalAlpha >= 0 && focalAlpha < 1);
  within("labelSmoothing", labelSmoothing, "a number from 0 to below 1", labelSmoothing >= 0 && labelSmoothing < 1);
  if (!classWeights) return;
  if (classWeights.length !== classes) {
    throw new ArgumentError(`classWeights: ${classWeights.length} weights for ${classes} classes, wanted one for each`);
  }
  for (const weight of classWeights) {
    within("classWeights", weight, "finite weights from 0", weight >= 0 && Number.isFinite(weight));
  }
}
