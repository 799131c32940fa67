/**
 * @file Objects on their way to a PACS: sent once, tried until they are there, never lost.
 *
 * That a delivery is being sent is written down before the first byte leaves. So whoever finds it so, after a crash or a
 * connection that broke, knows that the object may have arrived, and asks the PACS first. If it is there, it is `sent` without
 * being sent again. If the PACS answers no queries (`has` is undefined), the object is sent again: under the same SOP Instance
 * UID and with the same bytes it is the same object to a PACS, and the alternative would be to lose it.
 *
 * An attempt may take as long as the line needs. It is the worker's while that gives signs of life, and ends by the limits of
 * connection and answer (`pacs/`), not by a time for the whole.
 */
import { type ErrorCode, FoveaError } from "@fovea/core/errors";
import { tell } from "@fovea/core/reasons/tell";
import { pauseAfter } from "../jobs/pause";
import { readFileHeader } from "../pacs/part10";
import type { OutgoingObject, PacsPeer, SendOutcome } from "../pacs/peer";
import type { AuditLog } from "../store/audit-log";
import type { BlobStore } from "../store/blob-store";
import type { Database, Sql } from "../store/database";
import type { Deliveries, DeliveryRow } from "../store/deliveries";
import { readInstanceHead } from "./instance-head";
import { reasonOf } from "./patience";

/** What became of an attempt. `unread`: the object's file could not be read, so that the peer was not asked. */
export type AttemptOutcome =
  | SendOutcome
  | { readonly state: "unread"; readonly reason: string; readonly isFinal: boolean };

export interface DelivererOptions {
  readonly database: Database;
  readonly deliveries: Pick<Deliveries, "claim" | "renew" | "sent" | "retry" | "failed">;
  readonly blobs: Pick<BlobStore, "read">;
  readonly audit: Pick<AuditLog, "appendIn">;
  readonly peer: Pick<PacsPeer, "name" | "send" | "has">;
  /** Objects of one association at most. @default 16 */
  readonly together?: number;
  /** A delivery whose worker gives no sign of life for so long is taken up by another, ms. @default 120000 */
  readonly leaseMs?: number;
  /** In [0, 1). @default Math.random */
  readonly random?: () => number;
  readonly onAttempt?: (delivery: DeliveryRow, outcome: AttemptOutcome) => void;
  readonly onError?: (error: unknown) => void;
}

/** What another attempt does not mend: the object's own file is missing, damaged, or no object. */
const FILE_FAULTS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  ...(["file_not_found", "file_unreadable", "invalid_dicom", "invalid_argument"] as const),
]);

/** Deliveries to one peer. */
export class Deliverer {
  readonly #options: Required<DelivererOptions>;

  constructor(options: DelivererOptions) {
    const defaults = { together: 16, leaseMs: 120_000, random: Math.random };
    this.#options = { ...defaults, onAttempt: () => undefined, onError: () => undefined, ...options };
  }

  /**
   * Sends what is due.
   *
   * @param signal ends the attempt under way; what was not answered by then is asked for at the next
   * @returns how many deliveries were taken up
   */
  async deliver(signal: AbortSignal = new AbortController().signal): Promise<number> {
    const { deliveries, peer, together, leaseMs } = this.#options;
    const claimed = await deliveries.claim(together, { destination: peer.name, leaseMs });
    if (claimed.length > 0) await new Attempt(this.#options, claimed, signal).run();
    return claimed.length;
  }
}

/** One attempt at some deliveries that this worker has claimed. */
class Attempt {
  readonly #options: Required<DelivererOptions>;
  readonly #claimed: readonly DeliveryRow[];
  /** Those of which nothing is said yet. */
  readonly #open: Set<DeliveryRow>;
  readonly #lost = new AbortController();
  readonly #signal: AbortSignal;

  constructor(options: Required<DelivererOptions>, claimed: readonly DeliveryRow[], signal: AbortSignal) {
    this.#options = options;
    this.#claimed = claimed;
    this.#open = new Set(claimed);
    this.#signal = AbortSignal.any([signal, this.#lost.signal]);
  }

  async run(): Promise<void> {
    const { leaseMs, onError } = this.#options;
    const signs = setInterval(() => void this.#signOfLife().catch(onError), leaseMs / 4);
    try {
      const due = await this.#notThere();
      if (due.length > 0) await this.#send(due);
    } finally {
      clearInterval(signs);
    }
  }

  /** Where this process stood still for longer than the lease, another has begun: two do not send side by side. */
  async #signOfLife(): Promise<void> {
    const claims = [...this.#open];
    const held = await this.#options.deliveries.renew(claims, this.#options.leaseMs);
    // What was settled while we asked is not held any more either.
    if (claims.some((one) => this.#open.has(one) && !held.has(one.deliveryId))) this.#lost.abort();
  }

  /** Without those that an earlier attempt has brought though nobody heard of it, or of which nobody can say whether it did. */
  async #notThere(): Promise<DeliveryRow[]> {
    const due: DeliveryRow[] = [];
    /** Why the peer cannot be asked: then it is not asked once more for each. */
    let silent: string | undefined;
    for (const delivery of this.#claimed) {
      let there: boolean | undefined;
      if (delivery.attempts > 1 && silent === undefined) {
        const place = await this.#read(delivery, () => this.#placeOf(delivery));
        if (place === undefined) continue;
        try {
          this.#signal.throwIfAborted();
          there = await this.#options.peer.has(place, this.#signal);
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

  /** What the object's file says; undefined, and that is settled, if it cannot be read: it is not sent unasked then either. */
  async #read<T>(delivery: DeliveryRow, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      const isFinal = error instanceof FoveaError && FILE_FAULTS.has(error.code);
      await this.#settle(delivery, { state: "unread", reason: reasonOf(error), isFinal });
      return undefined;
    }
  }

  /** Results stand in series of their own, which their files name; the delivery names the series that was analysed. */
  async #placeOf(delivery: DeliveryRow): Promise<Parameters<PacsPeer["has"]>[0]> {
    const { dataSet, header } = await this.#fileOf(delivery);
    const { studyUid, seriesUid, sopUid } = readInstanceHead(dataSet, header).instance;
    return { studyUid, seriesUid, sopUid };
  }

  async #send(due: readonly DeliveryRow[]): Promise<void> {
    const readable: { readonly delivery: DeliveryRow; readonly object: OutgoingObject }[] = [];
    for (const delivery of due) {
      const object = await this.#read(delivery, () => this.#objectOf(delivery));
      if (object !== undefined) readable.push({ delivery, object });
    }
    if (readable.length === 0) return;
    const outcomes = await this.#outcomes(readable.map(({ object }) => object));
    for (const [i, { delivery }] of readable.entries()) {
      await this.#settle(delivery, outcomes[i] ?? { state: "unreachable", reason: tell("noAnswer") });
    }
  }

  async #outcomes(objects: readonly OutgoingObject[]): Promise<readonly SendOutcome[]> {
    try {
      return await this.#options.peer.send(objects, this.#signal);
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
    const header = readFileHeader(bytes, true);
    if (header === undefined) throw new FoveaError("file_unreadable", "the object's file has no header");
    return { bytes, header, dataSet: bytes.subarray(header.dataSetStart) };
  }

  /** What became of an attempt; an end has its entry in the audit log. Of what another worker has taken up, only `stored` is said. */
  async #settle(delivery: DeliveryRow, outcome: AttemptOutcome, details: object = {}): Promise<void> {
    const { deliveries, random, onAttempt } = this.#options;
    const { deliveryId, attempts } = delivery;
    this.#open.delete(delivery);
    if (outcome.state === "stored") {
      const { warning } = outcome;
      const told = { ...details, ...(warning !== undefined && { warning }) };
      await this.#end(delivery, "object.send", told, (sql) => deliveries.sent(deliveryId, warning, sql));
    } else if (outcome.state === "refused" || (outcome.state === "unread" && outcome.isFinal)) {
      const action = outcome.state === "refused" ? "object.refused" : "object.unread";
      await this.#end(delivery, action, details, (sql) => deliveries.failed(delivery, outcome.reason, sql));
    } else {
      await deliveries.retry(delivery, outcome.reason, pauseAfter(attempts, random));
    }
    onAttempt(delivery, outcome);
  }

  async #end(
    { destination, kind, attempts, objectSopUid }: DeliveryRow,
    action: string,
    details: object,
    work: (sql: Sql) => Promise<boolean>,
  ): Promise<void> {
    const { database, audit } = this.#options;
    const told = { destination, kind, attempts, ...details };
    await database.transaction(async (sql) => {
      if (!(await work(sql))) return;
      await audit.appendIn(sql, [{ actor: "system", action, subject: objectSopUid, details: told }]);
    });
  }
}
