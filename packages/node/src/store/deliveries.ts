/**
 * @file Objects on their way to other systems: planned once, claimed by one worker at a time, tried until they are there.
 */
import { randomUUID } from "node:crypto";
import { tell } from "@fovea/core/reasons/tell";
import type { ResultKind } from "../config/service-config";
import type { Database, Row, Sql } from "./database";
import { decodeCursor, encodeCursor } from "./page-cursor";
import type { Delivery, NewDelivery } from "./record";

export interface DeliveryRow extends Delivery {
  readonly nextAt: Date;
  readonly plannedAt: Date;
  readonly sentAt?: Date;
}

/** A claim of a delivery: that of the next worker has one attempt more, so that what a slow one says late is not taken for its word. */
export type DeliveryClaim = Pick<DeliveryRow, "deliveryId" | "attempts">;

export interface DeliveryFilter {
  /** `not_sent`: any but `sent`. */
  readonly state?: Delivery["state"] | "not_sent";
  readonly destination?: string;
}

/** Why deliveries to a destination that the settings do not have are given up. */
export const NO_DESTINATION = tell("noDestination");

/** Microseconds since 1970: what a Date would cut. */
const PLANNED = "(extract(epoch FROM planned_at) * 1000000)::bigint AS planned";

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
   * whose worker is silent for `leaseMs` is due again; whoever gets it asks the peer whether it has the object.
   *
   * @param destination only those to it
   */
  async claim(
    limit: number,
    { destination, leaseMs }: { readonly destination?: string; readonly leaseMs: number },
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

  /** A sign of life: the worker still has them, for `leaseMs` from now. @returns ids of those that nobody took up meanwhile */
  async renew(claims: readonly DeliveryClaim[], leaseMs: number): Promise<Set<string>> {
    const rows = await this.#database.query<{ delivery_id: string }>(
      `UPDATE delivery SET next_at = clock_timestamp() + $3::double precision * interval '1 millisecond'
       FROM unnest($1::uuid[], $2::integer[]) AS ours (id, attempt)
       WHERE delivery_id = ours.id AND attempts = ours.attempt AND state = 'sending' RETURNING delivery_id`,
      [claims.map(({ deliveryId }) => deliveryId), claims.map(({ attempts }) => attempts), leaseMs],
    );
    return new Set(rows.map(({ delivery_id }) => delivery_id));
  }

  /** It is there, whoever says so and when. @param warning what the peer added @returns false if that was known */
  async sent(deliveryId: string, warning?: string, sql: Sql = this.#database): Promise<boolean> {
    const rows = await sql.query(
      `UPDATE delivery SET state = 'sent', sent_at = now(), reason = $2
       WHERE delivery_id = $1::uuid AND state <> 'sent' RETURNING 1`,
      [deliveryId, warning],
    );
    return rows.length > 0;
  }

  /** It did not arrive; another attempt is due after a pause. @returns false if the claim is not the worker's any more: nothing changes */
  async retry({ deliveryId, attempts }: DeliveryClaim, reason: string, pauseMs: number): Promise<boolean> {
    const rows = await this.#database.query(
      `UPDATE delivery SET state = 'pending', reason = $3,
         next_at = clock_timestamp() + $4::double precision * interval '1 millisecond'
       WHERE delivery_id = $1::uuid AND attempts = $2 AND state = 'sending' RETURNING 1`,
      [deliveryId, attempts, reason, pauseMs],
    );
    return rows.length > 0;
  }

  /** It is given up, until somebody wants it sent again. @returns false if the claim is not the worker's any more: nothing changes */
  async failed({ deliveryId, attempts }: DeliveryClaim, reason: string, sql: Sql = this.#database): Promise<boolean> {
    const rows = await sql.query(
      `UPDATE delivery SET state = 'failed', reason = $3
       WHERE delivery_id = $1::uuid AND attempts = $2 AND state = 'sending' RETURNING 1`,
      [deliveryId, attempts, reason],
    );
    return rows.length > 0;
  }

  /** Somebody wants what was given up sent again: one of them, or all to a destination. @returns those that are due now */
  async again(
    which: { readonly deliveryId: string } | { readonly destination: string },
    sql: Sql = this.#database,
  ): Promise<DeliveryRow[]> {
    const [condition, value] =
      "deliveryId" in which ? ["delivery_id::text = $1", which.deliveryId] : ["destination = $1", which.destination];
    const rows = await sql.query(
      `UPDATE delivery SET state = 'pending', reason = NULL, next_at = now() WHERE ${condition} AND state = 'failed' RETURNING *`,
      [value],
    );
    return rows.map(deliveryOfRow);
  }

  /**
   * Nobody sends to a destination that the settings do not have: what waits for one is given up, and goes on by itself once the
   * settings have it again.
   *
   * @param destinations names of all that there are
   * @returns how many were given up, by destination
   */
  async reconcile(destinations: readonly string[], sql: Sql = this.#database): Promise<Map<string, number>> {
    await sql.query(
      `UPDATE delivery SET state = 'pending', reason = NULL, next_at = now()
       WHERE state = 'failed' AND reason = $1 AND destination = ANY($2::text[])`,
      [NO_DESTINATION, destinations],
    );
    const rows = await sql.query<{ destination: string }>(
      `UPDATE delivery SET state = 'failed', reason = $1
       WHERE (state = 'pending' OR (state = 'sending' AND next_at <= clock_timestamp())) AND NOT destination = ANY($2::text[])
       RETURNING destination`,
      [NO_DESTINATION, destinations],
    );
    const counts = new Map<string, number>();
    for (const { destination } of rows) counts.set(destination, (counts.get(destination) ?? 0) + 1);
    return counts;
  }

  async find(deliveryId: string): Promise<DeliveryRow | undefined> {
    const [row] = await this.#database.query("SELECT * FROM delivery WHERE delivery_id::text = $1", [deliveryId]);
    return row && deliveryOfRow(row);
  }

  /**
   * The latest planned first.
   *
   * @param after `next` of the page before
   * @throws {ArgumentError} if `after` is no place in this list
   */
  async page(
    { state, destination }: DeliveryFilter,
    { after, limit }: { readonly after?: string; readonly limit: number },
  ): Promise<{ readonly deliveries: DeliveryRow[]; readonly next: string | null }> {
    const [planned, id] = after === undefined ? [] : decodeCursor(after, ["number", "uuid"] as const);
    const rows = await this.#database.query(
      `SELECT *, ${PLANNED} FROM delivery
       WHERE ${state === "not_sent" ? "state <> 'sent' AND $1::text IS NOT NULL" : "($1::text IS NULL OR state = $1)"} AND ($2::text IS NULL OR destination = $2)
         AND ($3::bigint IS NULL
              OR (planned_at, delivery_id) < (timestamptz 'epoch' + $3 * interval '1 microsecond', $4::uuid))
       ORDER BY planned_at DESC, delivery_id DESC LIMIT $5`,
      [state, destination, planned, id, limit + 1],
    );
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    const more = rows.length > limit && last !== undefined;
    return {
      deliveries: shown.map(deliveryOfRow),
      next: more ? encodeCursor([last.planned as number, last.delivery_id as string]) : null,
    };
  }

  /** Until the next one to `destination` is due, ms by the database's clock, below 0 if it is; undefined if none waits. */
  async untilDue(destination: string): Promise<number | undefined> {
    const [{ ms }] = await this.#database.query<{ ms: number | null }>(
      `SELECT 1000 * extract(epoch FROM min(next_at) - clock_timestamp())::double precision AS ms
       FROM delivery WHERE state IN ('pending', 'sending') AND destination = $1`,
      [destination],
    );
    return ms ?? undefined;
  }

  async ofStudy(studyUid: string): Promise<DeliveryRow[]> {
    const rows = await this.#database.query(
      "SELECT * FROM delivery WHERE study_uid = $1 ORDER BY destination, kind, object_sop_uid",
      [studyUid],
    );
    return rows.map(deliveryOfRow);
  }

  /**
   * How many are in each state, for metrics.
   *
   * @param sent false leaves out those that were sent: the many that an index has not. @default true
   */
  async counts({ sent = true } = {}): Promise<Partial<Record<Delivery["state"], number>>> {
    const rows = await this.#database.query<{ state: Delivery["state"]; n: number }>(
      `SELECT state, count(*) AS n FROM delivery ${sent ? "" : "WHERE state <> 'sent'"} GROUP BY state`,
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
