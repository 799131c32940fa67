/**
 * @file What models found in images, and what people say of it.
 */
import { randomUUID } from "node:crypto";
import type { ReviewState } from "@fovea/core/contract/study";
import { FoveaError } from "@fovea/core/errors";
import type { Vault } from "../vault/vault";
import type { AuditLog } from "./audit-log";
import type { Database, Sql } from "./database";
import { FINDING_COLUMNS, FINDING_COUNTS, FINDING_SOURCE, findingOfRow, type KeptFinding } from "./findings";
import { decodeCursor, encodeCursor } from "./page-cursor";
import type { InstanceAnalysis, JudgedFinding } from "./record";

export interface FindingFilter {
  readonly studyUid?: string;
  readonly seriesUid?: string;
  readonly sopUid?: string;
  readonly className?: string;
  readonly review?: ReviewState;
  /** At least. */
  readonly confidence?: number;
  /** Also those of models that the series was not given to. @default false */
  readonly allModels?: boolean;
}

export interface FindingPage {
  readonly findings: readonly KeptFinding[];
  /** Give it as `after` for the next page. */
  readonly next?: string;
}

export interface ImageOutcome {
  /** Why it could not be analysed. */
  readonly failure?: string;
  /** Frames that could not be read, of one that was analysed otherwise. */
  readonly unreadFrames?: number;
  /** Of the rules that were in force, whether or not anything was found. */
  readonly rulesVersion?: string;
}

export interface ReviewEntry {
  readonly review: ReviewState;
  readonly actor: string;
  readonly comment?: string;
  readonly at: Date;
}

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
    return sql === undefined ? this.#database.transaction((inside) => record(inside, analyses)) : record(sql, analyses);
  }

  /** SOP instance UIDs, of those given, that the model has done. */
  async done(sopUids: readonly string[], modelId: string): Promise<Set<string>> {
    const rows = await this.#database.query<{ sop_uid: string }>(
      "SELECT sop_uid FROM analysis WHERE sop_uid = ANY($1::text[]) AND model_id = $2 AND state = 'done'",
      [sopUids, modelId],
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

  /** What became of each image of a study that the model of its series was shown. */
  async outcomes(studyUid: string): Promise<Map<string, ImageOutcome>> {
    const rows = await this.#database.query(
      `SELECT sop_uid, analysis.state, analysis.reason, rules_version,
              CASE WHEN origin = 'upload' THEN substring(series.reason FROM '^([0-9]+) of [0-9]+ frames')::integer END AS unread
       FROM analysis JOIN instance USING (sop_uid) JOIN series USING (series_uid) JOIN study USING (study_uid)
       WHERE study_uid = $1 AND (series.model_id IS NULL OR analysis.model_id = series.model_id)`,
      [studyUid],
    );
    return new Map(
      rows.map(({ sop_uid, state, reason, unread, rules_version }) => [
        sop_uid as string,
        {
          ...(unread !== null && { unreadFrames: unread as number }),
          ...(state === "failed" && { failure: (reason as string | null) ?? "unknown" }),
          ...(rules_version !== null && { rulesVersion: rules_version as string }),
        },
      ]),
    );
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

  /**
   * Findings page by page, in an order that does not change.
   *
   * @param limit of one page, 1000 at most. @default 100
   * @throws {ArgumentError} if `after` is no place in this list
   */
  async list(filter: FindingFilter, after?: string, limit = 100): Promise<FindingPage> {
    const [last] = after === undefined ? [undefined] : decodeCursor(after, ["uuid"] as const);
    const size = Math.min(limit, 1000);
    const { studyUid, seriesUid, sopUid, className, review, confidence, allModels = false } = filter;
    const rows = await this.#database.query(
      `SELECT ${FINDING_COLUMNS} FROM ${FINDING_SOURCE}
       WHERE ($1::text IS NULL OR study_uid = $1) AND ($2::text IS NULL OR series_uid = $2)
         AND ($3::text IS NULL OR sop_uid = $3) AND ($4::text IS NULL OR class_name = $4)
         AND ($5::text IS NULL OR review = $5) AND ($6::double precision IS NULL OR confidence >= $6)
         AND ($7::boolean OR ${FINDING_COUNTS}) AND ($8::uuid IS NULL OR finding_id > $8)
       ORDER BY finding_id LIMIT $9`,
      [studyUid, seriesUid, sopUid, className, review, confidence, allModels, last, size + 1],
    );
    const findings = rows.slice(0, size).map(findingOfRow);
    return { findings, next: rows.length > size ? encodeCursor([findings[size - 1].findingId]) : undefined };
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
    if (before === undefined) throw new FoveaError("not_found", "no finding of this id");
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

async function record(sql: Sql, analyses: readonly InstanceAnalysis[]): Promise<boolean[]> {
  if (analyses.length === 0) return [];
  const column = <T>(of: (analysis: InstanceAnalysis) => T) => analyses.map(of);
  const failure = ({ outcome }: InstanceAnalysis) => ("failure" in outcome ? outcome.failure : undefined);
  const rows = await sql.query<{ sop_uid: string; model_id: string }>(
    `INSERT INTO analysis (sop_uid, model_id, rules_version, state, reason, inference_ms)
     SELECT DISTINCT ON (sop_uid, model_id) *
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::double precision[])
       AS given (sop_uid, model_id, rules_version, state, reason, inference_ms)
     ORDER BY sop_uid, model_id
     ON CONFLICT (sop_uid, model_id) DO UPDATE SET state = excluded.state, reason = excluded.reason, at = now(),
       rules_version = excluded.rules_version, inference_ms = excluded.inference_ms
     WHERE analysis.state = 'failed' RETURNING sop_uid, model_id`,
    [
      column(({ sopUid }) => sopUid),
      column(({ modelId }) => modelId),
      column(({ rulesVersion }) => rulesVersion),
      column((one) => (failure(one) === undefined ? "done" : "failed")),
      column(failure),
      column(({ inferenceMs }) => inferenceMs),
    ],
  );
  const kept = new Set(rows.map(({ sop_uid, model_id }) => `${sop_uid} ${model_id}`));
  const mine = analyses.map(({ sopUid, modelId }) => kept.delete(`${sopUid} ${modelId}`));
  await addFindings(
    sql,
    analyses.filter((_, i) => mine[i]),
  );
  return mine;
}

async function addFindings(sql: Sql, analyses: readonly InstanceAnalysis[]): Promise<void> {
  const rows = analyses.flatMap(({ sopUid, modelId, rulesVersion, outcome }) =>
    "failure" in outcome
      ? []
      : outcome.findings.map((finding, ordinal) => findingRow(finding, ordinal, { sopUid, modelId, rulesVersion })),
  );
  if (rows.length === 0) return;
  await sql.query(
    `INSERT INTO finding (finding_id, sop_uid, model_id, frame, ordinal, class_id, class_name, confidence, x1, y1, x2, y2,
                          width_mm, height_mm, polygon, category, suggestion, rules_version)
     SELECT finding_id, sop_uid, model_id, frame, ordinal, class_id, class_name, confidence, x1, y1, x2, y2, width_mm, height_mm,
            polygon, category, suggestion, rules_version
     FROM jsonb_to_recordset($1::jsonb) AS given (finding_id uuid, sop_uid text, model_id text, frame integer, ordinal integer,
       class_id integer, class_name text, confidence double precision, x1 double precision, y1 double precision,
       x2 double precision, y2 double precision, width_mm double precision, height_mm double precision, polygon jsonb,
       category jsonb, suggestion jsonb, rules_version text)`,
    [JSON.stringify(rows)],
  );
}

function findingRow(
  { frame, classId, className, confidence, box, sizeMm, polygon, category, suggestion }: JudgedFinding,
  ordinal: number,
  of: Pick<InstanceAnalysis, "sopUid" | "modelId" | "rulesVersion">,
): Record<string, unknown> {
  return {
    finding_id: randomUUID(),
    sop_uid: of.sopUid,
    model_id: of.modelId,
    frame,
    ordinal,
    class_id: classId,
    class_name: className,
    confidence,
    ...box,
    width_mm: sizeMm?.width,
    height_mm: sizeMm?.height,
    polygon,
    category,
    suggestion,
    rules_version: of.rulesVersion,
  };
}
