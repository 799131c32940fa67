/**
 * @file What a loader can be asked for.
 */
import type { SamplingOptions } from "@fovea/core/dataset/sampling";
import type { AugmentationOptions } from "@fovea/core/imaging/augment/augmentation";
import type { Normalisation } from "@fovea/core/imaging/normalise";

export interface LoaderOptions {
  /** Side of the training images, pixels; a multiple of 4. */
  readonly imgsz: number;
  /** Images in a batch; the last one of an epoch may have fewer. */
  readonly batch: number;
  /** `train` shuffles and augments, `val` letterboxes in a fixed order. */
  readonly mode: "train" | "val";
  /** @default 0 */
  readonly seed?: number;
  /** `zscore` shows each image through the window of its own values, before it is resized or varied. @default "none" */
  readonly normalize?: Normalisation;
  /** For training; values as users of the YOLO tools know them. */
  readonly augmentation?: AugmentationOptions;
  /** Batches of images of like proportions with little margin, instead of squares; in training without mosaics. @default false */
  readonly rect?: boolean;
  /** In training: sides vary by up to this share of `imgsz`, in [0, 1), anew every ten batches. @default 0 */
  readonly multiScale?: number;
  /** Sides of batches that are not all `imgsz` are multiples of it. @default 32 */
  readonly stride?: number;
  /** In training: how often an epoch shows which image. @default every image once */
  readonly sampling?: SamplingOptions;
  /** Make instance masks too. @default false */
  readonly masks?: boolean;
  /** Threads; 0 works in the caller's own. @default one per processor but one, 1 to 8 */
  readonly workers?: number;
  /** Batches made ahead. @default two more than threads */
  readonly prefetch?: number;
  /**
   * Keep decoded images in memory: all of them (`true`, `"ram"`), all if they fit into a quarter of the free memory
   * (`"auto"`), or none but those that the next mosaics may need (`false`), in no more than that quarter. `"disk"` is
   * `false` with decoded images in files, which later runs read too. @default "auto"
   */
  readonly cache?: boolean | "ram" | "disk" | "auto";
  /** Where `"disk"` keeps its files. @default `.fovea-cache` beside the images of each folder */
  readonly cacheFolder?: string;
  /** What becomes of a file that turns out unreadable: replaced (in validation left out) or an error. @default "skip" */
  readonly onProblem?: "skip" | "refuse";
}

export interface EpochOptions {
  /**
   * Put images together (mosaic, mixup, cutmix, copy_paste), with the probabilities that the augmentation says.
   * @default true
   */
  readonly mosaic?: boolean;
  /** Batches at the start of the epoch that training has seen already. @default 0 */
  readonly skipBatches?: number;
}
