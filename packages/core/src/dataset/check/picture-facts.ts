/**
 * @file What was measured of a picture's file.
 */
import type { PerceptualHash } from "../../imaging/perceptual-hash";

/** A picture that could be read. */
export interface PictureFacts {
  /** Pixels, upright. */
  readonly width: number;
  readonly height: number;
  /** SHA-256 of the file, hexadecimal: the same file. */
  readonly digest: string;
  /** What the content is: `JPEG`, `PNG`, `DICOM` ... */
  readonly format: string;
  /** What the file's ending says, where it says one of those. */
  readonly named?: string;
  /** Of the grey values, 0 ... 255. */
  readonly mean: number;
  readonly deviation: number;
  /** Grey level that one pixel in a hundred exceeds. */
  readonly bright: number;
  /** Share of pixels at 254 or 255. */
  readonly whiteShare: number;
  /** 32 x 32 grey values of the whole picture. */
  readonly thumbnail: Uint8Array;
  readonly hash: PerceptualHash;
}

/** A picture that could not. */
export interface UnreadPicture {
  readonly code: string;
  readonly message: string;
}

export type LookedPicture = PictureFacts | UnreadPicture;

export function isRead(picture: LookedPicture): picture is PictureFacts {
  return "digest" in picture;
}

/** Statistics of the grey levels counted in `histogram`, 256 bins. */
export function greyFacts(
  histogram: ArrayLike<number>,
): Pick<PictureFacts, "mean" | "deviation" | "bright" | "whiteShare"> {
  let [count, sum, squares] = [0, 0, 0];
  for (let level = 0; level < 256; level++) {
    count += histogram[level];
    sum += histogram[level] * level;
    squares += histogram[level] * level * level;
  }
  const mean = sum / count;
  let bright = 255;
  for (let above = 0; bright > 0; bright--) {
    above += histogram[bright];
    if (above > count / 100) break;
  }
  return {
    mean,
    deviation: Math.sqrt(Math.max(0, squares / count - mean * mean)),
    bright,
    whiteShare: (histogram[254] + histogram[255]) / count,
  };
}
