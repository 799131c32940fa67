/**
 * @file What a failure says: that the image is broken, which is final, or nothing of the image, which is tried again.
 *
 * A time limit, memory or a file that cannot be read at the moment may be the machine's doing. So the same is tried again for a
 * while; what does not come off then either is called failed, with the last reason, and can be analysed again when somebody asks.
 */
import { type ErrorCode, FoveaError } from "@fovea/core/errors";
import { type Told, tell, tellError } from "@fovea/core/reasons/tell";

/** How long what may pass is waited for. */
export interface Patience {
  /** At least so often. */
  readonly tries: number;
  /** And at least so long, ms, if the record's files are the matter: a network file system may be away for hours. */
  readonly filesMs: number;
  /** Or anything else: a decoder that hangs in a poisonous image holds up the report of its series. */
  readonly otherMs: number;
  /** Of an image in which the network hangs, however long that takes: each try may cost a thread that never ends. */
  readonly hangs: number;
}

export const PATIENCE: Patience = { tries: 5, filesMs: 4 * 3_600_000, otherMs: 15 * 60_000, hangs: 3 };

/** What was tried in vain so far. */
export interface Tried {
  readonly tries: number;
  /** Since the first time, ms. */
  readonly forMs: number;
}

/** The same will happen again wherever and whenever it is tried. */
const PROVEN: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "invalid_image",
  "invalid_dicom",
  "unsupported_dicom",
  "file_unreadable",
  "scores_not_finite",
  "shape_mismatch",
  "invalid_argument",
]);

/** Nothing else would come off now. */
const OF_ALL: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "busy",
  "interrupted",
  "unknown_model",
  "database_unavailable",
  "disk_full",
]);

/** The network did not come to an end within an image. */
export const HUNG = "network_hung" satisfies ErrorCode;

const OF_FILES: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["file_not_found", "files_unavailable", "wrong_key"]);

const MAX_MESSAGE = 280;

/** Whether the image, or what is made of it, is to blame. */
export function isProven(error: unknown): error is FoveaError {
  return error instanceof FoveaError && PROVEN.has(error.code);
}

/** Whether it would be the same with every other image: the service stops, or the database is away. */
export function concernsAll(error: unknown): boolean {
  return error instanceof FoveaError ? OF_ALL.has(error.code) : (error as Error | undefined)?.name === "AbortError";
}

/** Whether enough was tried. */
export function isSpent(error: unknown, { tries, forMs }: Tried, patience: Patience = PATIENCE): boolean {
  if (error instanceof FoveaError && error.code === HUNG) return tries >= patience.hangs;
  const ofFiles = error instanceof FoveaError && OF_FILES.has(error.code);
  return tries >= patience.tries && forMs >= (ofFiles ? patience.filesMs : patience.otherMs);
}

/**
 * Code and message, for the record. Messages name attributes and numbers; what they quote of a damaged file is left out: it may
 * be anything, a patient's name too, and reasons stand in the database as they are. Of a mistake of ours only its kind is told.
 */
export function reasonOf(error: unknown): Told {
  const { code, message } = told(error);
  return tellError(code, message.replace(QUOTED, '"…"').slice(0, MAX_MESSAGE));
}

/** The same, with how often it was tried. */
export function spentReason(error: unknown, { tries, forMs }: Tried): Told {
  return tell("triedInVain", { error: reasonOf(error), tries, minutes: Math.round(forMs / 60_000) });
}

function told(error: unknown): { readonly code: string; readonly message: string } {
  if (error instanceof FoveaError) return error;
  return { code: "internal", message: error instanceof Error ? error.name : "" };
}

/** Ends of the process within an image, before it is not tried again. */
export const MAX_DEATHS = 3;

/** As `JSON.stringify` writes a text; to the end of the message where it was cut. */
const QUOTED = /"(?:[^"\\]|\\.)*(?:"|$)/gs;
