/**
 * @file How the values of an image are brought to the bytes that a network reads: a part of what the network has learned.
 *
 * `none` shows them as a viewer does. `zscore` shows them through the window of three standard deviations on either side of
 * the image's own mean, for images whose values have no unit, as in MRI.
 */
import { type ErrorCode, FoveaError } from "../errors";
import type { ByteImage, Image, Pixels } from "./image";
import { mapToBytes } from "./intensity";

export const NORMALISATIONS = ["none", "zscore"] as const;
export type Normalisation = (typeof NORMALISATIONS)[number];

/**
 * What a model's metadata say under `normalize`; `none` where they say nothing.
 *
 * @param code of the error, that of the file's format
 * @throws {FoveaError} if it is no normalisation that is known
 */
export function readNormalisation(text: string | undefined, code: ErrorCode, file: string): Normalisation {
  const found = NORMALISATIONS.find((name) => name === (text ?? "none"));
  if (found) return found;
  const message = `got ${text}, expected ${NORMALISATIONS.join(" or ")}; use the version of Fovea that wrote the model`;
  throw new FoveaError(code, message, { file, at: "normalize" });
}

/** Standard deviations from the mean to black, and to white. */
const REACH = 3;

/**
 * The window of an image's own values, all channels together, with ends as LINEAR_EXACT has them: mean and deviation of the
 * whole population. Values that are not finite do not count. An even image has one of width 1, in whose middle it lies.
 */
export function zScoreWindow(data: Pixels): { readonly center: number; readonly width: number } {
  const first = data.find(Number.isFinite) ?? 0;
  // Differences from one of the values: the deviation of equal ones is 0, with nothing rounded.
  let count = 0;
  let sum = 0;
  for (let i = 0; i < data.length; i++) {
    if (!Number.isFinite(data[i])) continue;
    sum += data[i] - first;
    count++;
  }
  const mean = first + sum / Math.max(1, count);
  let squares = 0;
  for (let i = 0; i < data.length; i++) if (Number.isFinite(data[i])) squares += (data[i] - mean) ** 2;
  const deviation = Math.sqrt(squares / Math.max(1, count));
  return { center: mean, width: deviation > 0 ? 2 * REACH * deviation : 1 };
}

/** `image` in 8 bits, through the window of its own values; NaN is black. */
export function zScoreBytes(image: Image): ByteImage {
  const { center, width } = zScoreWindow(image.data);
  return mapToBytes(image, center - width / 2, center + width / 2);
}
