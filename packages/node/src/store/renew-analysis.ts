/**
 * @file An image that was analysed by the same model version before, and now once more: an upload that came again.
 *
 * What is found again keeps its identifier and what people said of it. A finding that the model does not see any more goes, unless
 * somebody has decided upon it.
 */
import type { Finding } from "@fovea/core/finding";
import type { Row, Sql } from "./database";
import type { InstanceAnalysis } from "./record";
import { addFindings, findingRow, recordAnalyses } from "./record-analyses";

/** A finding of the model, whether or not it is kept: one below the reporting confidence may stand in the record already. */
export type SeenFinding = Pick<Finding, "classId" | "confidence" | "box"> & { readonly frame: number };

/**
 * @param seen all that the model finds in the image now
 * @returns false if less of it could be read than before: then all stays
 */
export async function renewAnalysis(
  sql: Sql,
  analysis: InstanceAnalysis,
  seen: readonly SeenFinding[],
): Promise<boolean> {
  const { sopUid, modelId, rulesVersion, inferenceMs, unreadFrames = 0, threshold, outcome } = analysis;
  const [before] = await sql.query<{ state: string; unread_frames: number }>(
    "SELECT state, unread_frames FROM analysis WHERE sop_uid = $1 AND model_id = $2 FOR UPDATE",
    [sopUid, modelId],
  );
  if (before?.state !== "done") return (await recordAnalyses(sql, [analysis]))[0];
  if ("failure" in outcome || unreadFrames > before.unread_frames) return false;
  await sql.query(
    `UPDATE analysis SET at = now(), rules_version = $3, inference_ms = $4, unread_frames = $5, threshold = $6
     WHERE sop_uid = $1 AND model_id = $2`,
    [sopUid, modelId, rulesVersion, inferenceMs, unreadFrames, threshold],
  );
  // Out of the way of the new places.
  const kept = await sql.query(
    `UPDATE finding SET ordinal = -1 - ordinal WHERE sop_uid = $1 AND model_id = $2
     RETURNING *, EXISTS (SELECT 1 FROM review WHERE review.finding_id = finding.finding_id) AS decided`,
    [sopUid, modelId],
  );
  const idOf = new Map(kept.map((row) => [keyOfRow(row), row.finding_id as string]));
  const rows = outcome.findings.map((finding, i) => {
    const row = findingRow(finding, i, analysis);
    return { ...row, finding_id: idOf.get(keyOf(finding)) ?? row.finding_id };
  });
  const again = new Set(rows.map(({ finding_id }) => finding_id));
  const visible = new Set(seen.map(keyOf));
  const others = kept
    .filter((row) => !again.has(row.finding_id as string))
    .sort((a, b) => Number(b.ordinal) - Number(a.ordinal));
  const stay = others.filter((row) => row.decided === true || visible.has(keyOfRow(row)));
  await remove(
    sql,
    others.filter((row) => !stay.includes(row)),
  );
  const known = new Set(kept.map(({ finding_id }) => finding_id));
  await judgeAnew(
    sql,
    rows.filter(({ finding_id }) => known.has(finding_id)),
  );
  await move(sql, stay, rows.length);
  await addFindings(
    sql,
    rows.filter(({ finding_id }) => !known.has(finding_id)),
  );
  return true;
}

function keyOf({ frame, classId, confidence, box: { x1, y1, x2, y2 } }: SeenFinding): string {
  return JSON.stringify([frame, classId, confidence, x1, y1, x2, y2]);
}

function keyOfRow({ frame, class_id, confidence, x1, y1, x2, y2 }: Row): string {
  return JSON.stringify([frame, class_id, confidence, x1, y1, x2, y2]);
}

async function remove(sql: Sql, rows: readonly Row[]): Promise<void> {
  if (rows.length === 0) return;
  await sql.query("DELETE FROM finding WHERE finding_id = ANY($1::uuid[])", [rows.map(({ finding_id }) => finding_id)]);
}

/** What the rules that are in force now say. */
async function judgeAnew(sql: Sql, rows: readonly Row[]): Promise<void> {
  if (rows.length === 0) return;
  await sql.query(
    `UPDATE finding SET ordinal = given.ordinal, category = given.category, suggestion = given.suggestion,
       rules_version = given.rules_version
     FROM jsonb_to_recordset($1::jsonb) AS given (finding_id uuid, ordinal integer, category jsonb, suggestion jsonb,
       rules_version text)
     WHERE finding.finding_id = given.finding_id`,
    [JSON.stringify(rows)],
  );
}

/** Behind the others, in their order. */
async function move(sql: Sql, rows: readonly Row[], from: number): Promise<void> {
  if (rows.length === 0) return;
  await sql.query(
    `UPDATE finding SET ordinal = given.ordinal
     FROM unnest($1::uuid[], $2::integer[]) AS given (finding_id, ordinal) WHERE finding.finding_id = given.finding_id`,
    [rows.map(({ finding_id }) => finding_id), rows.map((_, i) => from + i)],
  );
}
