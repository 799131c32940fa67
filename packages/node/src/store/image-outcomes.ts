/**
 * @file What became of the images of a study.
 */
import type { Sql } from "./database";

export interface ImageOutcome {
  readonly modelId: string;
  /** Why it could not be analysed. */
  readonly failure?: string;
  /** Frames that could not be read, of one that was analysed otherwise. */
  readonly unreadFrames?: number;
  /** Of the rules that were in force, whether or not anything was found. */
  readonly rulesVersion?: string;
  /** Confidence below which findings were left out; absent too of what was analysed before it was written down. */
  readonly threshold?: number;
}

/** By SOP instance UID: by the model of its series, or by the last one that did it, if that one has not come to it. */
export async function imageOutcomes(sql: Sql, studyUid: string): Promise<Map<string, ImageOutcome>> {
  const rows = await sql.query(
    `SELECT DISTINCT ON (sop_uid) sop_uid, analysis.model_id, analysis.state, analysis.reason, rules_version, unread_frames,
       threshold
     FROM analysis JOIN instance USING (sop_uid) JOIN series USING (series_uid)
     WHERE study_uid = $1 AND (series.model_id IS NULL OR analysis.model_id = series.model_id OR analysis.state = 'done')
     ORDER BY sop_uid, analysis.model_id IS DISTINCT FROM series.model_id, at DESC`,
    [studyUid],
  );
  return new Map(
    rows.map(({ sop_uid, model_id, state, reason, rules_version, unread_frames, threshold }) => [
      sop_uid as string,
      {
        modelId: model_id as string,
        ...(state === "failed" && { failure: (reason as string | null) ?? "unknown" }),
        ...((unread_frames as number) > 0 && { unreadFrames: unread_frames as number }),
        ...(rules_version !== null && { rulesVersion: rules_version as string }),
        ...(threshold !== null && { threshold: threshold as number }),
      },
    ]),
  );
}
