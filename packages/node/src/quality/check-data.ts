/**
 * @file A data set looked through from end to end: annotations opened, every picture read, patients told, a model asked.
 */
import { resolve } from "node:path";
import type { AnnotationSet } from "@fovea/core/dataset/annotation-set";
import { checkSet } from "@fovea/core/dataset/check/check-set";
import type { CheckFinding } from "@fovea/core/dataset/check/finding-kinds";
import { CHECK_LIMITS, type CheckLimits } from "@fovea/core/dataset/check/limits";
import type { ModelAnswers } from "@fovea/core/dataset/check/model-checks";
import { isRead, type LookedPicture } from "@fovea/core/dataset/check/picture-facts";
import { type AskModelOptions, askModel } from "./ask-model";
import { groupsOf } from "./groups-of";
import { lookAtPictures } from "./look-at-pictures";
import { type OpenedSets, openSets } from "./open-sets";

export interface CheckDataRequest extends Pick<AskModelOptions, "imgsz" | "device" | "threads"> {
  /** Annotation files or folders; each of several is a part. */
  readonly data: readonly string[];
  /** Folder of the pictures. @default looked for around the annotations */
  readonly images?: string;
  /** How patients are told. @default "patient" */
  readonly by?: string;
  /** CSV file `image,patient`. */
  readonly patients?: string;
  /** Trained model to ask. @default none */
  readonly model?: string;
  /** @default `CHECK_LIMITS` */
  readonly limits?: CheckLimits;
}

/** What the check is doing; `total` 0 where it is not known. */
export type CheckStep = "opening" | "reading pictures" | "asking the model";

export interface CheckDataEvents {
  onOpened?(opened: OpenedSets): void;
  onProgress?(step: CheckStep, done: number, total: number): void;
  /** Asked before each picture: true ends the looking, and what was seen is judged. */
  shouldStop?(): boolean;
}

export interface CheckedData {
  readonly opened: OpenedSets;
  readonly findings: readonly CheckFinding[];
  readonly patients: readonly (string | undefined)[];
  readonly pictures: readonly (LookedPicture | undefined)[];
  readonly model?: ModelAnswers;
  /** Pictures that an interruption left out. */
  readonly left: number;
}

/**
 * Checks a data set. A broken file is a finding like any other.
 *
 * @throws {FoveaError} if an annotation file cannot be opened at all, or the model does not
 */
export async function checkData(request: CheckDataRequest, events: CheckDataEvents = {}): Promise<CheckedData> {
  const { data, images, by = "patient", patients: table, limits = CHECK_LIMITS } = request;
  const shouldStop = () => events.shouldStop?.() ?? false;
  const progress = (step: CheckStep) => (done: number, total: number) => events.onProgress?.(step, done, total);
  const opened = await openSets(data, { images, onProgress: progress("opening") });
  events.onOpened?.(opened);
  const { set, paths, problems } = opened;
  const patients = by === "image" ? paths.map(() => undefined) : await groupsOf(set.images, paths, { by, table });
  const pictures = await lookAtPictures(paths, { shouldStop, onProgress: progress("reading pictures") });
  const model =
    request.model === undefined || shouldStop()
      ? undefined
      : await askModel(set, paths, {
          ...{ model: request.model, imgsz: request.imgsz, device: request.device, threads: request.threads },
          ...{ shouldStop, onProgress: progress("asking the model") },
        });
  const sized = { ...opened, set: withSizes(set, pictures) };
  // Of a picture that could not be read, its own finding says it.
  const unread = new Set(paths.filter((_, i) => pictures[i] !== undefined && !isRead(pictures[i])));
  const others = problems.filter(({ file }) => !unread.has(resolve(file)));
  const findings = checkSet({ set: sized.set, problems: others, patients, pictures, model }, limits);
  return {
    opened: sized,
    findings,
    patients,
    pictures,
    model,
    left: pictures.filter((one) => one === undefined).length,
  };
}

/** Images whose size no annotation says have that of their picture. */
function withSizes(set: AnnotationSet, pictures: readonly (LookedPicture | undefined)[]): AnnotationSet {
  const images = set.images.map((image, i) => {
    const picture = pictures[i];
    if (image.width !== undefined || picture === undefined || !isRead(picture)) return image;
    return { ...image, width: picture.width, height: picture.height };
  });
  return { categories: set.categories, images };
}
