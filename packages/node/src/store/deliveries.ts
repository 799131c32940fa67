/**
 * @file Objects on their way to other systems: planned once, claimed by one worker at a time, tried until they are there.
 */
import { randomUUID } from "node:crypto";
import type { ResultKind } from "../config/service-config";
import type { Database, Row, Sql } from "./database";
import type { Delivery, NewDelivery } from "./record";

export interface DeliveryRow extends Delivery {
  readonly nextAt: Date;
  readonly plannedAt: Date;
  readonly sentAt?: Date;
}

export class Deliveries {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Plans deliveries; one that is planned already (same destination and object) stays as it is. @returns those that are new */
  async plan(deliveries: readonly NewDelivery[], sql: Sql = this.#database): Promise<NewDelivery[]> {
    if (deliveries.length === 0) return [];
    const column = <T>(of: (delivery: NewDelivery) => T) => deliveries.map(of);
    const rows = await sql.query<{ destination: string; object_sop_uid: string }>(
      `INSERT INTO delivery (delivery_id, study_uid, series_uid, kind, destination, object_sop_uid, sop_class_uid, blob)
       SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
       ON CONFLICT (destination, object_sop_uid) DO NOTHING RETURNING destination, object_sop_uid`,
      [
        column(() => randomUUID()),
        column(({ studyUid }) => studyUid),
        column(({ seriesUid }) => seriesUid),
        column(({ kind }) => kind),
        column(({ destination }) => destination),
        column(({ objectSopUid }) => objectSopUid),
        column(({ sopClassUid }) => sopClassUid),
        column(({ blob }) => blob),
      ],
    );
    const added = new Set(rows.map(({ destination, object_sop_uid }) => `${destination} ${object_sop_uid}`));
    return deliveries.filter(({ destination, objectSopUid }) => added.has(`${destination} ${objectSopUid}`));
  }

  /**
   * Takes up to `limit` deliveries that are due, for this worker alone: they are `sending` until something is said of them. One
   * whose worker died is due again after `leaseMs`; whoever gets it asks the peer whether it has the object.
   *
   * @param destination only those to it
   * @param leaseMs longer than an attempt may take
   */
  async claim(
    limit: number,
    { destination, leaseMs = 300_000 }: { readonly destination?: string; readonly leaseMs?: number } = {},
  ): Promise<DeliveryRow[]> {
    const rows = await this.#database.query(
      `UPDATE delivery SET state = 'sending', attempts = attempts + 1,
         next_at = clock_timestamp() + $3::double precision * interval '1 millisecond'
       WHERE delivery_id IN (
         SELECT delivery_id FROM delivery
         WHERE state IN ('pending', 'sending') AND next_at <= clock_timestamp() AND ($2::text IS NULL OR destination = $2)
         ORDER BY next_at LIMIT $1 FOR UPDATE SKIP LOCKED)
       RETURNING *`,
      [limit, destination, leaseMs],
    );
    return rows.map(deliveryOfRow);
  }

  async sent(deliveryId: string, sql: Sql = this.#database): Promise<void> {
    await sql.query(
      "UPDATE delivery SET state = 'sent', sent_at = coalesce(sent_at, now()), reason = NULL WHERE delivery_id = $1::uuid",
      [deliveryId],
    );
  }

  /** It did not arrive; another attempt is due at `at`. */
  async retry(deliveryId: string, reason: string, at: Date, sql: Sql = this.#database): Promise<void> {
    await sql.query(
      "UPDATE delivery SET state = 'pending', reason = $2, next_at = $3 WHERE delivery_id = $1::uuid AND state <> 'sent'",
      [deliveryId, reason, at],
    );
  }

  /** It will not arrive: the peer refuses it. */
  async failed(deliveryId: string, reason: string, sql: Sql = this.#database): Promise<void> {
    await sql.query(
      "UPDATE delivery SET state = 'failed', reason = $2 WHERE delivery_id = $1::uuid AND state <> 'sent'",
      [deliveryId, reason],
    );
  }

  /** Somebody wants a failed one tried again. @returns whether it was one */
  async again(deliveryId: string): Promise<boolean> {
    const rows = await this.#database.query(
      "UPDATE delivery SET state = 'pending', next_at = now() WHERE delivery_id::text = $1 AND state = 'failed' RETURNING 1",
      [deliveryId],
    );
    return rows.length > 0;
  }

  /** When the next one is due; undefined if none waits. */
  async nextDue(): Promise<Date | undefined> {
    const [{ at }] = await this.#database.query<{ at: Date | null }>(
      "SELECT min(next_at) AS at FROM delivery WHERE state IN ('pending', 'sending')",
    );
    return at ?? undefined;
  }

  async ofStudy(studyUid: string): Promise<DeliveryRow[]> {
    const rows = await this.#database.query(
      "SELECT * FROM delivery WHERE study_uid = $1 ORDER BY destination, kind, object_sop_uid",
      [studyUid],
    );
    return rows.map(deliveryOfRow);
  }

  /** How many are in each state, for metrics. */
  async counts(): Promise<Partial<Record<Delivery["state"], number>>> {
    const rows = await this.#database.query<{ state: Delivery["state"]; n: number }>(
      "SELECT state, count(*) AS n FROM delivery GROUP BY state",
    );
    return Object.fromEntries(rows.map(({ state, n }) => [state, n]));
  }
}

function deliveryOfRow(row: Row): DeliveryRow {
  return {
    deliveryId: row.delivery_id as string,
    studyUid: row.study_uid as string,
    seriesUid: row.series_uid as string,
    kind: row.kind as ResultKind,
    destination: row.destination as string,
    objectSopUid: row.object_sop_uid as string,
    sopClassUid: row.sop_class_uid as string,
    blob: row.blob as string,
    state: row.state as Delivery["state"],
    attempts: row.attempts as number,
    reason: (row.reason as string | null) ?? undefined,
    nextAt: row.next_at as Date,
    plannedAt: row.planned_at as Date,
    sentAt: (row.sent_at as Date | null) ?? undefined,
  };
}
