/**
 * @file Annotation sets as YOLO label files and their data YAML: `labels/PART/IMAGE.txt`, pictures in `images/PART`.
 *
 * Fractions have ten decimals: to within 1e-6 px in images of 10,000. An outline of several parts, holes included, is
 * one row, its parts joined by lines there and back. What is ignored is left out.
 */
import { stringify } from "yaml";
import { type Annotation, type AnnotationSet, isIgnored, isMask, type Segmentation } from "../annotation-set";
import { maskOutlines } from "../run-length";
import { bySplit, decimal, safePath, safeStem, type WrittenFile } from "./written-file";

const DIGITS = 10;

export function* writeYolo(set: AnnotationSet): Generator<WrittenFile> {
  const names = set.categories.map(({ name }) => name);
  const parts = bySplit(set);
  // Training wants a part to measure by; where there is none, it is said by leaving the key out.
  const lists = Object.fromEntries([...parts.keys()].map((split) => [split, `images/${split}`]));
  yield { path: "data.yaml", text: stringify({ path: ".", ...lists, nc: names.length, names }) };
  yield { path: "classes.txt", text: names.map((name) => `${name}\n`).join("") };
  for (const [split, images] of parts) {
    for (const { file, width, height, annotations } of images) {
      const judged = annotations.filter((one) => !isIgnored(one));
      if (width === undefined || height === undefined) {
        if (judged.length > 0) continue;
        yield { path: `labels/${split}/${safeStem(nameIn(split, file))}.txt`, text: "" };
      } else {
        const rows = judged.map((one) => `${yoloRow(one, width, height)}\n`);
        yield { path: `labels/${split}/${safeStem(nameIn(split, file))}.txt`, text: rows.join("") };
      }
    }
  }
}

/** Where the picture of an image stands in the written set. */
export function yoloPicture(file: string, split = "train"): string {
  const part = safePath(split).replaceAll("/", "_");
  return `images/${part}/${nameIn(part, file)}`;
}

/**
 * An image's path below the folder of its part. Folders called `images` go: the label file of a picture is found by the
 * last one in its path. So does the part's own name at the beginning.
 */
function nameIn(part: string, file: string): string {
  const folders = safePath(file).split("/");
  const name = folders.pop() ?? "image";
  const kept = folders.filter((folder) => folder !== "images");
  if (kept[0] === part) kept.shift();
  return [...kept, name].join("/");
}

function yoloRow({ classId, box, segmentation }: Annotation, width: number, height: number): string {
  const outline = segmentation && joinedOutline(segmentation);
  if (outline === undefined || outline.length < 6) {
    const values = [
      (box.x1 + box.x2) / 2 / width,
      (box.y1 + box.y2) / 2 / height,
      (box.x2 - box.x1) / width,
      (box.y2 - box.y1) / height,
    ];
    return [classId, ...values.map((value) => decimal(value, DIGITS))].join(" ");
  }
  const values = outline.map((value, i) => decimal(value / (i % 2 === 0 ? width : height), DIGITS));
  return [classId, ...values].join(" ");
}

/** One outline of all parts: every further one is reached from the first point and left for it again. */
function joinedOutline(segmentation: Segmentation): readonly number[] {
  const parts = isMask(segmentation) ? maskOutlines(segmentation) : segmentation;
  const [first, ...others] = parts;
  if (first === undefined || others.length === 0) return first ?? [];
  const [x, y] = first;
  return [...first, ...others.flatMap((part) => [x, y, ...part, part[0], part[1]]), x, y];
}
