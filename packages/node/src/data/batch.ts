/**
 * @file What the loader, its threads and their reader hand to one another.
 */
import type { LabelTable } from "@fovea/core/dataset/label-table";
import type { Problem } from "@fovea/core/dataset/sample";
import type { PixelRect } from "@fovea/core/geometry/tiling";
import type { Augmentation } from "@fovea/core/imaging/augment/augmentation";
import type { Company } from "@fovea/core/imaging/augment/company";
import type { LetterboxTransform } from "@fovea/core/imaging/letterbox";
import type { Normalisation } from "@fovea/core/imaging/normalise";
import type { RandomState } from "@fovea/core/math/random";
import type { DiskCacheOptions } from "./disk-cache";
import type { CacheMemory } from "./image-cache";

/** An image of a validation batch, and the way back to its pixels. */
export interface BatchSource {
  readonly file: string;
  /** Number of its sample in the data set; several samples may be parts of one file. */
  readonly index: number;
  /** Pixels of the source image, or of the part of it that is shown. */
  readonly width: number;
  readonly height: number;
  /** Batch pixels from source pixels; the scale is that of the height, for both axes, as the public tools have it. */
  readonly transform: LetterboxTransform;
}

/** A batch of images with what is marked in them. */
export interface Batch {
  /** (size, 3, height, width), planes R, G, B. */
  readonly images: Uint8Array<ArrayBuffer>;
  /** Images in the batch; the last batch of an epoch may have fewer than the others. */
  readonly size: number;
  readonly width: number;
  readonly height: number;
  /**
   * n x 6: image index in the batch, class (-1 of a region to ignore), centre x, centre y, width, height, in fractions.
   * Sorted by image.
   */
  readonly targets: Float32Array<ArrayBuffer>;
  /** n: weight of each target in the loss, 0 to 1; absent where all weigh 1. */
  readonly weights?: Float32Array<ArrayBuffer>;
  /** n: 1 for a target that is a region to ignore, else 0; absent where there is none. */
  readonly ignored?: Uint8Array<ArrayBuffer>;
  /**
   * (size, height / 4, width / 4), if asked for: 0 background, k the image's k-th target, which then come from the
   * largest to the smallest; where they overlap, the smaller one shows.
   */
  readonly masks?: Uint8Array<ArrayBuffer>;
  readonly files: readonly string[];
  /** In validation, one per image. */
  readonly sources: readonly BatchSource[];
  /** Gives the memory of `images` back to the loader; it must not be read any more. */
  release(): void;
}

/** An image to load: its number in the data set, and its slot in the cache, -1 for none. */
export interface Fetch {
  readonly index: number;
  readonly slot: number;
}

/** One image of a batch to make. */
export interface Draft {
  /** One in validation, in training those of the company, in its order. */
  readonly fetches: readonly Fetch[];
  /** What the fetches are for; none in validation. */
  readonly company?: Company;
  /** Where the image's random numbers go on from; none in validation. */
  readonly random?: RandomState;
}

/** A batch to make. */
export interface BatchJob {
  readonly id: number;
  readonly width: number;
  readonly height: number;
  readonly drafts: readonly Draft[];
  /** Room for the images. */
  readonly buffer: ArrayBuffer;
}

/** A batch made. */
export interface BatchResult extends Omit<Batch, "release" | "images"> {
  readonly id: number;
  readonly buffer: ArrayBuffer;
  /** Files that turned out unreadable. */
  readonly problems: readonly Problem[];
}

/** What a thread must know once. */
export interface LoaderSetup {
  readonly files: readonly string[];
  /** Part of each file's image that is shown, where it is not all of it. */
  readonly crops: readonly (PixelRect | undefined)[];
  readonly labels: LabelTable;
  readonly cache: CacheMemory | undefined;
  readonly diskCache: DiskCacheOptions | undefined;
  /** Side that images are fitted to, that of the largest batches. */
  readonly side: number;
  readonly masks: boolean;
  /** Keep what was measured, where there is more than bytes: something in the augmentation acts on it. */
  readonly measured: boolean;
  readonly normalize: Normalisation;
  /** None in validation. */
  readonly augmentation: Augmentation | undefined;
}

/** Pixels of an image per cell of its mask. */
export const MASK_RATIO = 4;
