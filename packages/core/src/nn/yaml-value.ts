/**
 * @file The content of a model YAML before it is checked.
 */
import { LineCounter, parseDocument } from "yaml";
import { FoveaError, type Place } from "../errors";

export type Mapping = Readonly<Record<string, unknown>>;

/** @throws {FoveaError} `invalid_model` with the line, if the text is no YAML */
export function yamlValue(text: string, file: string | undefined): unknown {
  const lineCounter = new LineCounter();
  const document = parseDocument(text.replace(/^\uFEFF/, ""), { lineCounter, prettyErrors: false, logLevel: "silent" });
  const error = document.errors.at(0);
  if (error) {
    const { line, col } = lineCounter.linePos(error.pos[0]);
    const place: Place = { file, at: `line ${line}, column ${col}` };
    throw new FoveaError("invalid_model", `not valid YAML: ${error.message}`, { ...place, cause: error });
  }
  try {
    return document.toJS();
  } catch (cause) {
    // Aliases that multiply without end.
    throw new FoveaError("invalid_model", `not readable: ${String(cause)}`, { file, cause });
  }
}

/** Whether a key has a value; empty ones count as absent. */
export function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

export function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value in a message, cut short. */
export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** Whether a value can be a number of classes or channels. */
export function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 65536;
}
