/**
 * @file Which format annotations are in, by what their files begin with.
 */

import { extname } from "node:path";
import { FoveaError } from "@fovea/core/errors";
import type { AnnotationFormat } from "./annotation-source";

/** Format of the file or folder at `path`. */
export async function detectFormat(path: string): Promise<AnnotationFormat> {
  const ending = extname(path).toLowerCase();
  if (ending === ".json") return "coco";
  if (ending === ".yaml" || ending === ".yml") return "yolo";
  throw new FoveaError("invalid_dataset", "no format of annotations that is known", { file: path });
}
