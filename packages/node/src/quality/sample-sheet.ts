/**
 * @file Pictures of a data set with their boxes on one sheet.
 */
import type { AnnotatedImage, AnnotationSet } from "@fovea/core/dataset/annotation-set";
import type { Finding } from "@fovea/core/finding";
import type { ByteImage } from "@fovea/core/imaging/image";
import { mapBounded } from "../data/map-bounded";
import { readSourceImage } from "../data/source-image";
import { FrameDecoder } from "../dicom/frame-decoder";
import { contactSheet, type SheetPicture } from "../imaging/contact-sheet";
import { scaledTo } from "../imaging/scaled";

export interface SampleSheetOptions {
  /** Side of the square that each picture is fitted into, pixels. */
  readonly cell: number;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Files read at one time. */
const CONCURRENCY = 4;

/** Bytes of a PNG; pictures that cannot be read are named and left out. */
export async function sampleSheet(
  { categories, images }: AnnotationSet,
  paths: readonly string[],
  { cell, onProgress }: SampleSheetOptions,
): Promise<{ readonly png: Uint8Array; readonly unread: readonly string[] }> {
  const names = categories.map(({ name }) => name);
  const decoder = new FrameDecoder();
  const unread: string[] = [];
  let done = 0;
  try {
    const pictures = await mapBounded(images, CONCURRENCY, async (annotated) => {
      const path = paths[images.indexOf(annotated)];
      try {
        const image = await readSourceImage(path, { decoder });
        // Pictures wait in memory until the last one is read: small.
        return await sheetPicture(image, annotated, names, cell);
      } catch {
        unread.push(path);
        return undefined;
      } finally {
        onProgress?.(++done, paths.length);
      }
    });
    return {
      png: await contactSheet(
        pictures.flatMap((one) => one ?? []),
        { cell },
      ),
      unread,
    };
  } finally {
    await decoder.close();
  }
}

async function sheetPicture(
  image: ByteImage,
  { annotations }: AnnotatedImage,
  names: readonly string[],
  cell: number,
): Promise<SheetPicture> {
  const small = await scaledTo(image, cell);
  const factor = small.width / image.width;
  const findings = annotations.map(({ classId, box: { x1, y1, x2, y2 } }): Finding => {
    const box = { x1: x1 * factor, y1: y1 * factor, x2: x2 * factor, y2: y2 * factor };
    return { classId, className: names[classId] ?? "?", confidence: 1, box };
  });
  return { image: small, findings };
}
