/**
 * @file Every error thrown on purpose.
 *
 * A message says who complains, what was given, what was wanted and how to mend it; an error about a file names the
 * file, and the row or key inside it. Codes never change: scripts and tests depend on them. A bug is a plain
 * `Error("unreachable: ...")` that nobody catches.
 */

/** What went wrong, for programs. */
export type ErrorCode =
  | "invalid_argument"
  | "unknown_argument"
  | "shape_mismatch"
  | "file_not_found"
  | "file_unreadable"
  | "files_unavailable"
  | "write_failed"
  | "disk_full"
  | "invalid_checkpoint"
  | "invalid_safetensors"
  | "invalid_onnx"
  | "invalid_model"
  | "invalid_dataset"
  | "invalid_label"
  | "invalid_annotations"
  | "invalid_image"
  | "invalid_dicom"
  | "unsupported_dicom"
  | "provider_unavailable"
  | "runtime_failed"
  | "loss_not_finite"
  | "scores_not_finite"
  | "out_of_memory"
  | "interrupted"
  | "busy"
  | "timed_out"
  | "network_hung"
  | "unknown_model"
  | "invalid_rules"
  | "invalid_config"
  | "peer_unreachable"
  | "peer_refused"
  | "database_unavailable"
  | "wrong_key"
  | "audit_broken"
  | "not_allowed"
  | "not_found";

/** Where in the user's material the mistake stands. */
export interface Place {
  /** Path as the user gave it. */
  readonly file?: string;
  /** Line number from 1, row of a table from 0, or name of a key, as the message shows it. */
  readonly at?: string;
}

/** Base class: tells a caller "we meant to throw this", and why, by a code that never changes. */
export class FoveaError extends Error {
  override readonly name: string = "FoveaError";
  readonly code: ErrorCode;
  readonly place: Place;

  /** @param message what was given, what was wanted, how to mend it; the place is put before it */
  constructor(code: ErrorCode, message: string, { cause, ...place }: Place & ErrorOptions = {}) {
    const where = [place.file, place.at].filter((part) => part !== undefined).join(": ");
    super(where ? `${where}: ${message}` : message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.place = place;
  }
}

/** An option, argument or parameter outside what is allowed. */
export class ArgumentError extends FoveaError {
  override readonly name = "ArgumentError";
  constructor(message: string, options?: Place & ErrorOptions) {
    super("invalid_argument", message, options);
  }
}

/** Arrays or tensors whose sizes do not fit one another. */
export class ShapeError extends FoveaError {
  override readonly name = "ShapeError";
  constructor(message: string, options?: Place & ErrorOptions) {
    super("shape_mismatch", message, options);
  }
}
