/**
 * @file Receipts as rows of the record: what is new is accepted, what is here already is found, what stands in the way is told.
 */
import { FoveaError } from "@fovea/core/errors";
import { settledKey } from "../store/blob-key";
import type { Sql } from "../store/database";
import type { HeldReason } from "../store/held-instances";
import { OWN_RESULT } from "../store/own-result";
import type { AcceptOutcome, ReceivedInstance } from "../store/record";
import type { Studies } from "../store/studies";
import { type Receipt, receivedInstance } from "./receipt";

/** What the record made of receipts; `instances` and `outcomes` in their order. */
export interface Filed {
  readonly instances: readonly ReceivedInstance[];
  readonly outcomes: readonly AcceptOutcome[];
  /** Keys of files that rows of images name now. */
  readonly named: ReadonlySet<string>;
  /** Of these, the receipts' own that none named before. */
  readonly added: ReadonlySet<string>;
}

/** In the transaction `sql`; twice does no harm. @throws {FoveaError} `busy` if the record changed meanwhile: begin again */
export async function fileIn(
  sql: Sql,
  studies: Pick<Studies, "acceptIn">,
  receipts: readonly Receipt[],
): Promise<Filed> {
  const instances = receipts.map((receipt) => receivedInstance(receipt, settledKey(receipt.blob)));
  const outcomes = await studies.acceptIn(sql, instances);
  const again = instances.filter((_, i) => outcomes[i] === "same");
  const back = await takeBack(sql, again);
  const standing = await standingBlobs(sql, again);
  await keepOwnResults(
    sql,
    receipts.filter((_, i) => !isHeld(outcomes[i])),
  );
  const added = [...instances.filter((_, i) => outcomes[i] === "new").map(({ blob }) => blob), ...back];
  return { instances, outcomes, named: new Set([...added, ...standing]), added: new Set(added) };
}

/** Whether an object stays outside of the record. */
export function isHeld(outcome: AcceptOutcome): outcome is HeldReason {
  return outcome === "conflict" || outcome === "astray";
}

/** Results of ours that came back are never analysed. */
async function keepOwnResults(sql: Sql, receipts: readonly Receipt[]): Promise<void> {
  const own = new Set(receipts.filter(({ note }) => note.ownResult).map(({ note }) => note.instance.seriesUid));
  if (own.size === 0) return;
  await sql.query("UPDATE series SET state = 'not_attempted', reason = $2 WHERE series_uid = ANY($1::text[])", [
    [...own],
    OWN_RESULT,
  ]);
}

/** An image that retention has deleted, and that came again, has a file again, and its days begin anew. @returns the keys of these files */
async function takeBack(sql: Sql, instances: readonly ReceivedInstance[]): Promise<Set<string>> {
  if (instances.length === 0) return new Set();
  const gone = await sql.query<{ study_uid: string }>(
    `SELECT DISTINCT study_uid FROM instance JOIN series USING (series_uid) WHERE sop_uid = ANY($1::text[]) AND blob IS NULL`,
    [instances.map(({ sopUid }) => sopUid)],
  );
  if (gone.length === 0) return new Set();
  const studies = gone.map(({ study_uid }) => study_uid);
  // In the order in which everybody locks studies.
  await sql.query("SELECT 1 FROM study WHERE study_uid = ANY($1::text[]) ORDER BY study_uid FOR UPDATE", [studies]);
  const back = await sql.query<{ blob: string }>(
    `UPDATE instance SET blob = given.blob FROM unnest($1::text[], $2::text[]) AS given (sop_uid, blob)
     WHERE instance.sop_uid = given.sop_uid AND instance.blob IS NULL RETURNING instance.blob`,
    [instances.map(({ sopUid }) => sopUid), instances.map(({ blob }) => blob)],
  );
  await sql.query("UPDATE study SET last_received_at = clock_timestamp() WHERE study_uid = ANY($1::text[])", [studies]);
  return new Set(back.map(({ blob }) => blob));
}

/**
 * Where the files of images lie that the record had already: their own, after a crash, or another sender's. Until the transaction
 * ends nobody deletes the rows.
 *
 * @throws {FoveaError} `busy` if somebody just did: begin again, then they are new
 */
async function standingBlobs(sql: Sql, instances: readonly ReceivedInstance[]): Promise<string[]> {
  if (instances.length === 0) return [];
  const rows = await sql.query<{ sop_uid: string; sha256: string; blob: string | null }>(
    "SELECT sop_uid, sha256, blob FROM instance WHERE sop_uid = ANY($1::text[]) ORDER BY sop_uid FOR SHARE",
    [instances.map(({ sopUid }) => sopUid)],
  );
  const kept = new Map(rows.map((row) => [row.sop_uid, row]));
  return instances.map(({ sopUid, sha256 }) => {
    const row = kept.get(sopUid);
    if (row?.blob != null && row.sha256 === sha256) return row.blob;
    throw new FoveaError("busy", "the record changed while an image was filed; try again");
  });
}
