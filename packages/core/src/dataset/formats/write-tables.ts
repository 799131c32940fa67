/**
 * @file Annotation sets as CSV: a table that `readCsv` reads back, and Open Images' boxes.
 */
import Papa from "papaparse";
import { type AnnotatedImage, type Annotation, type AnnotationSet, isIgnored } from "../annotation-set";
import { attributeText } from "./attribute-text";
import { IMAGE_PREFIX } from "./csv";
import { OPEN_IMAGES_FLAGS } from "./open-images";
import { bySplit, decimal, type WrittenFile } from "./written-file";

/** A cell that a spreadsheet would take for a formula. */
const FORMULA = /^[=+\-@\t\r](?![\d.])/;

type Cell = string | number | undefined;

/** RFC 4180 with a byte order mark, so that spreadsheets read it as UTF-8. */
function csvText(rows: readonly (readonly Cell[])[]): string {
  const safe = rows.map((row) =>
    row.map((cell) => (typeof cell === "string" && FORMULA.test(cell) ? `'${cell}` : cell)),
  );
  return `\uFEFF${Papa.unparse(safe as Cell[][])}\r\n`;
}

const BOX_COLUMNS = [
  "file",
  "image_width",
  "image_height",
  "split",
  "class",
  "x_min",
  "y_min",
  "x_max",
  "y_max",
] as const;
const FURTHER_COLUMNS = ["segmentation", "crowd", "ignore", "weight", "score"] as const;

/** One row for each annotation and one for each image without; columns that would be empty are left out. */
export function writeCsv({ categories, images }: AnnotationSet): string {
  const annotations = images.flatMap((image) => image.annotations);
  const used = FURTHER_COLUMNS.filter((name) => annotations.some((one) => furtherCell(one, name) !== undefined));
  const keys = keysOf(annotations);
  const imageKeys = keysOf(images);
  const row = (image: AnnotatedImage, one?: Annotation): Cell[] => [
    image.file,
    image.width,
    image.height,
    image.split,
    one && categories[one.classId].name,
    ...(one ? [one.box.x1, one.box.y1, one.box.x2, one.box.y2] : [undefined, undefined, undefined, undefined]),
    ...used.map((name) => one && furtherCell(one, name)),
    ...imageKeys.map((key) => attributeText(image.attributes?.[key] ?? null)),
    ...keys.map((key) => attributeText(one?.attributes?.[key] ?? null)),
  ];
  const head = [...BOX_COLUMNS, ...used, ...imageKeys.map((key) => IMAGE_PREFIX + key), ...keys];
  const rows = images.flatMap((image) => {
    return image.annotations.length === 0 ? [row(image)] : image.annotations.map((one) => row(image, one));
  });
  return csvText([head, ...rows]);
}

function keysOf(entries: readonly Pick<Annotation, "attributes">[]): string[] {
  return [...new Set(entries.flatMap(({ attributes = {} }) => Object.keys(attributes)))];
}

function furtherCell(one: Annotation, name: (typeof FURTHER_COLUMNS)[number]): Cell {
  const value = one[name];
  if (value === undefined || value === false) return undefined;
  return value === true ? 1 : typeof value === "number" ? value : JSON.stringify(value);
}

const OPEN_IMAGES_HEAD = [
  ...["ImageID", "Source", "LabelName", "Confidence", "XMin", "XMax", "YMin", "YMax"],
  ...["IsOccluded", "IsTruncated", "IsGroupOf", "IsDepiction", "IsInside"],
];

/** Ten decimals: to within 1e-6 px in images of 10,000. */
const DIGITS = 10;

/** `PART-annotations-bbox.csv` for each part, and the classes. */
export function* writeOpenImages(set: AnnotationSet): Generator<WrittenFile> {
  const names = set.categories.map(({ name }) => name);
  yield {
    path: "class-descriptions-boxable.csv",
    text: csvText([["LabelName", "DisplayName"], ...names.map((name) => [name, name])]),
  };
  const parted = set.images.some(({ split }) => split !== undefined);
  const parts = parted ? bySplit(set) : new Map([["", set.images]]);
  for (const [split, images] of parts) {
    const rows = images.flatMap((image) => image.annotations.flatMap((one) => openImagesRow(image, one, names)));
    const path = split === "" ? "annotations-bbox.csv" : `${split}-annotations-bbox.csv`;
    yield { path, text: csvText([OPEN_IMAGES_HEAD, ...rows]) };
  }
}

function openImagesRow({ file, width, height }: AnnotatedImage, one: Annotation, names: readonly string[]): Cell[][] {
  if (width === undefined || height === undefined || (isIgnored(one) && !one.crowd)) return [];
  const { box, score = 1, crowd = false, attributes = {} } = one;
  const flags = Object.entries(OPEN_IMAGES_FLAGS).map(
    ([column, name]) => [column, attributes[name] === true ? 1 : 0] as const,
  );
  const { IsOccluded, IsTruncated, IsDepiction, IsInside } = Object.fromEntries(flags);
  const sides = [box.x1 / width, box.x2 / width, box.y1 / height, box.y2 / height].map((side) => decimal(side, DIGITS));
  return [
    [file, "fovea", names[one.classId], score, ...sides, IsOccluded, IsTruncated, crowd ? 1 : 0, IsDepiction, IsInside],
  ];
}
