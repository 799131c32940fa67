/**
 * @file Outlines and masks as JSON has them in COCO files.
 */
import { FoveaError } from "../../errors";
import type { Box } from "../../finding";
import { boundsOf } from "../../geometry/polygon";
import { isMask, type Segmentation } from "../annotation-set";
import { fieldsOf, isNumbers } from "../coco-fields";
import { maskBounds, runsOf } from "../run-length";

/**
 * @param warn hears what is left out and why
 * @returns `undefined` if there is none that can be used
 */
export function readSegmentation(value: unknown, warn: (message: string) => void): Segmentation | undefined {
  if (value === undefined || value === null) return undefined;
  const mask = fieldsOf(value);
  if (mask) return readMask(mask, warn);
  if (!Array.isArray(value)) {
    warn("segmentation is neither outlines nor a mask, left out");
    return undefined;
  }
  const parts: unknown[] = value.length > 0 && isNumbers(value) ? [value] : value;
  const good = parts.filter((part): part is number[] => isNumbers(part) && part.length >= 6 && part.length % 2 === 0);
  if (good.length < parts.length) warn("outline with an odd count of values or below three points, left out");
  return good.length > 0 ? good : undefined;
}

function readMask(
  { size, counts }: Readonly<Record<string, unknown>>,
  warn: (message: string) => void,
): Segmentation | undefined {
  if (!(isNumbers(size) && size.length === 2 && (typeof counts === "string" || isNumbers(counts)))) {
    warn("a mask without size [height, width] and counts, left out");
    return undefined;
  }
  const mask = { size: [size[0], size[1]] as const, counts };
  try {
    runsOf(mask);
    return mask;
  } catch (error) {
    if (!(error instanceof FoveaError)) throw error;
    warn(`${error.message}; mask left out`);
    return undefined;
  }
}

/** Smallest box around outlines or a mask; `undefined` around an empty mask. */
export function boxAround(segmentation: Segmentation): Box | undefined {
  return isMask(segmentation) ? maskBounds(segmentation) : boundsOf(segmentation.flat());
}
