/**
 * @file What a report is asked for, and what answers.
 */
import type { StudyDetail } from "@fovea/core/contract/study";
import type { Language } from "@fovea/core/language";
import type { RouteParts } from "../app";
import type { Caller } from "../auth/caller";

export interface ReportRequest {
  readonly parts: RouteParts;
  /** The study, as the caller may see it. */
  readonly detail: StudyDetail;
  readonly language: Language;
  readonly caller: Caller;
  /** Only of this series, where the form is one series'. */
  readonly series?: string;
  /** The client has left: nothing more is made. */
  readonly signal: AbortSignal;
}

export interface ReportAnswer {
  readonly type: string;
  readonly content: string | Uint8Array;
}

/** @throws {HttpProblem} if the study has no such report; {FoveaError} `interrupted` if the client has left */
export type ReportWriter = (request: ReportRequest) => Promise<ReportAnswer>;
