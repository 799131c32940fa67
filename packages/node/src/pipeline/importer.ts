/**
 * @file From acknowledged files to the record: many in one transaction, each exactly once, whatever is killed when.
 *
 * A receipt goes three steps: its file lies in `incoming`; its row stands in the record, with the key that the file will have;
 * the file has moved to that key. After a crash all that still lies in `incoming` begins again with the second step, which does
 * nothing where the row stands already. A file is removed in one case only: the record holds the same bytes under its UID, in a file
 * that was just read to its end (or holds them apart). Where that one is damaged, what came takes its place.
 *
 * What cannot be filed (other bytes stand under its UID, its series stands in another study) is refused by reception where that
 * is known in time. What was acknowledged by then is held apart with its file (`held-instances.ts`), and told: in the audit log, in
 * the service's log, and by a gauge. What the database does not take stays in `incoming`, is told as well, and tried again.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { FoveaError } from "@fovea/core/errors";
import type { AuditLog } from "../store/audit-log";
import type { BlobFiles } from "../store/blob-files";
import { settledKey } from "../store/blob-key";
import type { Database } from "../store/database";
import type { HeldInstances } from "../store/held-instances";
import type { AcceptOutcome, AuditEntry } from "../store/record";
import { SqlError } from "../store/sql-error";
import type { Studies } from "../store/studies";
import { brokenStanding, replaceIn } from "./damaged-file";
import { fileIn, isHeld } from "./file-receipts";
import { type Receipt, type ReceiptNote, receivedInstance } from "./receipt";
import type { ReceiptQueue } from "./reception";

export interface ImporterOptions {
  readonly database: Database;
  readonly blobs: Pick<BlobFiles, "list" | "note" | "facts" | "settle" | "remove" | "stream">;
  readonly studies: Pick<Studies, "acceptIn" | "findInstance">;
  readonly held: Pick<HeldInstances, "holdIn">;
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

/** An acknowledged object that is not filed, and why. Nothing of it is the sender's: it may go into a log. */
export class NotFiled extends Error {
  override readonly name = "NotFiled";
  readonly facts: Readonly<Record<string, string>>;

  /** @param why a reason, an error code or an SQLSTATE */
  constructor(blob: string, why: string, options?: ErrorOptions) {
    super(`${blob} is not filed: ${why}`, options);
    this.facts = { blob, why };
  }
}

/** What the record made of receipts. */
interface Recorded {
  readonly outcomes: readonly AcceptOutcome[];
  /** Keys that rows name now. A file of any other key is one whose bytes the record holds already. */
  readonly named: ReadonlySet<string>;
  /** Of `named`, those that are held apart from now on. */
  readonly held: ReadonlySet<string>;
}

export class Importer implements ReceiptQueue {
  readonly #options: Required<ImporterOptions>;
  readonly #waiting: Receipt[] = [];
  /** Keys in `incoming` that are waited for here, so that looking through the folder does not bring them twice. */
  readonly #known = new Set<string>();
  /** Keys in `incoming` that could not be filed when it was tried last. */
  readonly #left = new Set<string>();
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

  /** Acknowledged objects that stay in `incoming`, because the record does not take them or their files are damaged. */
  get left(): number {
    return this.#left.size;
  }

  push(receipt: Receipt): void {
    // Whoever received it and whoever looks through the folder may come with it at the same time.
    if (this.#known.has(receipt.blob)) return;
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

  /** Takes up what lies in `incoming` and nobody here waits for; also what was left there before. */
  async recover(): Promise<void> {
    const { blobs } = this.#options;
    const there = new Set<string>();
    for await (const blob of blobs.list("incoming")) {
      there.add(blob);
      if (this.#known.has(blob)) continue;
      await this.room();
      try {
        const [note, facts] = [await blobs.note(blob), await blobs.facts(blob)];
        this.push({ blob, ...facts, note: note as ReceiptNote });
      } catch (error) {
        // Another process may have settled it meanwhile; a damaged file stays where it lies, for somebody to look at.
        if (!(error instanceof FoveaError && error.code === "file_not_found")) this.#leave(blob, error);
      }
    }
    for (const blob of this.#left) if (!there.has(blob)) this.#left.delete(blob);
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
        await this.#importOrLeave(receipts);
      } catch (error) {
        onError(error);
        if (this.#end.signal.aborted) return;
        await sleep(retryMs, undefined, { signal: this.#end.signal }).catch(() => undefined);
        continue;
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

  /**
   * If one of them is what the database does not take, the others do not wait for it.
   *
   * @throws {FoveaError} what is no object's fault (the database is away, its disk is full): then they all come again
   */
  async #importOrLeave(receipts: readonly Receipt[]): Promise<void> {
    try {
      await this.#import(receipts);
    } catch (error) {
      if (error instanceof FoveaError) throw error;
      if (receipts.length === 1) this.#leave(receipts[0].blob, error);
      else for (const receipt of receipts) await this.#importOrLeave([receipt]);
    }
  }

  /** Acknowledged is not lost: it lies in `incoming`, is counted, and tried again when the folder is looked through. */
  #leave(blob: string, cause: unknown): void {
    if (this.#left.has(blob)) return;
    this.#left.add(blob);
    this.#options.onError(new NotFiled(blob, causeOf(cause), { cause }));
  }

  #done(receipts: readonly Receipt[]): void {
    this.#waiting.splice(0, receipts.length);
    for (const { blob } of receipts) this.#known.delete(blob);
    for (const seeker of this.#seekers.splice(0)) seeker();
  }

  async #import(receipts: readonly Receipt[]): Promise<void> {
    const { outcomes, named, held } = await this.#record(receipts);
    const { onImported, onError } = this.#options;
    const isNamed = ({ blob }: Receipt) => named.has(settledKey(blob));
    await Promise.all(receipts.filter(isNamed).map((receipt) => this.#settle(receipt)));
    // One after another: the file that is here is read to its end.
    for (const [i, receipt] of receipts.entries()) {
      if (!isNamed(receipt)) await (isHeld(outcomes[i]) ? this.#drop(receipt) : this.#dropOrReplace(receipt));
    }
    for (const [i, receipt] of receipts.entries()) {
      const key = settledKey(receipt.blob);
      if (held.has(key)) onError(new NotFiled(key, outcomes[i]));
      onImported(outcomes[i], receipt);
    }
  }

  /** Its row stands; what hinders is tried again when the folder is looked through. */
  async #settle({ blob }: Receipt): Promise<void> {
    try {
      await this.#options.blobs.settle(blob);
      this.#left.delete(blob);
    } catch (error) {
      this.#leave(blob, error);
    }
  }

  /** Its bytes are kept in another file. */
  async #drop({ blob }: Receipt): Promise<void> {
    try {
      await this.#options.blobs.remove(blob);
      this.#left.delete(blob);
    } catch (error) {
      this.#leave(blob, error);
    }
  }

  /** The record has the same bytes: if their file is damaged, that of the receipt takes its place. */
  async #dropOrReplace(receipt: Receipt): Promise<void> {
    const { database, audit } = this.#options;
    const { blob, note } = receipt;
    const instance = receivedInstance(receipt, settledKey(blob));
    try {
      const broken = await brokenStanding(this.#options, instance);
      if (broken === undefined) return await this.#drop(receipt);
      await database.transaction((sql) => replaceIn(sql, audit, { instance, broken, actor: note.actor }));
    } catch (error) {
      return this.#leave(blob, error);
    }
    await this.#settle(receipt);
  }

  /** Rows and audit entries of all of them, or none. */
  #record(receipts: readonly Receipt[]): Promise<Recorded> {
    const { database, studies, held, audit } = this.#options;
    return database.transaction(async (sql) => {
      const { instances, outcomes, named, added } = await fileIn(sql, studies, receipts);
      const apart = await held.holdIn(
        sql,
        instances.flatMap((instance, i) => (isHeld(outcomes[i]) ? [{ ...instance, reason: outcomes[i] }] : [])),
      );
      await audit.appendIn(
        sql,
        receipts.flatMap((receipt, i) => {
          const { blob } = instances[i];
          if (added.has(blob)) return [auditEntry(receipt, "new")];
          return apart.added.has(blob) ? [auditEntry(receipt, outcomes[i])] : [];
        }),
      );
      return { outcomes, named: new Set([...named, ...apart.named]), held: apart.added };
    });
  }
}

/** Without messages, which may quote values. */
function causeOf(error: unknown): string {
  if (error instanceof FoveaError) return error.code;
  if (error instanceof SqlError) return `SQLSTATE ${error.sqlState ?? "unknown"}`;
  return (error as NodeJS.ErrnoException | undefined)?.code ?? "error";
}

function auditEntry({ note, sha256, bytes }: Receipt, outcome: AcceptOutcome): AuditEntry {
  const { origin, receivedAt, instance } = note;
  return {
    actor: note.actor,
    action: outcome === "new" ? "instance.receive" : "instance.conflict",
    subject: instance.sopUid,
    details: {
      ...{ origin, bytes, receivedAt },
      ...(outcome !== "new" && { reason: outcome, study: instance.studyUid, series: instance.seriesUid }),
    },
    inputSha256: sha256,
  };
}
