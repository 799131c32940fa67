/**
 * @file The structured report of a study, as the PACS has it.
 */
import { tell } from "@fovea/core/reasons/tell";
import { HttpProblem } from "../problem";
import type { ReportWriter } from "./report-request";

/**
 * The report that was made for the PACS: the very object, not one like it, and the newest of its series. Another series' report, or
 * one from before an image that came late, would read as if it were all.
 */
export const structuredReport: ReportWriter = async ({ parts: { store }, detail, series: wanted }) => {
  const { study, series } = detail;
  const made = (await store.deliveries.ofStudy(study.study_uid))
    .filter(({ kind, seriesUid }) => kind === "sr" && (wanted === undefined || seriesUid === wanted))
    .sort((a, b) => b.plannedAt.getTime() - a.plannedAt.getTime());
  const [report] = made;
  if (report === undefined) {
    throw new HttpProblem(404, tell("noStructuredReport"));
  }
  if (made.some(({ seriesUid }) => seriesUid !== report.seriesUid)) {
    throw new HttpProblem(409, tell("severalReports"));
  }
  const state = series.find(({ series_uid }) => series_uid === report.seriesUid)?.state;
  if (state !== "analysed") {
    throw new HttpProblem(409, tell("reportOutdated", { state: state ?? "gone" }));
  }
  return { type: "application/dicom", content: await store.blobs.read(report.blob) };
};
