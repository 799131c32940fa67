/**
 * @file A study's findings as a table for spreadsheets, with what readers decided of each.
 */
import { type RecordFinding, type RecordImage, recordCsv } from "@fovea/core/report/csv";
import { shownName } from "@fovea/core/rules/class-names";
import type { ReviewEntry } from "../../store/analyses";
import type { KeptFinding } from "../../store/findings";
import type { Caller } from "../auth/caller";
import type { ReportWriter } from "./report-request";
import { framesOf, type StudyFrame } from "./study-frames";

type LastReview = Pick<ReviewEntry, "actor" | "at">;

export const reportTable: ReportWriter = async (request) => {
  const { parts, detail, language, caller } = request;
  const reviews = await parts.store.analyses.lastReviews(detail.study.study_uid);
  const images = (await framesOf(request)).map((frame) => tableRow(frame, reviews, caller));
  const shown = (className: string) => shownName(className, language, parts.config.classNames);
  return { type: "text/csv; charset=utf-8", content: recordCsv(images, shown) };
};

/** A row of the table says in its column `error` why there is nothing in the others, or not all. */
function tableRow(frame: StudyFrame, reviews: ReadonlyMap<string, LastReview>, caller: Caller): RecordImage {
  const findings = frame.findings.map((finding) => reviewed(finding, reviews.get(finding.findingId), caller));
  const reason = frame.notAnalysed ?? frame.notWhole;
  if (reason === undefined) return { ...frame, findings };
  // A size would read as if somebody had looked.
  const size = frame.notAnalysed === undefined ? {} : { width: 0, height: 0 };
  return { ...frame, ...size, findings, error: { code: "not_found", message: reason.en } };
}

/** Who decided stands in the audit log, which admins read; a reader is told of his own decisions. */
function reviewed(finding: KeptFinding, last: LastReview | undefined, { actor, role }: Caller): RecordFinding {
  if (last === undefined) return finding;
  const mayKnow = role === "admin" || last.actor === actor;
  return { ...finding, reviewedAt: last.at, ...(mayKnow && { reviewedBy: last.actor }) };
}
