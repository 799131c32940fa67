/**
 * @file Open Images boxes (storage.googleapis.com/openimages, "Data formats"): one row for each box, corners as fractions
 * of the image's sides, left, right, upper, lower.
 *
 * A decimal comma is read too, as some tools write with the machine's language. `IsOccluded`, `IsTruncated`,
 * `IsDepiction` and `IsInside` become attributes where they are 1, `IsGroupOf` makes a crowd; -1 says that nobody knows.
 * The set comes out in fractions: the table has no sizes.
 */
import type { Attributes } from "../annotation-set";
import { assembleSet, type ImageDraft, imagePath, type ReadSet } from "./annotation-draft";
import { someAttributes } from "./attribute-text";
import { readCsvRows } from "./csv-rows";
import { Tally } from "./tally";
import { numberOf } from "./xml";

/** Columns that a table of Open Images boxes has at least, lower case. */
export const OPEN_IMAGES_COLUMNS = ["imageid", "labelname", "xmin", "xmax", "ymin", "ymax"] as const;

/** Attribute of each column of flags. */
export const OPEN_IMAGES_FLAGS: Readonly<Record<string, string>> = {
  IsOccluded: "occluded",
  IsTruncated: "truncated",
  IsDepiction: "depiction",
  IsInside: "inside",
};

export interface OpenImagesOptions {
  /** What problems call the file. */
  readonly file: string;
  /** Names of classes by what `LabelName` has, in the order of the classes. */
  readonly names?: ReadonlyMap<string, string>;
}

/** @returns a set in fractions */
export function readOpenImages(text: string, { file, names = new Map() }: OpenImagesOptions): ReadSet {
  const { rows } = readCsvRows(text, file);
  const tally = new Tally();
  const drafts = rows.flatMap((row, index): ImageDraft[] => {
    const at = `line ${index + 2}`;
    const [x1, y1, x2, y2] = [row.XMin, row.YMin, row.XMax, row.YMax].map(numberOf);
    if (
      !row.ImageID ||
      !row.LabelName ||
      x1 === undefined ||
      y1 === undefined ||
      x2 === undefined ||
      y2 === undefined
    ) {
      tally.add("no image, no class or no four numbers; left out", at, "error");
      return [];
    }
    const attributes: Record<string, Attributes[string]> = {};
    for (const [column, name] of Object.entries(OPEN_IMAGES_FLAGS)) if (row[column] === "1") attributes[name] = true;
    const score = numberOf(row.Confidence);
    const annotation = {
      className: names.get(row.LabelName) ?? row.LabelName,
      box: { x1, y1, x2, y2 },
      ...(row.IsGroupOf === "1" && { crowd: true }),
      // People's boxes have the confidence 1.
      ...(score !== undefined && score < 1 && { score }),
      ...someAttributes(attributes),
    };
    return [{ file: imagePath(row.ImageID), annotations: [annotation] }];
  });
  return { set: assembleSet(drafts, [...new Set(names.values())]), problems: tally.problems(file) };
}

/** Class names by label from `class-descriptions-boxable.csv`: two columns, with or without a heading. */
export function readClassDescriptions(text: string, file: string): Map<string, string> {
  const { columns, rows } = readCsvRows(text, file);
  const [label, name] = columns;
  const pairs = rows.map((row) => [row[label], row[name]] as const);
  const isHeading = /^labelname$/i.test(label ?? "");
  return new Map(isHeading ? pairs : [[label, name] as const, ...pairs]);
}
