/**
 * @file What the thread that makes pictures is asked, and answers.
 */
import type { InstanceImage } from "@fovea/core/contract/image";
import type { ErrorCode } from "@fovea/core/errors";
import type { Finding } from "@fovea/core/finding";
import type { ImageNames } from "./instance-image";

export type PictureTask =
  | { readonly kind: "describe"; readonly names: ImageNames }
  | { readonly kind: "values"; readonly frame: number }
  | {
      readonly kind: "picture";
      readonly frame: number;
      readonly findings: readonly Finding[];
      /** As they are written at their boxes, by the model's names. */
      readonly classNames: Readonly<Record<string, string>>;
      readonly format: "png" | "jpeg";
    };

export interface PictureRequest {
  readonly id: number;
  readonly bytes: Uint8Array;
  readonly task: PictureTask;
}

export type PictureResult = InstanceImage | Uint8Array;

export type PictureReply = { readonly id: number } & (
  | { readonly result: PictureResult }
  | { readonly failure: { readonly code: ErrorCode | undefined; readonly message: string } }
);
