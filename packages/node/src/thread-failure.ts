/**
 * @file Errors on their way from a thread to the one that waits for it.
 *
 * Cloning leaves a bare `Error` of an error of ours, so that these cross as their parts; others cross as they are.
 */
import { problemOf } from "@fovea/core/dataset/sample";
import { ArgumentError, type ErrorCode, FoveaError, ShapeError } from "@fovea/core/errors";

export type ThreadFailure =
  | { readonly code: ErrorCode; readonly message: string; readonly file?: string; readonly at?: string }
  | { readonly bug: unknown };

export function failureOf(error: unknown): ThreadFailure {
  if (!(error instanceof FoveaError)) return { bug: error };
  const { code, message, file, at } = problemOf(error);
  return { code, message, file: file || undefined, at };
}

/** The error that `failure` was made of; without its cause and its stack. */
export function errorOfFailure(failure: ThreadFailure): unknown {
  if ("bug" in failure) return failure.bug;
  const { code, message, ...place } = failure;
  if (code === "invalid_argument") return new ArgumentError(message, place);
  return code === "shape_mismatch" ? new ShapeError(message, place) : new FoveaError(code, message, place);
}
