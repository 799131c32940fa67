/**
 * @file Analyses of images and their findings into the tables.
 */
import { randomUUID } from "node:crypto";
import type { Sql } from "./database";
import type { InstanceAnalysis, JudgedFinding } from "./record";

/** An analysis that is done stays, one that failed gives way. @returns whether each was kept, in order */
export async function recordAnalyses(sql: Sql, analyses: readonly InstanceAnalysis[]): Promise<boolean[]> {
  if (analyses.length === 0) return [];
  const column = <T>(of: (analysis: InstanceAnalysis) => T) => analyses.map(of);
  const failure = ({ outcome }: InstanceAnalysis) => ("failure" in outcome ? outcome.failure : undefined);
  const rows = await sql.query<{ sop_uid: string; model_id: string }>(
    `INSERT INTO analysis (sop_uid, model_id, rules_version, state, reason, inference_ms, unread_frames, threshold)
     SELECT DISTINCT ON (sop_uid, model_id) *
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::double precision[], $7::integer[],
         $8::double precision[])
       AS given (sop_uid, model_id, rules_version, state, reason, inference_ms, unread_frames, threshold)
     ORDER BY sop_uid, model_id
     ON CONFLICT (sop_uid, model_id) DO UPDATE SET state = excluded.state, reason = excluded.reason, at = now(),
       rules_version = excluded.rules_version, inference_ms = excluded.inference_ms, unread_frames = excluded.unread_frames,
       threshold = excluded.threshold
     WHERE analysis.state = 'failed' RETURNING sop_uid, model_id`,
    [
      column(({ sopUid }) => sopUid),
      column(({ modelId }) => modelId),
      column(({ rulesVersion }) => rulesVersion),
      column((one) => (failure(one) === undefined ? "done" : "failed")),
      column(failure),
      column(({ inferenceMs }) => inferenceMs),
      column(({ unreadFrames = 0 }) => unreadFrames),
      column(({ threshold }) => threshold),
    ],
  );
  const kept = new Set(rows.map(({ sop_uid, model_id }) => `${sop_uid} ${model_id}`));
  const mine = analyses.map(({ sopUid, modelId }) => kept.delete(`${sopUid} ${modelId}`));
  const findings = analyses.flatMap((analysis, i) =>
    !mine[i] || "failure" in analysis.outcome
      ? []
      : analysis.outcome.findings.map((finding, ordinal) => findingRow(finding, ordinal, analysis)),
  );
  await addFindings(sql, findings);
  await setSizes(
    sql,
    analyses.filter((_, i) => mine[i]),
  );
  return mine;
}

/** Of images that came without one: who shows them must know where their frames are. */
async function setSizes(sql: Sql, analyses: readonly InstanceAnalysis[]): Promise<void> {
  for (const { sopUid, size } of analyses) {
    if (size === undefined) continue;
    await sql.query(
      `UPDATE instance SET frames = $2, rows = $3, columns = $4, size_unknown = false
       WHERE sop_uid = $1 AND size_unknown`,
      [sopUid, size.frames, size.rows, size.columns],
    );
  }
}

export async function addFindings(sql: Sql, rows: readonly FindingRow[]): Promise<void> {
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

/** A row of `finding`, by its columns. */
export type FindingRow = Readonly<Record<string, unknown>>;

export function findingRow(
  { frame, classId, className, confidence, box, sizeMm, polygon, category, suggestion }: JudgedFinding,
  ordinal: number,
  of: Pick<InstanceAnalysis, "sopUid" | "modelId" | "rulesVersion">,
): FindingRow {
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
