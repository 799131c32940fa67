/**
 * @file A study from the service: asked for often while it is received and analysed, and now and then after that, since series may
 * come late, results are sent, and others decide on findings.
 */
import type { StudyDetail } from "@fovea/core/contract/study";
import { useCallback } from "react";
import { type RepeatedAnswer, useRepeatedQuestion } from "../api/use-repeated-question";
import type { ReviewDesk } from "../findings/review-desk";
import { useSpeech } from "../language/language-context";

const WHILE_IT_WORKS_MS = 5_000;
/** Each question is written into the audit log. */
const AFTERWARDS_MS = 30_000;

export function pauseAfter(detail: StudyDetail | undefined): number {
  const works = detail === undefined || detail.study.state === "receiving" || detail.study.state === "queued";
  return works ? WHILE_IT_WORKS_MS : AFTERWARDS_MS;
}

/** The desk is told of the reviews in each answer. */
export function useStudy(desk: ReviewDesk, studyUid: string): RepeatedAnswer<StudyDetail> {
  const { language } = useSpeech();
  // biome-ignore lint/correctness/useExhaustiveDependencies: in another language the service answers otherwise
  const ask = useCallback((signal: AbortSignal) => desk.load(studyUid, signal), [desk, studyUid, language]);
  return useRepeatedQuestion({ ask, pauseMs: pauseAfter });
}
