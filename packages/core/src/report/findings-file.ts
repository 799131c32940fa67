/**
 * @file Reads `findings.json` as `fovea predict` and `fovea batch` write it, and checks what is read.
 */
import { FoveaError } from "../errors";
import type { Box, Finding } from "../finding";
import { isErrorCode } from "../reasons/error-sentences";
import type { ImageFindings } from "./findings";

/** What a report needs of the file. */
export interface FindingsFile {
  /** The model as the user named it. */
  readonly model: string;
  /** `name@first 12 digits` of the file that found, and all of its sum; absent where findings were written elsewhere. */
  readonly modelVersion?: string;
  readonly modelSha256?: string;
  /** Confidence below which findings were left out; absent where findings were written elsewhere. */
  readonly conf?: number;
  readonly images: readonly ImageFindings[];
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Images and findings of the text of a `findings.json`.
 *
 * @param file what errors call it
 * @throws {FoveaError} `invalid_annotations` with the place of the first mistake
 */
export function parseFindings(text: string, file: string): FindingsFile {
  const fail = (message: string, at?: string) => new FoveaError("invalid_annotations", message, { file, at });
  let whole: unknown;
  try {
    whole = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    throw fail(`not valid JSON (${cause instanceof Error ? cause.message : cause}); expected a findings.json`);
  }
  const { model, modelVersion, modelSha256, conf, images } = fieldsOf(whole);
  if (!Array.isArray(images)) throw fail("no list of images; expected a findings.json as fovea predict writes it");
  const read = images.map((one: unknown, i) => readImage(fieldsOf(one), (message) => fail(message, `images[${i}]`)));
  const isVersion = typeof modelVersion === "string" && modelVersion !== "" && isSum(modelSha256);
  return {
    model: typeof model === "string" ? model : "unknown",
    ...(isVersion && { modelVersion, modelSha256 }),
    ...(isReal(conf) && conf >= 0 && conf <= 1 && { conf }),
    images: read,
  };
}

type Fail = (message: string) => FoveaError;

function readImage(image: Fields, fail: Fail): ImageFindings {
  const { file, sha256, frame, width, height, findings, error } = image;
  if (typeof file !== "string") throw fail("file is missing");
  if (sha256 !== undefined && !isSum(sha256)) throw fail("sha256 is no sum of 64 hexadecimal digits");
  if (frame !== undefined && !isWhole(frame)) throw fail(`frame is ${JSON.stringify(frame)}, expected 0, 1 ...`);
  if (!isWhole(width) || !isWhole(height)) throw fail("width and height are no pixels");
  if (!Array.isArray(findings)) throw fail("findings is no list");
  return {
    file,
    ...(sha256 !== undefined && { sha256 }),
    ...(frame !== undefined && { frame }),
    width,
    height,
    findings: findings.map((one: unknown, i) =>
      readFinding(fieldsOf(one), (text) => fail(`finding ${i + 1}: ${text}`)),
    ),
    ...readSpacing(image),
    ...(error !== undefined && { error: readError(fieldsOf(error)) }),
  };
}

function readFinding({ classId, className, confidence, box, sizeMm, polygon }: Fields, fail: Fail): Finding {
  if (!isWhole(classId) || typeof className !== "string") throw fail("classId and className are missing");
  if (!isReal(confidence) || confidence < 0 || confidence > 1) throw fail("confidence is no number from 0 to 1");
  const { width, height } = fieldsOf(sizeMm);
  if (sizeMm !== undefined && !(isReal(width) && isReal(height))) throw fail("sizeMm is no width and height");
  const isOutline = Array.isArray(polygon) && polygon.length % 2 === 0 && polygon.every(isReal);
  if (polygon !== undefined && !isOutline) throw fail("polygon is no list of x, y");
  return {
    classId,
    className,
    confidence,
    box: readBox(fieldsOf(box), fail),
    ...(isReal(width) && isReal(height) && { sizeMm: { width, height } }),
    ...(isOutline && { polygon }),
  };
}

function readBox({ x1, y1, x2, y2 }: Fields, fail: Fail): Box {
  if (!(isReal(x1) && isReal(y1) && isReal(x2) && isReal(y2)) || x2 < x1 || y2 < y1) {
    throw fail("box is no x1, y1, x2, y2");
  }
  return { x1, y1, x2, y2 };
}

const SOURCES = ["PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing"] as const;

function readSpacing({ spacingMm }: Fields): Pick<ImageFindings, "spacingMm"> {
  const { row, column, source } = fieldsOf(spacingMm);
  const known = SOURCES.find((name) => name === source);
  return isReal(row) && isReal(column) && known ? { spacingMm: { row, column, source: known } } : {};
}

/** The code of another version may be none of ours: what it says is shown all the same. */
function readError({ code, message }: Fields): NonNullable<ImageFindings["error"]> {
  return {
    code: typeof code === "string" && isErrorCode(code) ? code : "invalid_image",
    message: typeof message === "string" ? message : "could not be analysed",
  };
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function isSum(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
}

function isReal(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function isWhole(value: unknown): value is number {
  return isReal(value) && Number.isInteger(value) && value >= 0;
}
