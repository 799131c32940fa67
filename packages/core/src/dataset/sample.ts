/**
 * @file What a data set is: images, what is marked in them, and what was wrong with the files they came from.
 *
 * Coordinates are fractions of the image's width and height, 0 at the left and upper edge, 1 at the right and lower.
 */
import { type ErrorCode, FoveaError } from "../errors";
import type { PixelRect } from "../geometry/tiling";

/** One lesion as a reader marked it. */
export interface Label {
  /** Index into the data set's class names. */
  readonly classId: number;
  /** Centre of the box. */
  readonly cx: number;
  readonly cy: number;
  readonly w: number;
  readonly h: number;
  /** Outline x, y, x, y ...; the last point joins the first. */
  readonly polygon?: Float32Array;
  /** How much it counts in training, above 0, at most 1: less for a finding that its readers were not sure of. @default 1 */
  readonly weight?: number;
}

/** A part of an image in which nothing is judged: a detection there is neither rewarded nor punished. */
export type Region = Omit<Label, "classId" | "weight">;

/** One image and what is marked in it; no label at all is a statement too: nothing is there. */
export interface Sample {
  /** Path to read and to show. */
  readonly file: string;
  /** Pixels of what is shown, the crop where there is one; as far as the file's header was read. */
  readonly width?: number;
  readonly height?: number;
  /** The part of the file's image that is shown, in its pixels; labels are fractions of it. @default the whole */
  readonly crop?: PixelRect;
  readonly labels: readonly Label[];
  /** @default none */
  readonly ignored?: readonly Region[];
}

/** Whether a data set needs a loss that tells one label from another by its weight, and knows of regions to ignore. */
export function hasSoftLabels({ samples }: Pick<Dataset, "samples">): boolean {
  return samples.some(({ labels, ignored = [] }) => {
    return ignored.length > 0 || labels.some(({ weight = 1 }) => weight !== 1);
  });
}

/** Something in the user's files that is not as it should be. */
export interface Problem {
  /** `error`: the file cannot be used. `warning`: it is used, with the change that the message tells. */
  readonly severity: "error" | "warning";
  readonly code: ErrorCode;
  readonly file: string;
  /** Line, row or key inside the file. */
  readonly at?: string;
  readonly message: string;
}

/** One part (`train`, `val` ...) of a data set, ready to read. */
export interface Dataset {
  /** Name of the file that describes it, without its ending. */
  readonly name: string;
  /** Class names by class index. */
  readonly names: readonly string[];
  readonly nc: number;
  readonly split: string;
  readonly samples: readonly Sample[];
  readonly problems: readonly Problem[];
}

/** `error`, with the place it names taken out of its message. */
export function problemOf(error: FoveaError, severity: Problem["severity"] = "error"): Problem {
  const { file = "", at } = error.place;
  const where = [error.place.file, at].filter((part) => part !== undefined).join(": ");
  const message = where && error.message.startsWith(where) ? error.message.slice(where.length + 2) : error.message;
  return { severity, code: error.code, file, at, message };
}

/** The error that `problem` would have been, had it been thrown. */
export function errorOf({ code, message, file, at }: Problem): FoveaError {
  return new FoveaError(code, message, { file, at });
}
