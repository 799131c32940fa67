/**
 * @file What the columns of a CSV file mean, by the names that public data sets give them.
 */

import { ArgumentError } from "../../errors";

/** What a column may hold. */
export type CsvRole =
  | "image"
  | "class"
  | "classId"
  | "present"
  | "x1"
  | "y1"
  | "x2"
  | "y2"
  | "boxWidth"
  | "boxHeight"
  | "bbox"
  | "imageWidth"
  | "imageHeight"
  | "score"
  | "split"
  | "segmentation"
  | "crowd"
  | "ignore"
  | "weight";

/** Column of each role, as the file spells it. */
export type CsvColumns = Readonly<Partial<Record<CsvRole, string>>>;

/** Names in lower case, the better one first. */
const NAMES: { readonly [R in CsvRole]: readonly string[] } = {
  image: [
    "file",
    "file_name",
    "filename",
    "image",
    "image_id",
    "imageid",
    "image_path",
    "image_name",
    "image index",
    "patientid",
    "path",
  ],
  class: [
    "class",
    "class_name",
    "classname",
    "label",
    "label_name",
    "labelname",
    "category",
    "category_name",
    "finding label",
  ],
  classId: ["class_id", "category_id", "label_id"],
  // RSNA: 1 where the row has a box, 0 where the image shows nothing.
  present: ["target"],
  x1: ["x_min", "xmin", "x1", "left", "bbox [x", "x"],
  y1: ["y_min", "ymin", "y1", "top", "y"],
  x2: ["x_max", "xmax", "x2", "right"],
  y2: ["y_max", "ymax", "y2", "bottom"],
  boxWidth: ["box_width", "bbox_width", "w"],
  boxHeight: ["box_height", "bbox_height", "h]", "h"],
  bbox: ["bbox", "box"],
  imageWidth: ["image_width", "img_width"],
  imageHeight: ["image_height", "img_height"],
  score: ["score", "confidence"],
  split: ["split", "subset"],
  segmentation: ["segmentation"],
  crowd: ["crowd", "iscrowd"],
  ignore: ["ignore"],
  weight: ["weight"],
};

/**
 * Columns by role. `width` and `height` are those of the box where there is no right edge, else those of the image.
 *
 * @param given roles whose column is said; the rest is found by name
 */
export function csvColumns(columns: readonly string[], given: CsvColumns = {}): CsvColumns {
  const byName = new Map([...columns].reverse().map((name) => [name.toLowerCase(), name] as const));
  const found: Partial<Record<CsvRole, string>> = {};
  for (const [role, names] of Object.entries(NAMES) as [CsvRole, readonly string[]][]) {
    const name = names.map((one) => byName.get(one)).find((one) => one !== undefined);
    if (name !== undefined) found[role] = name;
  }
  Object.assign(found, given);
  const [width, height] = [byName.get("width"), byName.get("height")];
  const boxed = found.x1 !== undefined && found.x2 === undefined && found.boxWidth === undefined;
  if (width !== undefined && height !== undefined) {
    if (boxed) Object.assign(found, { boxWidth: width, boxHeight: height, ...given });
    else if (found.imageWidth === undefined) Object.assign(found, { imageWidth: width, imageHeight: height, ...given });
  }
  return found;
}

/** What is missing for a table of boxes; nothing if all is there. */
export function missingRoles(columns: CsvColumns): string[] {
  const has = (...roles: CsvRole[]) => roles.every((role) => columns[role] !== undefined);
  const boxed = has("bbox") || has("x1", "y1", "x2", "y2") || has("x1", "y1", "boxWidth", "boxHeight");
  return [
    ...(has("image") ? [] : ["the image (image_id, filename, patientId ...)"]),
    ...(boxed ? [] : ["the box (x_min y_min x_max y_max, or x y width height, or bbox)"]),
  ];
}

/**
 * Reads `image=scan,class=finding,x1=left ...`.
 *
 * @throws {ArgumentError} naming the part that is wrong and the roles there are
 */
export function parseCsvColumns(text: string): CsvColumns {
  const columns: Partial<Record<CsvRole, string>> = {};
  for (const part of text.split(",")) {
    const [role, name] = part.split("=").map((one) => one.trim());
    if (!Object.hasOwn(NAMES, role) || !name) {
      const roles = Object.keys(NAMES).join(", ");
      throw new ArgumentError(`columns: got "${part}", wanted role=name with one of the roles ${roles}`);
    }
    columns[role as CsvRole] = name;
  }
  return columns;
}
