/**
 * @file Every picture of a data set read, several at one time.
 */
import { availableParallelism } from "node:os";
import type { LookedPicture } from "@fovea/core/dataset/check/picture-facts";
import { mapBounded } from "../data/map-bounded";
import { FrameDecoder } from "../dicom/frame-decoder";
import { lookAtPicture } from "./look-at-picture";

export interface LookOptions {
  readonly onProgress?: (done: number, total: number) => void;
  /** Asked before each picture. */
  readonly shouldStop?: () => boolean;
}

/** Pictures in memory at one time, at most. */
const MOST_AT_ONCE = 8;

/** Facts of each picture, in the order of the paths; `undefined` of those that an end left out. */
export async function lookAtPictures(
  paths: readonly string[],
  { onProgress, shouldStop = () => false }: LookOptions = {},
): Promise<(LookedPicture | undefined)[]> {
  const decoder = new FrameDecoder();
  // The same file in two parts is read once.
  const looks = new Map<string, Promise<LookedPicture>>();
  let done = 0;
  try {
    return await mapBounded(paths, Math.min(MOST_AT_ONCE, availableParallelism() + 1), async (path) => {
      if (shouldStop()) return undefined;
      const look = looks.get(path) ?? lookAtPicture(path, decoder);
      looks.set(path, look);
      const picture = await look;
      onProgress?.(++done, paths.length);
      return picture;
    });
  } finally {
    await decoder.close();
  }
}
