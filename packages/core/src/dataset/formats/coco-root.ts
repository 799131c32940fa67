/**
 * @file The JSON object that a COCO file is.
 */
import { FoveaError } from "../../errors";
import { type Fields, fieldsOf } from "../coco-fields";

/** @throws {FoveaError} `invalid_annotations` if the text is no JSON; `file` is what the error calls it */
export function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FoveaError("invalid_annotations", `not valid JSON: ${reason}`, { file, cause });
  }
}

/** @throws {FoveaError} `invalid_annotations` if the text is no JSON, or no object */
export function cocoRoot(text: string, file: string): Fields {
  const fields = fieldsOf(parseJson(text, file));
  if (fields === undefined) {
    throw new FoveaError("invalid_annotations", "expected an object with images, annotations and categories", { file });
  }
  return fields;
}
