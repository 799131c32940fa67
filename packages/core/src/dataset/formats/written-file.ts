/**
 * @file What writers of formats share: files by their paths, and safe names in them.
 */
import type { AnnotatedImage, AnnotationSet } from "../annotation-set";

/** A file to be written; `path` from the output's folder, with `/`. */
export interface WrittenFile {
  readonly path: string;
  readonly text: string;
}

/**
 * An image's path that stays inside any folder: without drive, leading `/` and `..`. What the paths of a set have in
 * common at their beginning stays: `images/a.png`.
 */
export function safePath(file: string): string {
  const parts = file.replace(/^[a-z]:/i, "").split(/[\\/]/);
  const kept = parts.filter((part) => part !== "" && part !== "." && part !== "..");
  // Characters that Windows has no files with.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must go
  return kept.map((part) => part.replace(/[\u0000-\u001f<>:"|?*]/g, "_")).join("/") || "image";
}

/** `safePath` without a folder for pictures at its beginning: `images/a.png` becomes `a.png`. */
export function pictureName(file: string): string {
  return safePath(file).replace(/^(images|jpegimages|imgs)\/(?=.)/i, "");
}

/** `safePath` without its ending: `a/b.c.png` becomes `a/b.c`. */
export function safeStem(file: string): string {
  const path = safePath(file);
  const dot = path.lastIndexOf(".");
  return dot > path.lastIndexOf("/") + 1 ? path.slice(0, dot) : path;
}

/** Parts of a set in the order in which they come; images of none count as `train` where others have parts. */
export function bySplit({ images }: AnnotationSet): Map<string, AnnotatedImage[]> {
  const parts = new Map<string, AnnotatedImage[]>();
  for (const image of images) {
    const split = safePath(image.split ?? "train").replaceAll("/", "_");
    const part = parts.get(split);
    if (part) part.push(image);
    else parts.set(split, [image]);
  }
  return parts;
}

/** `value` with at most `digits` decimals, without zeros at the end. */
export function decimal(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)));
}
