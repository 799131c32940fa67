/**
 * @file Findings as the record has them, and as clients see them.
 */
import type { FindingRecord, ReviewState } from "@fovea/core/contract/study";
import type { Finding } from "@fovea/core/finding";
import type { Bilingual } from "@fovea/core/language";
import { type ClassNames, shownName } from "@fovea/core/rules/class-names";
import type { Judgement } from "@fovea/core/rules/rule-set";
import type { Row } from "./database";

/** A finding that has its place in the record. */
export interface KeptFinding extends Finding, Judgement {
  readonly findingId: string;
  readonly studyUid: string;
  readonly seriesUid: string;
  readonly sopUid: string;
  readonly modelId: string;
  readonly frame: number;
  readonly rulesVersion?: string;
  readonly review: ReviewState;
}

/** Rows of `finding` with the UIDs of series and study. */
export const FINDING_COLUMNS = "finding.*, instance.series_uid, series.study_uid";
export const FINDING_SOURCE = "finding JOIN instance USING (sop_uid) JOIN series USING (series_uid)";
/**
 * Of several models that looked at an image, the one that the series was given to speaks; of an image that this one has not come
 * to, or whose file is gone, the last one that did.
 */
export const FINDING_COUNTS = `(series.model_id IS NULL OR finding.model_id = series.model_id
  OR (NOT EXISTS (SELECT 1 FROM analysis AS own WHERE own.sop_uid = instance.sop_uid AND own.model_id = series.model_id)
    AND finding.model_id = (SELECT model_id FROM analysis AS last WHERE last.sop_uid = instance.sop_uid AND last.state = 'done'
      ORDER BY last.at DESC, model_id LIMIT 1)))`;

export function findingOfRow(row: Row): KeptFinding {
  const { width_mm, height_mm, polygon } = row;
  return {
    findingId: row.finding_id as string,
    studyUid: row.study_uid as string,
    seriesUid: row.series_uid as string,
    sopUid: row.sop_uid as string,
    modelId: row.model_id as string,
    frame: row.frame as number,
    classId: row.class_id as number,
    className: row.class_name as string,
    confidence: row.confidence as number,
    box: { x1: row.x1 as number, y1: row.y1 as number, x2: row.x2 as number, y2: row.y2 as number },
    sizeMm:
      width_mm === null || height_mm === null ? undefined : { width: width_mm as number, height: height_mm as number },
    polygon: polygon === null ? undefined : (polygon as number[]),
    category: (row.category as Bilingual | null) ?? undefined,
    suggestion: (row.suggestion as Bilingual | null) ?? undefined,
    rulesVersion: (row.rules_version as string | null) ?? undefined,
    review: row.review as ReviewState,
  };
}

/** How a client is told of findings. */
export interface FindingView {
  readonly language: "zh" | "en";
  /** What classes are called. @default as the model names them */
  readonly classNames?: ClassNames;
}

/** A finding as clients read it. */
export function findingRecord(finding: KeptFinding, { language, classNames }: FindingView): FindingRecord {
  return {
    id: finding.findingId,
    study_uid: finding.studyUid,
    series_uid: finding.seriesUid,
    sop_uid: finding.sopUid,
    frame: finding.frame,
    class: finding.className,
    class_shown: shownName(finding.className, language, classNames),
    confidence: finding.confidence,
    bbox: finding.box,
    width_mm: finding.sizeMm?.width ?? null,
    height_mm: finding.sizeMm?.height ?? null,
    polygon: finding.polygon === undefined ? null : [...finding.polygon],
    category: finding.category?.[language] ?? null,
    suggestion: finding.suggestion?.[language] ?? null,
    model_version: finding.modelId,
    rules_version: finding.rulesVersion ?? null,
    review: finding.review,
  };
}
