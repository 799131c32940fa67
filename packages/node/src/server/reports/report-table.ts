/**
 * @file A study's findings as a table for spreadsheets, with what readers decided of each.
 */
import type { Bilingual } from "@fovea/core/language";
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
  const className = (name: string) => shownName(name, language, parts.config.classNames);
  const error = ({ whyNot }: TableRow) => whyNot?.[language] ?? "";
  return { type: "text/csv; charset=utf-8", content: recordCsv(images, { className, error }) };
};

/** A row of the table says in its columns `error` and `error_shown` why there is nothing in the others, or not all. */
interface TableRow extends RecordImage {
  readonly whyNot?: Bilingual;
}

function tableRow(frame: StudyFrame, reviews: ReadonlyMap<string, LastReview>, caller: Caller): TableRow {
  const findings = frame.findings.map((finding) => reviewed(finding, reviews.get(finding.findingId), caller));
  const whyNot = frame.notAnalysed ?? frame.notWhole;
  if (whyNot === undefined) return { ...frame, findings };
  const message = frame.notAnalysed?.kept ?? whyNot.en;
  // A size would read as if somebody had looked.
  const size = frame.notAnalysed === undefined ? {} : { width: 0, height: 0 };
  return { ...frame, ...size, findings, whyNot, error: { code: "not_found", message } };
}

/** Who decided stands in the audit log, which admins read; a reader is told of his own decisions. */
function reviewed(finding: KeptFinding, last: LastReview | undefined, { actor, role }: Caller): RecordFinding {
  if (last === undefined) return finding;
  const mayKnow = role === "admin" || last.actor === actor;
  return { ...finding, reviewedAt: last.at, ...(mayKnow && { reviewedBy: last.actor }) };
}
