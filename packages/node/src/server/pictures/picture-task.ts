/**
 * @file What the thread that makes pictures is asked.
 */
import type { Finding } from "@fovea/core/finding";
import type { ImageNames } from "./instance-image";

/** `bytes` are those of a whole image file. */
export type PictureTask =
  | { readonly kind: "describe"; readonly bytes: Uint8Array; readonly names: ImageNames }
  | { readonly kind: "values"; readonly bytes: Uint8Array; readonly frame: number }
  | {
      readonly kind: "picture";
      readonly bytes: Uint8Array;
      readonly frame: number;
      readonly findings: readonly Finding[];
      /** As they are written at their boxes, by the model's names. */
      readonly classNames: Readonly<Record<string, string>>;
      readonly format: "png" | "jpeg";
    };
