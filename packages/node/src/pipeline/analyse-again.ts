/**
 * @file What failed, analysed once more because somebody asks: the series is opened as a late image would open it, and takes the
 * whole way again.
 */
import { FoveaError } from "@fovea/core/errors";
import { tell } from "@fovea/core/reasons/tell";
import type { AuditLog } from "../store/audit-log";
import type { Database, Sql } from "../store/database";
import { OWN_RESULT } from "../store/own-result";

export interface AnalyseAgainParts {
  readonly database: Database;
  readonly audit: Pick<AuditLog, "appendIn">;
}

export interface AnalyseAgainRequest {
  readonly studyUid: string;
  /** @default every series of the study */
  readonly seriesUid?: string;
  /** As the audit names who asks. */
  readonly actor: string;
}

/**
 * Opens the series of a study that failed, were not attempted, or have images that failed; as far as their files are kept. What
 * was found stays, and only what was not analysed is.
 *
 * @returns how many series that are; 0 where nothing is left to analyse
 * @throws {FoveaError} `not_found`; `not_allowed` for uploads, which are analysed by whoever sends them
 */
export function analyseAgain(
  { database, audit }: AnalyseAgainParts,
  { studyUid, seriesUid, actor }: AnalyseAgainRequest,
): Promise<number> {
  return database.transaction(async (sql) => {
    const [study] = await sql.query<{ origin: string }>("SELECT origin FROM study WHERE study_uid = $1 FOR UPDATE", [
      studyUid,
    ]);
    if (study === undefined) throw new FoveaError("not_found", tell("noStudy"));
    if (study.origin === "upload") {
      throw new FoveaError("not_allowed", tell("studyIsUpload"));
    }
    const series = await leftOf(sql, studyUid, seriesUid);
    if (series.length === 0) return 0;
    await openSeries(sql, studyUid, series);
    const details = { series: series.length, ...(seriesUid !== undefined && { only: seriesUid }) };
    await audit.appendIn(sql, [{ actor, action: "study.analyse", subject: studyUid, details }]);
    return series.length;
  });
}

async function leftOf(sql: Sql, studyUid: string, seriesUid: string | undefined): Promise<readonly string[]> {
  const rows = await sql.query<{ series_uid: string }>(
    `SELECT series_uid FROM series
     WHERE study_uid = $1 AND ($2::text IS NULL OR series_uid = $2) AND reason IS DISTINCT FROM $3
       AND EXISTS (SELECT 1 FROM instance WHERE instance.series_uid = series.series_uid AND blob IS NOT NULL)
       AND (state IN ('failed', 'not_attempted') OR (state = 'analysed' AND EXISTS (
         SELECT 1 FROM analysis JOIN instance USING (sop_uid) WHERE instance.series_uid = series.series_uid
           AND blob IS NOT NULL AND analysis.model_id = series.model_id AND analysis.state = 'failed')))
     ORDER BY series_uid FOR UPDATE`,
    [studyUid, seriesUid, OWN_RESULT],
  );
  return rows.map(({ series_uid }) => series_uid);
}

/** What failed is as if it had not been tried, and patience begins anew. Retention goes on counting from the last image that came. */
export async function openSeries(sql: Sql, studyUid: string, series: readonly string[]): Promise<void> {
  await sql.query("UPDATE series SET state = 'received', reason = NULL WHERE series_uid = ANY($1::text[])", [series]);
  await sql.query("UPDATE study SET state = 'receiving', completed_at = NULL WHERE study_uid = $1", [studyUid]);
  await sql.query(
    `DELETE FROM analysis USING instance
     WHERE analysis.sop_uid = instance.sop_uid AND series_uid = ANY($1::text[]) AND analysis.state = 'failed'`,
    [series],
  );
  await sql.query(
    "DELETE FROM postponement USING instance WHERE postponement.sop_uid = instance.sop_uid AND series_uid = ANY($1::text[])",
    [series],
  );
}
