/**
 * @file Objects on their way to a PACS: sent once, tried until they are there, never lost.
 *
 * That a delivery is being sent is written down before the first byte leaves. So whoever finds it so, after a crash or a
 * connection that broke, knows that the object may have arrived, and asks the PACS first. If it is there, it is `sent` without
 * being sent again. If the PACS answers no queries (`has` is undefined), the object is sent again: under the same SOP Instance
 * UID and with the same bytes it is the same object to a PACS, and the alternative would be to lose it.
 */
import { FoveaError } from "@fovea/core/errors";
import { readFileHeader } from "../pacs/part10";
import type { OutgoingObject, PacsPeer, SendOutcome } from "../pacs/peer";
import type { AuditLog } from "../store/audit-log";
import type { BlobStore } from "../store/blob-store";
import type { Database } from "../store/database";
import type { Deliveries, DeliveryRow } from "../store/deliveries";
import { readInstanceHead } from "./instance-head";

export interface DelivererOptions {
  readonly database: Database;
  readonly deliveries: Pick<Deliveries, "claim" | "sent" | "retry" | "failed">;
  readonly blobs: Pick<BlobStore, "read">;
  readonly audit: Pick<AuditLog, "appendIn">;
  readonly peer: Pick<PacsPeer, "name" | "send" | "has">;
  /** Objects of one association at most. @default 16 */
  readonly together?: number;
  /** A delivery whose worker is silent so long is taken up by another, ms; an attempt is ended before. @default 120000 */
  readonly leaseMs?: number;
  /** @default the system's clock */
  readonly now?: () => number;
  /** In [0, 1). @default Math.random */
  readonly random?: () => number;
  readonly onAttempt?: (delivery: DeliveryRow, outcome: SendOutcome) => void;
  readonly onError?: (error: unknown) => void;
}

/** Between attempts: one second, doubled each time, up to ten minutes. */
const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS] = [1000, 600_000];

/**
 * Pause before the next attempt, ms: between one and one and a half times 1 s, 2 s, 4 s ... 10 min, so that many objects that
 * failed together do not come back together.
 *
 * @param attempts so far, from 1
 */
export function pauseAfter(attempts: number, random: () => number): number {
  const pause = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(attempts - 1, 20), LONGEST_PAUSE_MS);
  return Math.round(pause * (1 + random() / 2));
}

/** Deliveries to one peer. */
export class Deliverer {
  readonly #options: Required<DelivererOptions>;

  constructor(options: DelivererOptions) {
    const defaults = { together: 16, leaseMs: 120_000, now: Date.now, random: Math.random };
    this.#options = { ...defaults, onAttempt: () => undefined, onError: () => undefined, ...options };
  }

  /**
   * Sends what is due.
   *
   * @param signal ends the attempt under way; what was not answered by then is asked for at the next
   * @returns how many deliveries were taken up
   */
  async deliver(signal?: AbortSignal): Promise<number> {
    const { deliveries, peer, together, leaseMs } = this.#options;
    const claimed = await deliveries.claim(together, { destination: peer.name, leaseMs });
    if (claimed.length === 0) return 0;
    const limit = AbortSignal.timeout(0.8 * leaseMs);
    const ended = signal === undefined ? limit : AbortSignal.any([signal, limit]);
    const due = await this.#toSend(claimed, ended);
    if (due.length > 0) await this.#send(due, ended);
    return claimed.length;
  }

  /** Without those that an earlier attempt has brought though nobody heard of it, or of which nobody can say whether it did. */
  async #toSend(claimed: readonly DeliveryRow[], signal: AbortSignal): Promise<DeliveryRow[]> {
    const due: DeliveryRow[] = [];
    /** Why the peer cannot be asked: then it is not asked once more for each. */
    let silent: string | undefined;
    for (const delivery of claimed) {
      let there: boolean | undefined;
      if (delivery.attempts > 1 && silent === undefined) {
        try {
          signal.throwIfAborted();
          there = await this.#has(delivery);
        } catch (error) {
          silent = reasonOf(error);
        }
      }
      if (silent !== undefined) await this.#settle(delivery, { state: "unreachable", reason: silent });
      else if (there === true) await this.#settle(delivery, { state: "stored" }, { found: true });
      else due.push(delivery);
    }
    if (silent === undefined) return due;
    for (const delivery of due) await this.#settle(delivery, { state: "unreachable", reason: silent });
    return [];
  }

  /** Results stand in series of their own, which their files name; the delivery names the series that was analysed. */
  async #has(delivery: DeliveryRow): Promise<boolean | undefined> {
    const file = await this.#fileOf(delivery).catch(() => undefined);
    // Sending says what is wrong with the file.
    if (file === undefined) return undefined;
    const { studyUid, seriesUid, sopUid } = readInstanceHead(file.dataSet, file.header).instance;
    return this.#options.peer.has({ studyUid, seriesUid, sopUid });
  }

  async #send(due: readonly DeliveryRow[], signal: AbortSignal): Promise<void> {
    const readable: { readonly delivery: DeliveryRow; readonly object: OutgoingObject }[] = [];
    for (const delivery of due) {
      try {
        readable.push({ delivery, object: await this.#objectOf(delivery) });
      } catch (error) {
        await this.#settle(delivery, { state: "refused", reason: reasonOf(error) });
      }
    }
    if (readable.length === 0) return;
    const outcomes = await this.#outcomes(
      readable.map(({ object }) => object),
      signal,
    );
    for (const [i, { delivery }] of readable.entries()) {
      await this.#settle(delivery, outcomes[i] ?? { state: "unreachable", reason: "no answer" });
    }
  }

  async #outcomes(objects: readonly OutgoingObject[], signal: AbortSignal): Promise<readonly SendOutcome[]> {
    try {
      return await this.#options.peer.send(objects, signal);
    } catch (error) {
      const outcome: SendOutcome = { state: "unreachable", reason: reasonOf(error) };
      return objects.map(() => outcome);
    }
  }

  async #objectOf(delivery: DeliveryRow): Promise<OutgoingObject> {
    const { header, bytes } = await this.#fileOf(delivery);
    const { sopUid, sopClassUid, transferSyntaxUid } = header;
    return { sopUid, sopClassUid, transferSyntaxUid, bytes };
  }

  async #fileOf({ blob }: DeliveryRow) {
    const bytes = await this.#options.blobs.read(blob);
    const header = readFileHeader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), true);
    if (header === undefined) throw new FoveaError("file_unreadable", "the object's file has no header");
    return { bytes, header, dataSet: bytes.subarray(header.dataSetStart) };
  }

  /** What became of an attempt, with its entry in the audit log. */
  async #settle(delivery: DeliveryRow, outcome: SendOutcome, details: object = {}): Promise<void> {
    const { database, deliveries, audit, now, random, onAttempt } = this.#options;
    const { deliveryId, destination, kind, attempts, objectSopUid } = delivery;
    if (outcome.state === "unreachable") {
      await deliveries.retry(deliveryId, outcome.reason, new Date(now() + pauseAfter(attempts, random)));
    } else {
      const stored = outcome.state === "stored";
      await database.transaction(async (sql) => {
        if (stored) await deliveries.sent(deliveryId, sql);
        else await deliveries.failed(deliveryId, outcome.reason, sql);
        const told = { destination, kind, attempts, ...details };
        const action = stored ? "object.send" : "object.refused";
        await audit.appendIn(sql, [{ actor: "system", action, subject: objectSopUid, details: told }]);
      });
    }
    onAttempt(delivery, outcome);
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof FoveaError) return `${error.code}: ${error.message}`.slice(0, 300);
  return error instanceof Error ? error.name : "failed";
}
