/**
 * @file What a conversion makes of each frame. Plain data: it goes to threads, and into the journal, by which a second run
 * knows whether files are done already.
 */
import type { PictureDepth } from "@fovea/core/dicom/frame-picture";
import type { WindowChoice } from "@fovea/core/dicom/window-preset";
import { ArgumentError } from "@fovea/core/errors";
import type { PictureFormat } from "./encode-picture";

/** All frames, the first alone, or one counted from 0. */
export type FrameChoice = "all" | "first" | number;

export interface ConvertSettings {
  readonly windows: readonly WindowChoice[] | "values";
  readonly format: PictureFormat;
  readonly depth: PictureDepth;
  readonly frames: FrameChoice;
  /** Of JPEG. */
  readonly quality: number;
}

/** @throws {ArgumentError} for settings that no picture can have */
export function checkSettings({ windows, format, depth }: ConvertSettings): void {
  if (format === "jpeg" && depth !== 8) throw new ArgumentError("JPEG holds 8 bits; take --format png for 16");
  if (format !== "npy" && depth === "float") throw new ArgumentError(`${format} holds no floats; take --format npy`);
  if (windows === "values") {
    if (depth !== 8) return;
    throw new ArgumentError("measured values do not fit in 8 bits; take --depth 16 or --format npy, or a window");
  }
  const count = windows.length;
  if (format !== "npy" && count !== 1 && count !== 3) {
    throw new ArgumentError(`${count} windows; a picture has one channel or three, an array (--format npy) any number`);
  }
}

/** The frames that `choice` names in a file of `frames`. */
export function chosenFrames(choice: FrameChoice, frames: number): number[] {
  if (choice === "all") return Array.from({ length: frames }, (_, i) => i);
  const frame = choice === "first" ? 0 : choice;
  return frame < frames ? [frame] : [];
}
