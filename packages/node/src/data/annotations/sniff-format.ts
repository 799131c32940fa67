/**
 * @file The format of an annotation file, by its name's ending and its first bytes.
 */

import { extname } from "node:path";
import { csvColumns, missingRoles } from "@fovea/core/dataset/formats/csv-columns";
import type { ReadFormat } from "@fovea/core/dataset/formats/format-names";
import { OPEN_IMAGES_COLUMNS } from "@fovea/core/dataset/formats/open-images";

type Judge = (text: string) => ReadFormat | undefined;

/** Lists of classes and the like, which stand beside label files. */
const LISTS = /^(classes|labels|labelmap|names|obj|predefined_classes|train|val|valid|test|trainval|readme.*)\.txt$/i;

/** By the ending of the name. */
const JUDGES: Readonly<Record<string, Judge>> = {
  ".json": judgeJson,
  ".xml": judgeXml,
  ".csv": judgeCsv,
  ".tsv": judgeCsv,
  ".yaml": judgeYaml,
  ".yml": judgeYaml,
  ".data": (text) => (/^\s*names\s*=/m.test(text) ? "yolo" : undefined),
  ".txt": (text) => (/^\s*\d+(\s+-?[\d.]+(e-?\d+)?){4,}\s*$/im.test(text.slice(0, 4096)) ? "yolo" : undefined),
};

/** @param head the first bytes of the file, up to 64 KiB */
export function sniffFormat(name: string, head: Uint8Array): ReadFormat | undefined {
  if (/\.(tfrecords?|record)(-\d+-of-\d+)?$/i.test(name)) return "tfrecord";
  if (LISTS.test(name)) return undefined;
  const encoding =
    head[0] === 0xff && head[1] === 0xfe ? "utf-16le" : head[0] === 0xfe && head[1] === 0xff ? "utf-16be" : "utf-8";
  const text = new TextDecoder(encoding).decode(head);
  return JUDGES[extname(name).toLowerCase()]?.(text);
}

function judgeJson(text: string): ReadFormat | undefined {
  // LabelMe's picture may come before its shapes and fill all that was read.
  if (/"(shapes|imagePath|imageData)"\s*:/.test(text)) return "labelme";
  return /^\s*\{/.test(text) && /"(images|annotations|categories|info|licenses)"\s*:/.test(text) ? "coco" : undefined;
}

function judgeXml(text: string): ReadFormat | undefined {
  const root = /<(annotations?)[\s>]/.exec(text)?.[1];
  return root === "annotation" ? "voc" : root === "annotations" ? "cvat" : undefined;
}

function judgeCsv(text: string): ReadFormat | undefined {
  const [line = ""] = text.split(/\r\n|\n|\r/);
  const columns = line.split(/[,;\t]/).map((name) => name.trim().replace(/^"|"$/g, ""));
  const lower = columns.map((name) => name.toLowerCase());
  if (OPEN_IMAGES_COLUMNS.every((name) => lower.includes(name))) return "openimages";
  return missingRoles(csvColumns(columns)).length === 0 ? "csv" : undefined;
}

function judgeYaml(text: string): ReadFormat | undefined {
  return /^(train|val|validation|test)\s*:/m.test(text) ? "yolo" : undefined;
}
