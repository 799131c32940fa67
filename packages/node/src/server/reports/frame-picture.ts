/**
 * @file The picture of a frame in a report.
 */
import { type ErrorCode, FoveaError } from "@fovea/core/errors";
import type { Language } from "@fovea/core/language";
import type { RouteParts } from "../app";
import { recordFile } from "../pictures/picture-thread";
import type { StudyFrame } from "./study-frames";

/** `timed_out` is also what a file comes to that ends the thread. */
const UNSHOWN: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  ...(["file_not_found", "file_unreadable", "files_unavailable"] as const),
  ...(["invalid_image", "invalid_dicom", "unsupported_dicom", "timed_out"] as const),
]);

/** Whether the image is not here any more, or cannot be shown: its findings are told without its picture. */
export function isUnshown(error: unknown): boolean {
  return error instanceof FoveaError && UNSHOWN.has(error.code);
}

/** As a data URI; undefined where the image is not here any more, or cannot be shown. */
export async function pictureOf(parts: RouteParts, frame: StudyFrame, language: Language): Promise<string | undefined> {
  try {
    const picture = await drawn(parts, frame, language, "jpeg");
    return picture && `data:image/jpeg;base64,${Buffer.from(picture).toString("base64")}`;
  } catch (error) {
    // Findings are not withheld because one picture cannot be made.
    if (isUnshown(error)) return undefined;
    throw error;
  }
}

export async function drawn(
  { store, config, pictures }: RouteParts,
  { sopUid, frame, findings }: StudyFrame,
  language: Language,
  format: "png" | "jpeg",
): Promise<Uint8Array | undefined> {
  const instance = await store.studies.findInstance(sopUid);
  if (instance?.blob === undefined) return undefined;
  const classNames = config.classNames[language] ?? {};
  return pictures.picture(recordFile(store.blobs, instance.blob), { frame, findings, classNames, language, format });
}
