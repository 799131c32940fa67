/**
 * @file Readers made by hand: boxes x1, y1, x2, y2 by image.
 */
import { type AlignOptions, alignReaders, type Readings } from "../src/consensus/readings";
import type { Annotation } from "../src/dataset/annotation-set";

/** Corners, class (0 if left out) and confidence. */
export type HandBox = readonly [x1: number, y1: number, x2: number, y2: number, classId?: number, score?: number];

export function handBox([x1, y1, x2, y2, classId = 0, score]: HandBox): Annotation {
  return { classId, box: { x1, y1, x2, y2 }, ...(score !== undefined && { score }) };
}

/** Readers r1, r2 ...: what each marked in each image that it read. Images are `a.png` of 200 x 200 and so on. */
export function handReadings(
  readers: readonly Readonly<Record<string, readonly HandBox[]>>[],
  options: AlignOptions = {},
): Readings {
  return alignReaders(
    readers.map((images, r) => ({
      name: `r${r + 1}`,
      set: {
        categories: [{ name: "nodule" }, { name: "mass" }],
        images: Object.entries(images).map(([file, boxes]) => ({
          ...{ file, width: 200, height: 200, annotations: boxes.map(handBox) },
        })),
      },
    })),
    options,
  );
}
