/**
 * @file Files that are written before the row that names them: booked for removal first, so that an end in between leaves none that
 * nobody knows. Retention removes what is booked and due.
 */
import type { Area } from "./blob-key";
import { type BlobStore, writePiece } from "./blob-store";
import type { Database, Sql } from "./database";

/** Longer than whatever writes a file and its row may take. */
const DUE_AFTER = "1 day";

export interface BookedBlobs {
  readonly database: Database;
  readonly blobs: Pick<BlobStore, "draft">;
}

/**
 * Writes a whole file, outside of the transaction that names it: until `cancelRemoval` its removal is booked.
 *
 * @returns its key
 * @throws {FoveaError} `disk_full`, `write_failed`
 */
export async function writeBooked({ database, blobs }: BookedBlobs, area: Area, bytes: Uint8Array): Promise<string> {
  const draft = await blobs.draft(area);
  try {
    await bookRemoval(database, draft.blob);
    await writePiece(draft, bytes);
    return (await draft.commit()).blob;
  } catch (error) {
    await draft.abandon();
    throw error;
  }
}

async function bookRemoval(sql: Sql, blob: string): Promise<void> {
  await sql.query(`INSERT INTO blob_removal (blob, due_at) VALUES ($1, now() + interval '${DUE_AFTER}')`, [blob]);
}

/**
 * In the transaction that names them: they stay.
 *
 * @throws {Error} if one was due already, and removed: the work is to be done again
 */
export async function cancelRemoval(sql: Sql, blobs: readonly string[]): Promise<void> {
  const booked = await sql.query("DELETE FROM blob_removal WHERE blob = ANY($1::text[]) RETURNING 1", [blobs]);
  if (booked.length < blobs.length) throw new Error(`files that took longer than ${DUE_AFTER} were removed; again`);
}

/** Nobody names it after all. */
export async function hastenRemoval(sql: Sql, blob: string): Promise<void> {
  await sql.query("UPDATE blob_removal SET due_at = now() WHERE blob = $1", [blob]);
}
