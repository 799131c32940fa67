/**
 * @file An image whose file was damaged, or is missing, gets a file again from the same object, byte for byte, that came once more.
 */
import { FoveaError } from "@fovea/core/errors";
import type { AuditLog } from "../store/audit-log";
import type { BlobStore } from "../store/blob-store";
import { removeSoon } from "../store/booked-blob";
import type { Sql } from "../store/database";
import { OWN_RESULT } from "../store/own-result";
import type { ReceivedInstance } from "../store/record";
import type { Studies } from "../store/studies";
import { openSeries } from "./analyse-again";

/** Read to its end and found not to be what was kept: no key opens it as it is, or it is not there at all. */
const BROKEN: ReadonlySet<string> = new Set(["file_unreadable", "file_not_found", "wrong_key"]);

/** Reads a file to its end. @throws {FoveaError} `files_unavailable` if nobody can say at the moment */
export async function isWhole(blobs: Pick<BlobStore, "stream">, blob: string): Promise<boolean> {
  try {
    for await (const _ of blobs.stream(blob));
    return true;
  } catch (error) {
    if (error instanceof FoveaError && BROKEN.has(error.code)) return false;
    throw error;
  }
}

/**
 * The broken file that stands in the record for an object which came again.
 *
 * @returns its key; undefined if the file is whole, or is `instance.blob` itself
 * @throws {FoveaError} `files_unavailable`; `busy` if the record has no file of these bytes any more: begin again
 */
export async function brokenStanding(
  { blobs, studies }: { readonly blobs: Pick<BlobStore, "stream">; readonly studies: Pick<Studies, "findInstance"> },
  { sopUid, sha256, blob }: ReceivedInstance,
): Promise<string | undefined> {
  const standing = await studies.findInstance(sopUid);
  if (standing?.blob === undefined || standing.sha256 !== sha256) throw changed();
  if (standing.blob === blob || (await isWhole(blobs, standing.blob))) return undefined;
  return standing.blob;
}

/**
 * Gives the row of an image the file `instance.blob` in place of `broken`, in the transaction `sql`. Where the image, or its series,
 * failed, it is analysed again: the file may have been why.
 *
 * @throws {FoveaError} `busy` if the row names another file by now: begin again
 */
export async function replaceIn(
  sql: Sql,
  audit: Pick<AuditLog, "appendIn">,
  { instance, broken, actor }: { readonly instance: ReceivedInstance; readonly broken: string; readonly actor: string },
): Promise<void> {
  const { sopUid, sha256, blob, bytes, origin } = instance;
  const [study] = await sql.query<{ study_uid: string; series_uid: string; origin: string }>(
    `SELECT study_uid, study.origin, series_uid FROM study JOIN series USING (study_uid)
     WHERE series_uid = (SELECT series_uid FROM instance WHERE sop_uid = $1) FOR UPDATE OF study`,
    [sopUid],
  );
  const replaced = await sql.query(
    "UPDATE instance SET blob = $2 WHERE sop_uid = $1 AND blob = $3 AND sha256 = $4 RETURNING 1",
    [sopUid, blob, broken, sha256],
  );
  if (study === undefined || replaced.length === 0) throw changed();
  const again = study.origin !== "upload" && (await hasFailed(sql, sopUid, study.series_uid));
  if (again) await openSeries(sql, study.study_uid, [study.series_uid]);
  await removeSoon(sql, [broken]);
  const details = { reason: "its file was damaged or missing", origin, bytes, analysed_again: again };
  await audit.appendIn(sql, [{ actor, action: "instance.replace", subject: sopUid, inputSha256: sha256, details }]);
}

/** The image, or the report of its series, for which the image was wanted. */
async function hasFailed(sql: Sql, sopUid: string, seriesUid: string): Promise<boolean> {
  const rows = await sql.query(
    `SELECT 1 FROM series WHERE series_uid = $2 AND reason IS DISTINCT FROM $3
       AND (state = 'failed' OR EXISTS (SELECT 1 FROM analysis WHERE sop_uid = $1 AND state = 'failed'))`,
    [sopUid, seriesUid, OWN_RESULT],
  );
  return rows.length > 0;
}

function changed(): FoveaError {
  return new FoveaError("busy", "the record changed while an image was filed; try again");
}
