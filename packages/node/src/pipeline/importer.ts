/**
 * @file From acknowledged files to the record: many in one transaction, each exactly once, whatever is killed when.
 *
 * A receipt goes three steps: its file lies in `incoming`; its row stands in the record, with the key that the file will have;
 * the file has moved to that key. After a crash all that still lies in `incoming` begins again with the second step, which does
 * nothing where the row stands already. If the same UID comes with other bytes, the first stays: a sender who asks later is
 * told so (0x0111); one who was acknowledged meanwhile leaves an entry in the audit log, and the second file is dropped.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { FoveaError } from "@fovea/core/errors";
import type { AuditLog } from "../store/audit-log";
import type { BlobFiles } from "../store/blob-files";
import type { Database, Sql } from "../store/database";
import type { AcceptOutcome, AuditEntry, ReceivedInstance } from "../store/record";
import { SqlError } from "../store/sql-error";
import type { Studies } from "../store/studies";
import { type Receipt, type ReceiptNote, receivedInstance, settledKey } from "./receipt";
import type { ReceiptQueue } from "./reception";

export interface ImporterOptions {
  readonly database: Database;
  readonly blobs: Pick<BlobFiles, "list" | "note" | "facts" | "settle" | "remove">;
  readonly studies: Pick<Studies, "acceptIn">;
  readonly audit: Pick<AuditLog, "appendIn">;
  /** Receipts of one transaction at most. @default 200 */
  readonly batch?: number;
  /** A batch is whole when nothing came for so long, ms. @default 20 */
  readonly windowMs?: number;
  /** Or when its first receipt has waited so long, ms. @default 250 */
  readonly longestMs?: number;
  /** Receipts that wait at most; then nothing more comes in. @default 2000 */
  readonly bound?: number;
  /** How long somebody who brings an object waits for room, ms. @default 30000 */
  readonly patienceMs?: number;
  /** Between attempts while the database is away, ms. @default 1000 */
  readonly retryMs?: number;
  readonly onImported?: (outcome: AcceptOutcome, receipt: Receipt) => void;
  /** Told of what goes wrong; the work goes on. */
  readonly onError?: (error: unknown) => void;
}

/** Why a series is never attempted, whatever else changes. */
export const OWN_RESULT = "made by Fovea itself";

export class Importer implements ReceiptQueue {
  readonly #options: Required<ImporterOptions>;
  readonly #waiting: Receipt[] = [];
  /** Keys in `incoming` that are waited for here, so that looking through the folder does not bring them twice. */
  readonly #known = new Set<string>();
  #wake: () => void = () => undefined;
  readonly #seekers: (() => void)[] = [];
  readonly #end = new AbortController();
  #loop: Promise<void> = Promise.resolve();
  #idle = true;

  constructor(options: ImporterOptions) {
    const defaults = { batch: 200, windowMs: 20, longestMs: 250, bound: 2000, patienceMs: 30_000, retryMs: 1000 };
    this.#options = { ...defaults, onImported: () => undefined, onError: () => undefined, ...options };
  }

  /** Receipts that are not in the record yet. */
  get backlog(): number {
    return this.#known.size;
  }

  push(receipt: Receipt): void {
    this.#known.add(receipt.blob);
    this.#waiting.push(receipt);
    this.#wake();
  }

  async room(): Promise<void> {
    const until = performance.now() + this.#options.patienceMs;
    while (this.#known.size >= this.#options.bound) {
      const left = until - performance.now();
      if (left <= 0) {
        throw new FoveaError("busy", `${this.#known.size} received objects wait for the record; try again later`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#seekers.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** Begins with what an earlier process acknowledged; resolves once that is in the record. */
  async start(): Promise<void> {
    this.#loop = this.#run();
    await this.recover();
    while (!this.#idle || this.#waiting.length > 0) await sleep(5);
  }

  /** Takes up what lies in `incoming` and nobody here waits for. */
  async recover(): Promise<void> {
    const { blobs, onError } = this.#options;
    for await (const blob of blobs.list("incoming")) {
      if (this.#known.has(blob)) continue;
      await this.room();
      try {
        const [note, facts] = [await blobs.note(blob), await blobs.facts(blob)];
        this.push({ blob, ...facts, note: note as ReceiptNote });
      } catch (error) {
        // Another process may have settled it meanwhile; a damaged file stays where it lies, for somebody to look at.
        if (!(error instanceof FoveaError && error.code === "file_not_found")) onError(error);
      }
    }
  }

  /** Brings what waits into the record, and ends. What the database does not take lies in `incoming` until the next start. */
  async stop(): Promise<void> {
    this.#end.abort();
    this.#wake();
    await this.#loop;
  }

  async #run(): Promise<void> {
    for (;;) {
      if (this.#waiting.length === 0) {
        this.#idle = true;
        if (this.#end.signal.aborted) return;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#idle = false;
        continue;
      }
      this.#idle = false;
      const { batch, retryMs, onError } = this.#options;
      await this.#gathered();
      const receipts = this.#waiting.slice(0, batch);
      try {
        await this.#import(receipts);
      } catch (error) {
        onError(error);
        if (error instanceof SqlError && receipts.length > 1) await this.#oneByOne(receipts);
        else if (error instanceof SqlError) this.#leave(receipts);
        else if (this.#end.signal.aborted) return;
        else {
          await sleep(retryMs, undefined, { signal: this.#end.signal }).catch(() => undefined);
          continue;
        }
      }
      this.#done(receipts);
    }
  }

  /** Many receipts cost the database little more than one: a series that is coming in goes in large batches. */
  async #gathered(): Promise<void> {
    const { batch, windowMs, longestMs } = this.#options;
    const until = performance.now() + longestMs;
    for (let seen = 0; seen < this.#waiting.length && this.#waiting.length < batch; ) {
      if (this.#end.signal.aborted || performance.now() > until) return;
      seen = this.#waiting.length;
      await sleep(windowMs);
    }
  }

  /** One of them is what the database does not take; the others are not to wait for it. */
  async #oneByOne(receipts: readonly Receipt[]): Promise<void> {
    for (const receipt of receipts) {
      try {
        await this.#import([receipt]);
      } catch (error) {
        this.#options.onError(error);
        this.#leave([receipt]);
      }
    }
  }

  /** Lies in `incoming` until the next start: acknowledged is not lost, though this program cannot file it. */
  #leave(receipts: readonly Receipt[]): void {
    for (const { blob } of receipts) this.#options.onError(new Error(`${blob} stays in incoming`));
  }

  #done(receipts: readonly Receipt[]): void {
    this.#waiting.splice(0, receipts.length);
    for (const { blob } of receipts) this.#known.delete(blob);
    for (const seeker of this.#seekers.splice(0)) seeker();
  }

  async #import(receipts: readonly Receipt[]): Promise<void> {
    const outcomes = await this.#record(receipts);
    const kept = await this.#keptBlobs(receipts.filter((_, i) => outcomes[i] === "same"));
    const { blobs, onImported } = this.#options;
    await Promise.all(
      receipts.map(async (receipt, i) => {
        const wanted = outcomes[i] === "new" || kept.has(settledKey(receipt.blob));
        await (wanted ? blobs.settle(receipt.blob) : blobs.remove(receipt.blob));
        onImported(outcomes[i], receipt);
      }),
    );
  }

  /** Rows and audit entries of all of them, or none. */
  #record(receipts: readonly Receipt[]): Promise<AcceptOutcome[]> {
    const { database, studies, audit } = this.#options;
    return database.transaction(async (sql) => {
      const instances = receipts.map((receipt) => receivedInstance(receipt, settledKey(receipt.blob)));
      const outcomes = await studies.acceptIn(sql, instances);
      const again = instances.filter((_, i) => outcomes[i] === "same");
      const back = await takeBack(sql, again);
      const own = [
        ...new Set(receipts.filter(({ note }) => note.ownResult).map(({ note }) => note.instance.seriesUid)),
      ];
      if (own.length > 0) {
        await sql.query("UPDATE series SET state = 'not_attempted', reason = $2 WHERE series_uid = ANY($1::text[])", [
          own,
          OWN_RESULT,
        ]);
      }
      const entries = receipts.map((receipt, i) =>
        auditEntry(receipt, back.has(receipt.note.instance.sopUid) ? "new" : outcomes[i]),
      );
      await audit.appendIn(
        sql,
        entries.filter((entry) => entry !== undefined),
      );
      return outcomes;
    });
  }

  /** Where the files of instances lie that the record had already: their own, after a crash, or another sender's. */
  async #keptBlobs(receipts: readonly Receipt[]): Promise<Set<string>> {
    if (receipts.length === 0) return new Set();
    const rows = await this.#options.database.query<{ blob: string }>(
      "SELECT blob FROM instance WHERE sop_uid = ANY($1::text[]) AND blob IS NOT NULL",
      [receipts.map(({ note }) => note.instance.sopUid)],
    );
    return new Set(rows.map(({ blob }) => blob));
  }
}

/** An image that retention has deleted, and that came again, has a file again, and its days begin anew. @returns their SOP UIDs */
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
  const back = await sql.query<{ sop_uid: string }>(
    `UPDATE instance SET blob = given.blob FROM unnest($1::text[], $2::text[]) AS given (sop_uid, blob)
     WHERE instance.sop_uid = given.sop_uid AND instance.blob IS NULL RETURNING instance.sop_uid`,
    [instances.map(({ sopUid }) => sopUid), instances.map(({ blob }) => blob)],
  );
  await sql.query("UPDATE study SET last_received_at = clock_timestamp() WHERE study_uid = ANY($1::text[])", [studies]);
  return new Set(back.map(({ sop_uid }) => sop_uid));
}

function auditEntry({ note, sha256, bytes }: Receipt, outcome: AcceptOutcome): AuditEntry | undefined {
  if (outcome === "same") return undefined;
  return {
    actor: note.actor,
    action: outcome === "new" ? "instance.receive" : "instance.conflict",
    subject: note.instance.sopUid,
    details: { origin: note.origin, bytes, receivedAt: note.receivedAt },
    inputSha256: sha256,
  };
}
