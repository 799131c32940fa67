/**
 * @file A frame on its way from the thread that decoded it to the one that runs the network; plain data.
 */
import type { PixelType } from "@fovea/core/detect/network-input";
import type { Spacing } from "@fovea/core/dicom/spacing";
import type { Value } from "@fovea/core/graph/runtime";
import type { LetterboxLayout, LetterboxOptions } from "@fovea/core/imaging/letterbox";
import type { Normalisation } from "@fovea/core/imaging/normalise";
import type { DecodeLimits } from "../dicom/decode-limits";

/** What a model wants of its images. */
export interface PreparationSettings {
  readonly pixels: PixelType;
  readonly letterbox: LetterboxOptions;
  readonly normalize?: Normalisation;
}

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
