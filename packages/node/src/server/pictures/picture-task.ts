/**
 * @file What the thread that makes pictures is asked. It has one file open at a time, and is asked of that.
 */
import type { Finding } from "@fovea/core/finding";
import type { Language } from "@fovea/core/language";
import type { ImageNames } from "./instance-image";

/** A finding that is drawn; at one that a reader rejected that is written. */
export interface DrawnFinding extends Finding {
  readonly review?: "open" | "accepted" | "rejected";
}

export type PictureTask =
  /** `bytes` are those of a whole image file, in a buffer of their own. */
  | { readonly kind: "open"; readonly bytes: Uint8Array }
  | { readonly kind: "close" }
  | { readonly kind: "describe"; readonly names: ImageNames }
  | { readonly kind: "values"; readonly frame: number }
  | {
      readonly kind: "picture";
      readonly frame: number;
      readonly findings: readonly DrawnFinding[];
      /** As they are written at their boxes, by the model's names. */
      readonly classNames: Readonly<Record<string, string>>;
      readonly language: Language;
      readonly format: "png" | "jpeg";
    };
