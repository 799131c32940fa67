/**
 * @file What is held apart, filed after all, because somebody asks: it goes into the record as it would have gone, if what stood in
 * its way is gone.
 */
import { FoveaError } from "@fovea/core/errors";
import type { AuditLog } from "../store/audit-log";
import type { BlobStore } from "../store/blob-store";
import { removeSoon } from "../store/booked-blob";
import type { Database } from "../store/database";
import type { HeldInstances } from "../store/held-instances";
import type { AcceptOutcome } from "../store/record";
import type { Studies } from "../store/studies";
import { brokenStanding, isWhole, replaceIn } from "./damaged-file";
import { fileIn, isHeld } from "./file-receipts";
import { type Receipt, type ReceiptNote, receivedInstance } from "./receipt";

export interface FileHeldParts {
  readonly database: Database;
  readonly blobs: Pick<BlobStore, "note" | "stream">;
  readonly studies: Pick<Studies, "acceptIn" | "findInstance">;
  readonly held: Pick<HeldInstances, "find" | "releaseIn">;
  readonly audit: Pick<AuditLog, "appendIn">;
}

/**
 * Tries once. `new`: it is an image of the record from now on; `same`: the record had the same bytes under its UID by now, and one
 * file of the two is kept, which is whole; `conflict`, `astray`: something stands in its way still, and nothing changes.
 *
 * @param actor as the audit names who asks
 * @throws {FoveaError} `not_found` if nothing of that key is held apart; `file_unreadable` if its file is damaged or missing;
 *   `files_unavailable`; `busy` if the record changed meanwhile
 */
export async function fileHeld(parts: FileHeldParts, blob: string, actor: string): Promise<AcceptOutcome> {
  const { database, blobs, studies, held, audit } = parts;
  const found = await held.find(blob);
  if (found === undefined) throw nothingHeld();
  if (!(await isWhole(blobs, blob))) {
    throw new FoveaError("file_unreadable", "a file that is held apart is damaged; have its image sent again");
  }
  const receipt: Receipt = {
    ...{ blob, bytes: found.bytes, sha256: found.sha256 },
    note: (await blobs.note(blob)) as ReceiptNote,
  };
  const instance = receivedInstance(receipt, blob);
  const standing = await studies.findInstance(found.sopUid);
  const isSame = standing?.blob !== undefined && standing.sha256 === found.sha256;
  const broken = isSame ? await brokenStanding(parts, instance) : undefined;
  return database.transaction(async (sql) => {
    const { outcomes, added } = await fileIn(sql, studies, [receipt]);
    const [outcome] = outcomes;
    if (isHeld(outcome)) return outcome;
    if (!(await held.releaseIn(sql, blob))) throw nothingHeld();
    if (broken !== undefined) await replaceIn(sql, audit, { instance, broken, actor });
    else if (!added.has(blob)) {
      // What stands there was not looked at: it came within this very moment.
      if (!isSame) throw new FoveaError("busy", "the record changed while an image was filed; try again");
      if (standing.blob !== blob) await removeSoon(sql, [blob]);
    }
    const { origin, actor: from, receivedAt } = receipt.note;
    const details = { reason: found.reason, outcome, origin, from, receivedAt };
    const subject = found.sopUid;
    await audit.appendIn(sql, [{ actor, action: "held.file", subject, inputSha256: found.sha256, details }]);
    return outcome;
  });
}

function nothingHeld(): FoveaError {
  return new FoveaError("not_found", "nothing of that identifier is held apart; GET /held names what is");
}
