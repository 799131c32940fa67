/**
 * @file What the readers of annotation files share: what they are asked for, and what they hand over.
 */
import type { AnnotationSet } from "@fovea/core/dataset/annotation-set";
import type { CsvColumns } from "@fovea/core/dataset/formats/csv-columns";
import type { ReadFormat } from "@fovea/core/dataset/formats/format-names";
import type { Problem } from "@fovea/core/dataset/sample";

/** Annotation files of one format. */
export interface AnnotationFiles {
  readonly format: ReadFormat;
  /** Absolute, sorted; of YOLO one data YAML, one `obj.data`, or a folder of label files. */
  readonly files: readonly string[];
  /** Absolute; the one that was named, or that of the file that was. */
  readonly folder: string;
}

export interface GatherOptions {
  /** Read this part only, where the format knows of parts. */
  readonly split?: string;
  /** What the columns of a CSV file mean, where their names do not say it. */
  readonly columns?: CsvColumns;
}

/** What a reader gathered from files, before pictures were looked for. */
export interface Gathered {
  readonly set: AnnotationSet;
  readonly problems: readonly Problem[];
  /** Folder that the images' paths begin at, as far as the files say; pictures are looked for from here. */
  readonly base: string;
  /** Coordinates are fractions of the image's sides, as its size is not known yet. @default false */
  readonly fractions?: boolean;
}

/** Part of a set that a file's name tells: `train`, `val` or `test`. */
export function splitOfName(name: string): string | undefined {
  const word = /(?:^|[^a-z])(train|valid|validation|val|test)(?![a-z])/i.exec(name)?.[1]?.toLowerCase();
  return word?.startsWith("val") ? "val" : word;
}
