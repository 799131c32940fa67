/**
 * @file Tables of boxes, as Kaggle's radiology sets and many others use them: one row for each box, or one without box
 * for an image that shows nothing.
 *
 * Read by the names of the columns: RSNA pneumonia (`patientId,x,y,width,height,Target`), VinDr-CXR
 * (`image_id,class_name,class_id,rad_id,x_min,y_min,x_max,y_max`, several readers), ChestX-ray14's boxes, TensorFlow's
 * `filename,width,height,class,xmin,ymin,xmax,ymax`, `bbox` as a list, and what `writeCsv` writes. Columns without a
 * meaning of their own become attributes, of the image where their name begins with `image.` or is that of a patient, a
 * study or a series.
 */
import { FoveaError } from "../../errors";
import type { Box } from "../../finding";
import type { Annotation, Attributes, Segmentation } from "../annotation-set";
import { namesWholeImage } from "../image-group";
import { type AnnotationDraft, assembleSet, type ImageDraft, imagePath, type ReadSet } from "./annotation-draft";
import { attributeOf, someAttributes } from "./attribute-text";
import { type CsvColumns, csvColumns, missingRoles } from "./csv-columns";
import { readCsvRows } from "./csv-rows";
import { boxAround, readSegmentation } from "./segmentation-json";
import { Tally } from "./tally";
import { numberOf } from "./xml";

export interface CsvOptions {
  /** What problems call the file. */
  readonly file: string;
  /** Columns whose names say nothing. */
  readonly columns?: CsvColumns;
}

/** Prefix of columns that tell of the image. */
export const IMAGE_PREFIX = "image.";

/** Class of a table that has none: what the RSNA challenge marks. */
const RSNA_CLASS = "pneumonia";

/** Class names that say that nothing is there. */
const NOTHING = /^(no[ _]?finding|none|normal|negative|background)?$/i;

type Row = Readonly<Record<string, string>>;

/** Cell of a role; empty if there is no such column. */
type Cell = (role: keyof CsvColumns) => string;

interface Place {
  readonly at: string;
  readonly tally: Tally;
}

/** @throws {FoveaError} `invalid_annotations` if the columns are not found */
export function readCsv(text: string, { file, columns: given }: CsvOptions): ReadSet {
  const { columns: names, rows } = readCsvRows(text, file);
  const columns = csvColumns(names, given);
  const missing = missingRoles(columns);
  if (missing.length > 0) {
    const message = `no column is known as ${missing.join(" and ")}; its columns are ${names.join(", ")}`;
    throw new FoveaError("invalid_annotations", message, { file, at: "line 1" });
  }
  const used = new Set(Object.values(columns));
  const further = names.filter((name) => name !== "" && !used.has(name));
  const tally = new Tally();
  const drafts: ImageDraft[] = [];
  const classIds = new Map<string, number>();
  for (const [index, row] of rows.entries()) {
    const cell: Cell = (role) => cellOf(row, columns[role]);
    const place = { at: `line ${index + 2}`, tally };
    if (cell("image") === "") {
      tally.add("no image named, left out", place.at, "error");
      continue;
    }
    const annotation = readBoxRow(cell, row, further, place);
    drafts.push({ ...readImageCells(cell, row, further, columns), annotations: annotation ? [annotation] : [] });
    const id = numberOf(cell("classId"));
    if (annotation && id !== undefined && cell("class") !== "") classIds.set(annotation.className, id);
  }
  const known = [...classIds].sort((a, b) => a[1] - b[1]).map(([name]) => name);
  return { set: assembleSet(drafts, known), problems: tally.problems(file) };
}

/** Empty where there is no such column. The column without a name, an index, stands for none. */
function cellOf(row: Row, column: string | undefined): string {
  return column !== undefined && Object.hasOwn(row, column) ? row[column] : "";
}

/** Whether a further column tells of the image: by its prefix, or as it names a patient, a study or a series. */
function isOfImage(name: string): boolean {
  return name.startsWith(IMAGE_PREFIX) || namesWholeImage(name);
}

function readImageCells(
  cell: Cell,
  row: Row,
  further: readonly string[],
  columns: CsvColumns,
): Omit<ImageDraft, "annotations"> {
  const [width, height] = [numberOf(cell("imageWidth")), numberOf(cell("imageHeight"))];
  const attributes: Record<string, Attributes[string]> = {};
  for (const name of further.filter((one) => isOfImage(one) && row[one] !== "")) {
    const plain = name.startsWith(IMAGE_PREFIX) ? name.slice(IMAGE_PREFIX.length) : name;
    if (plain !== "__proto__") attributes[plain] = attributeOf(row[name]);
  }
  // RSNA calls its images by their patients.
  if (columns.image?.toLowerCase() === "patientid") attributes.patient_id = cell("image");
  return {
    file: imagePath(cell("image")),
    ...(width && height && { width, height }),
    ...(cell("split") !== "" && { split: cell("split") }),
    ...someAttributes(attributes),
  };
}

/** The annotation of a row; `undefined` if it says that nothing is there, or is broken. */
function readBoxRow(
  cell: Cell,
  row: Row,
  further: readonly string[],
  { at, tally }: Place,
): AnnotationDraft | undefined {
  const segmentation = readSegmentationCell(cell("segmentation"), { at, tally });
  const written = ["bbox", "x1", "y1", "x2", "y2", "boxWidth", "boxHeight"] as const;
  const empty = written.every((role) => /^(nan|null|none)?$/i.test(cell(role)));
  const className = cell("class") || (cell("classId") && `class_${cell("classId")}`) || "";
  // VinDr's later files give images without finding a box of one pixel.
  if (/^no[ _]?finding$/i.test(className)) return undefined;
  if (empty && segmentation === undefined) {
    const nothing = NOTHING.test(className) || numberOf(cell("present")) === 0;
    if (!nothing) tally.add("a class without a box; its image is kept without it", at);
    return undefined;
  }
  const box = readBoxCells(cell) ?? (segmentation && boxAround(segmentation));
  if (box === undefined) {
    tally.add("the box is no four numbers, left out", at, "error");
    return undefined;
  }
  const attributes: Record<string, Attributes[string]> = {};
  for (const name of further) {
    if (!isOfImage(name) && row[name] !== "") attributes[name] = attributeOf(row[name]);
  }
  return {
    className: className || (cell("present") === "" ? "object" : RSNA_CLASS),
    box,
    ...(segmentation && { segmentation }),
    ...fieldsIn(cell),
    ...someAttributes(attributes),
  };
}

function fieldsIn(cell: Cell): Partial<Annotation> {
  const set = (text: string) => /^(1|true)$/i.test(text);
  const [score, weight] = [numberOf(cell("score")), numberOf(cell("weight"))];
  return {
    ...(set(cell("crowd")) && { crowd: true }),
    ...(set(cell("ignore")) && { ignore: true }),
    ...(weight !== undefined && weight !== 1 && { weight }),
    ...(score !== undefined && { score }),
  };
}

function readBoxCells(cell: Cell): Box | undefined {
  if (cell("bbox") !== "") {
    const values = cell("bbox")
      .replace(/[[\]()]/g, "")
      .split(/[\s,;]+/)
      .map(numberOf);
    return values.length === 4 ? cornered(values) : undefined;
  }
  const [x1, y1, x2, y2] = (["x1", "y1", "x2", "y2"] as const).map((role) => numberOf(cell(role)));
  if (x2 === undefined || y2 === undefined)
    return cornered([x1, y1, numberOf(cell("boxWidth")), numberOf(cell("boxHeight"))]);
  return x1 === undefined || y1 === undefined ? undefined : { x1, y1, x2, y2 };
}

function cornered([x, y, w, h]: readonly (number | undefined)[]): Box | undefined {
  if (x === undefined || y === undefined || w === undefined || h === undefined) return undefined;
  return { x1: x, y1: y, x2: x + w, y2: y + h };
}

/** Outlines or a mask as JSON; `undefined` if it is neither. */
function readSegmentationCell(text: string, { at, tally }: Place): Segmentation | undefined {
  if (text === "") return undefined;
  let value: unknown = text;
  try {
    value = JSON.parse(text);
  } catch {
    // What stays a text is told below.
  }
  return readSegmentation(value, (message) => tally.add(message, at));
}
