/**
 * @file What models found in images, and what people say of it.
 */
import type { ReviewState } from "@fovea/core/contract/study";
import { FoveaError } from "@fovea/core/errors";
import { tell } from "@fovea/core/reasons/tell";
import type { Vault } from "../vault/vault";
import type { AuditLog } from "./audit-log";
import type { Database, Sql } from "./database";
import { FINDING_COLUMNS, FINDING_COUNTS, FINDING_SOURCE, findingOfRow, type KeptFinding } from "./findings";
import { type ImageOutcome, imageOutcomes } from "./image-outcomes";
import { decodeCursor, encodeCursor } from "./page-cursor";
import type { InstanceAnalysis } from "./record";
import { recordAnalyses } from "./record-analyses";
import { renewAnalysis, type SeenFinding } from "./renew-analysis";

export interface FindingFilter {
  readonly studyUid?: string;
  readonly seriesUid?: string;
  readonly sopUid?: string;
  readonly className?: string;
  readonly review?: ReviewState;
  /** At least. */
  readonly confidence?: number;
}

export interface FindingPage {
  readonly findings: readonly KeptFinding[];
  /** Give it as `after` for the next page. */
  readonly next?: string;
}

export interface ReviewEntry {
  readonly review: ReviewState;
  readonly actor: string;
  readonly comment?: string;
  readonly at: Date;
}

/** Microseconds since 1970: what a Date would cut. */
const FOUND = "(extract(epoch FROM found_at) * 1000000)::bigint AS found";

export class Analyses {
  readonly #database: Database;
  readonly #vault: () => Vault;
  readonly #audit: AuditLog;

  constructor(database: Database, vault: () => Vault, audit: AuditLog) {
    this.#database = database;
    this.#vault = vault;
    this.#audit = audit;
  }

  /**
   * Keeps what the analysis of images came to, findings with it. An image has one analysis by a model version: one that is
   * done stays, one that failed gives way to the next.
   *
   * @returns whether each was kept, in order
   */
  record(analyses: readonly InstanceAnalysis[], sql?: Sql): Promise<boolean[]> {
    return sql === undefined
      ? this.#database.transaction((inside) => recordAnalyses(inside, analyses))
      : recordAnalyses(sql, analyses);
  }

  /**
   * Keeps what was found in an image that was analysed once more, as `renewAnalysis` says.
   *
   * @returns false if less of it could be read than before: then all stays
   */
  renew(analysis: InstanceAnalysis, seen: readonly SeenFinding[], sql: Sql): Promise<boolean> {
    return renewAnalysis(sql, analysis, seen);
  }

  /** SOP instance UIDs, of those given, that the model has done. */
  async done(sopUids: readonly string[], modelId: string): Promise<Set<string>> {
    const rows = await this.#database.query<{ sop_uid: string }>(
      "SELECT sop_uid FROM analysis WHERE sop_uid = ANY($1::text[]) AND model_id = $2 AND state = 'done'",
      [sopUids, modelId],
    );
    return new Set(rows.map(({ sop_uid }) => sop_uid));
  }

  /** SOP instance UIDs, of those given, that a model version has done, whichever it was. */
  async lookedAt(sopUids: readonly string[]): Promise<Set<string>> {
    const rows = await this.#database.query<{ sop_uid: string }>(
      "SELECT DISTINCT sop_uid FROM analysis WHERE sop_uid = ANY($1::text[]) AND state = 'done'",
      [sopUids],
    );
    return new Set(rows.map(({ sop_uid }) => sop_uid));
  }

  /** Why images of a series could not be analysed, by SOP instance UID. */
  async failures(seriesUid: string, modelId: string): Promise<Map<string, string>> {
    const rows = await this.#database.query<{ sop_uid: string; reason: string }>(
      `SELECT sop_uid, reason FROM analysis JOIN instance USING (sop_uid)
       WHERE series_uid = $1 AND model_id = $2 AND state = 'failed'`,
      [seriesUid, modelId],
    );
    return new Map(rows.map(({ sop_uid, reason }) => [sop_uid, reason]));
  }

  /** As `imageOutcomes`. */
  outcomes(studyUid: string): Promise<Map<string, ImageOutcome>> {
    return imageOutcomes(this.#database, studyUid);
  }

  /** All findings of a series, as its objects need them: by image, frame and confidence. */
  async ofSeries(seriesUid: string): Promise<KeptFinding[]> {
    const rows = await this.#database.query(
      `SELECT ${FINDING_COLUMNS} FROM ${FINDING_SOURCE} WHERE series_uid = $1 AND ${FINDING_COUNTS}
       ORDER BY instance_number NULLS LAST, sop_uid, frame, ordinal`,
      [seriesUid],
    );
    return rows.map(findingOfRow);
  }

  /** All findings of a frame, counted from 0, by falling confidence. */
  async ofFrame(sopUid: string, frame: number): Promise<KeptFinding[]> {
    const rows = await this.#database.query(
      `SELECT ${FINDING_COLUMNS} FROM ${FINDING_SOURCE} WHERE sop_uid = $1 AND frame = $2 AND ${FINDING_COUNTS} ORDER BY ordinal`,
      [sopUid, frame],
    );
    return rows.map(findingOfRow);
  }

  async ofStudy(studyUid: string): Promise<KeptFinding[]> {
    const rows = await this.#database.query(
      `SELECT ${FINDING_COLUMNS} FROM ${FINDING_SOURCE} WHERE study_uid = $1 AND ${FINDING_COUNTS}
       ORDER BY series_number NULLS LAST, series_uid, instance_number NULLS LAST, sop_uid, frame, ordinal`,
      [studyUid],
    );
    return rows.map(findingOfRow);
  }

  /** Who decided upon findings of a study last, and when. By the finding's id. */
  async lastReviews(studyUid: string): Promise<Map<string, Pick<ReviewEntry, "actor" | "at">>> {
    const rows = await this.#database.query<{ finding_id: string; actor: string; at: Date }>(
      `SELECT DISTINCT ON (finding_id) finding_id, actor, at
       FROM review JOIN finding USING (finding_id) JOIN instance USING (sop_uid) JOIN series USING (series_uid)
       WHERE study_uid = $1 ORDER BY finding_id, review_id DESC`,
      [studyUid],
    );
    return new Map(rows.map(({ finding_id, actor, at }) => [finding_id, { actor, at }]));
  }

  /**
   * Findings page by page, the latest first: by when they came into the record.
   *
   * @param limit of one page, 1000 at most. @default 100
   * @throws {ArgumentError} if `after` is no place in this list
   */
  async list(filter: FindingFilter, after?: string, limit = 100): Promise<FindingPage> {
    const [found, id] = after === undefined ? [] : decodeCursor(after, ["number", "uuid"] as const);
    const size = Math.min(limit, 1000);
    const { studyUid, seriesUid, sopUid, className, review, confidence } = filter;
    const rows = await this.#database.query(
      `SELECT ${FINDING_COLUMNS}, ${FOUND} FROM ${FINDING_SOURCE}
       WHERE ($1::text IS NULL OR study_uid = $1) AND ($2::text IS NULL OR series_uid = $2)
         AND ($3::text IS NULL OR sop_uid = $3) AND ($4::text IS NULL OR class_name = $4)
         AND ($5::text IS NULL OR review = $5) AND ($6::double precision IS NULL OR confidence >= $6)
         AND ${FINDING_COUNTS}
         AND ($7::bigint IS NULL
              OR (found_at, finding_id) < (timestamptz 'epoch' + $7 * interval '1 microsecond', $8::uuid))
       ORDER BY found_at DESC, finding_id DESC LIMIT $9`,
      [studyUid, seriesUid, sopUid, className, review, confidence, found, id, size + 1],
    );
    const shown = rows.slice(0, size);
    const last = shown.at(-1);
    const more = rows.length > size && last !== undefined;
    return {
      findings: shown.map(findingOfRow),
      next: more ? encodeCursor([last.found as number, last.finding_id as string]) : undefined,
    };
  }

  async find(findingId: string): Promise<KeptFinding | undefined> {
    const [row] = await this.#database.query(
      `SELECT ${FINDING_COLUMNS} FROM ${FINDING_SOURCE} WHERE finding_id::text = $1`,
      [findingId],
    );
    return row && findingOfRow(row);
  }

  /**
   * Somebody accepts or rejects a finding; kept with its history, and in the audit log, at once.
   *
   * @throws {FoveaError} `not_found`
   */
  async review(
    findingId: string,
    { review, actor, comment }: { readonly review: ReviewState; readonly actor: string; readonly comment?: string },
  ): Promise<KeptFinding> {
    const before = await this.find(findingId);
    if (before === undefined) throw new FoveaError("not_found", tell("noFinding"));
    await this.#database.transaction(async (sql) => {
      await sql.query("UPDATE finding SET review = $2 WHERE finding_id::text = $1", [findingId, review]);
      const sealed = comment === undefined ? undefined : this.#vault().sealJson(comment, `review.comment/${findingId}`);
      await sql.query("INSERT INTO review (finding_id, review, actor, comment) VALUES ($1::uuid, $2, $3, $4::bytea)", [
        findingId,
        review,
        actor,
        sealed,
      ]);
      const details = { review, model: before.modelId, study: before.studyUid, commented: comment !== undefined };
      await this.#audit.appendIn(sql, [{ actor, action: "finding.review", subject: findingId, details }]);
    });
    return { ...before, review };
  }

  /** Oldest first. */
  async history(findingId: string): Promise<ReviewEntry[]> {
    const rows = await this.#database.query(
      "SELECT review, actor, comment, at FROM review WHERE finding_id::text = $1 ORDER BY review_id",
      [findingId],
    );
    return rows.map(({ review, actor, comment, at }) => ({
      review: review as ReviewState,
      actor: actor as string,
      comment:
        comment === null
          ? undefined
          : (this.#vault().openJson(comment as Uint8Array, `review.comment/${findingId}`) as string),
      at: at as Date,
    }));
  }
}
