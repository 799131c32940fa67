/**
 * @file A frame on its way from the thread that decoded it to the one that runs the network; plain data.
 */
import type { PixelType } from "@fovea/core/detect/network-input";
import type { Spacing } from "@fovea/core/dicom/spacing";
import type { Value } from "@fovea/core/graph/runtime";
import type { LetterboxLayout, LetterboxOptions } from "@fovea/core/imaging/letterbox";
import type { Normalisation } from "@fovea/core/imaging/normalise";

/** What a model wants of its images. */
export interface PreparationSettings {
  readonly pixels: PixelType;
  readonly letterbox: LetterboxOptions;
  readonly normalize?: Normalisation;
}

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

/** What the network reads: one image, its memory filling a buffer of its own. */
export interface NetworkFrame {
  readonly value: Value;
  readonly layout: LetterboxLayout;
  /** Pixels of the source image. */
  readonly width: number;
  readonly height: number;
}

export interface PreparedFrame extends NetworkFrame {
  readonly spacingMm?: Spacing;
  readonly warnings?: readonly string[];
}

/** A file, opened. */
export interface OpenedFile {
  readonly frames: number;
  readonly modality?: string;
  readonly sha256: string;
}

/** What a preparing thread is asked; it has one file open at a time. */
export type PrepareTask =
  | { readonly task: "open"; readonly bytes: Uint8Array; readonly filename: string; readonly limits: DecodeLimits }
  | {
      readonly task: "frame";
      readonly frame: number;
      readonly settings: PreparationSettings;
      /** Memory to be used again. */
      readonly room?: ArrayBuffer;
    }
  | { readonly task: "close" };
