/**
 * @file The picture of a study's most confident finding.
 */
import { tell } from "@fovea/core/reasons/tell";
import type { KeptFinding } from "../../store/findings";
import { checkWanted } from "../client-signal";
import { HttpProblem } from "../problem";
import { drawn } from "./frame-picture";
import type { ReportWriter } from "./report-request";
import { framesOf, isUnread, type StudyFrame } from "./study-frames";

/** @throws {HttpProblem} 409 if nothing was found and not all was looked at: the picture would look clear */
export const reportPicture: ReportWriter = async (request) => {
  const { parts, language, signal } = request;
  const frames = await framesOf(request);
  // One that a reader rejected comes after all others.
  const sure = ({ review, confidence }: KeptFinding) => (review === "rejected" ? 0 : confidence);
  const surest = ({ findings }: StudyFrame) => Math.max(-1, ...findings.map(sure));
  const looked = frames.filter(({ notAnalysed }) => notAnalysed === undefined);
  const [first] = looked.toSorted((a, b) => surest(b) - surest(a));
  if (first?.findings.length === 0 && frames.some(isUnread)) {
    throw new HttpProblem(409, tell("nothingInPart"));
  }
  checkWanted(signal);
  const picture = first && (await drawn(parts, first, language, "png"));
  if (picture === undefined) throw new HttpProblem(404, tell("noAnalysedImage"));
  return { type: "image/png", content: picture };
};
