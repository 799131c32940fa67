/**
 * @file The report on a study as a page of its own.
 */
import { clinicalHtml } from "@fovea/core/report/clinical-html";
import { reported } from "@fovea/core/rules/judge";
import { checkWanted } from "../client-signal";
import { pictureOf } from "./frame-picture";
import { Spacings } from "./frame-spacing";
import type { ReportWriter } from "./report-request";
import { framesOf, isUnread, type StudyFrame } from "./study-frames";

/** Pictures on one page; further images with findings are there without. */
const MOST_PICTURES = 24;
/** Images on one page; further ones are counted there. */
const MOST_IMAGES = 1000;

/** How many images the frames are of. */
const imagesOf = (frames: readonly StudyFrame[]) => new Set(frames.map(({ sopUid }) => sopUid)).size;

export const reportPage: ReportWriter = async (request) => {
  const { parts, detail, language, signal } = request;
  const { config, rules } = parts;
  const { study_uid, study_date } = detail.study;
  const frames = await framesOf(request);
  const findings = frames.flatMap((frame) => frame.findings);
  const reportAbove = rules?.reportAbove ?? config.reportAbove;
  const hasReported = ({ findings }: StudyFrame) => reported(findings, { reportAbove }).length > 0;
  // What is reported comes first where not all has room, then what else was found and what nobody looked at.
  const rank = (frame: StudyFrame) => (hasReported(frame) ? 0 : frame.findings.length > 0 || isUnread(frame) ? 1 : 2);
  const ranked = frames.toSorted((a, b) => rank(a) - rank(b));
  const pictured = new Set(ranked.slice(0, MOST_PICTURES));
  const told = (frame: StudyFrame) => pictured.has(frame) || frame.findings.length > 0 || isUnread(frame);
  const shown = new Set(ranked.slice(0, MOST_IMAGES).filter(told));
  const spacings = new Spacings(parts);
  const images = [];
  for (const frame of frames) {
    if (!shown.has(frame)) continue;
    checkWanted(signal);
    // The picture shows what the table beside it lists.
    const drawn = { ...frame, findings: reported(frame.findings, { reportAbove }) };
    const wantsPicture = pictured.has(frame) && frame.notAnalysed === undefined;
    const picture = wantsPicture ? await pictureOf(parts, drawn, language) : undefined;
    images.push({ ...frame, picture, spacingMm: await spacings.of(frame) });
  }
  const outcomes = [...(await parts.store.analyses.outcomes(study_uid)).values()];
  // Those too that found nothing: they are what called an image clear.
  const looked = outcomes.filter(({ failure }) => failure === undefined);
  const versions = [...new Set([...findings, ...looked].map(({ modelId }) => modelId))];
  const rulesVersions = [...new Set(outcomes.flatMap(({ rulesVersion }) => rulesVersion ?? []))];
  const known = detail.series.flatMap(({ model_version }) => model_version ?? []);
  const content = clinicalHtml({
    subject: `检查 Study ${study_uid}${study_date === null ? "" : ` · 检查日期 study date ${study_date}`}`,
    date: `报告时间 report of ${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC`,
    images,
    modelVersion: (versions.length > 0 ? versions : [...new Set(known)]).join(", ") || "–",
    rulesVersion: rulesVersions.length > 0 ? rulesVersions.join(", ") : undefined,
    ...{ reportAbove, classNames: config.classNames },
    thresholds: looked.map(({ threshold }) => threshold),
    ...{ all: imagesOf(frames), unread: imagesOf(frames.filter(isUnread)) },
    omitted: frames.length - shown.size,
    omittedWithFindings: frames.filter((frame) => !shown.has(frame) && hasReported(frame)).length,
    tellsSpacing: false,
    language,
  });
  return { type: "text/html; charset=utf-8", content };
};
