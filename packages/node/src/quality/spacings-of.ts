/**
 * @file Pixel spacing of the images of a data set: what attributes say, else DICOM files.
 */
import { hasDicomPrefix, parseDataSet } from "@fovea/core/dicom/data-set";
import { readSpacing } from "@fovea/core/dicom/spacing";
import { FoveaError } from "@fovea/core/errors";
import { type ImageSpacing, spacingOf } from "@fovea/core/report/set-statistics";
import { mapBounded } from "../data/map-bounded";
import { isDicomName } from "../data/source-image";
import { readBytes } from "../read-file";
import type { OpenedSets } from "./open-sets";

/** Files read at one time. */
const CONCURRENCY = 8;

/** By image; `undefined` where nothing says it. */
export function spacingsOf({ set, paths }: OpenedSets): Promise<(ImageSpacing | undefined)[]> {
  return mapBounded(
    set.images.map((_, i) => i),
    CONCURRENCY,
    async (i) => spacingOf(set.images[i].attributes) ?? (await dicomSpacing(paths[i])),
  );
}

async function dicomSpacing(path: string): Promise<ImageSpacing | undefined> {
  if (!isDicomName(path)) return undefined;
  try {
    const bytes = await readBytes(path, "image file");
    return hasDicomPrefix(bytes) ? readSpacing(parseDataSet(bytes, path), 0) : undefined;
  } catch (error) {
    // Labels may come without pictures; a broken one is for the check to tell.
    if (error instanceof FoveaError) return undefined;
    throw error;
  }
}
