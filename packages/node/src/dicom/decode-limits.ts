/**
 * @file How large a file from outside may be when it is decoded.
 */

/** Bounds of what is decoded. */
export interface DecodeLimits {
  /** Pixels of one image. */
  readonly maxPixels: number;
  /** Frames of one file. */
  readonly maxFrames: number;
  /** Bytes that a deflated DICOM file may grow to. */
  readonly maxInflated: number;
  /** Elements of a DICOM file, each of which becomes an object. */
  readonly maxElements: number;
}

/** Of files that come from outside, unless told otherwise. */
export const DECODE_LIMITS: DecodeLimits = {
  maxPixels: 2 ** 27,
  maxFrames: 4096,
  maxInflated: 2 ** 28,
  maxElements: 600_000,
};
