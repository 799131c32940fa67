/**
 * @file An image whose findings were judged, and what of them is reported.
 */
import type { Bilingual } from "../language";
import type { JudgedLesion } from "../rules/judge";
import type { ImageFindings } from "./findings";

/** Findings of one image with what the rules say of each. */
export interface JudgedImage extends ImageFindings {
  readonly findings: readonly JudgedLesion[];
  /** Why nobody looked at it: nothing is then said of findings. */
  readonly notAnalysed?: Bilingual;
}

/** What every report names, so that it can be made again. */
export interface ReportVersions {
  /** `name@first 12 digits` of the model's file. */
  readonly modelVersion: string;
  /** `version@first 12 digits` of the rule file. @default no rules were in force */
  readonly rulesVersion?: string;
  /** Only findings above this confidence are reported. @default all */
  readonly reportAbove?: number;
  /** Confidences below which the model's findings were left out; undefined for images of which it is not known. @default nothing is said of it */
  readonly thresholds?: readonly (number | undefined)[];
}

/** `a.dcm`, or `a.dcm [3]` for a frame but the first. */
export function imageTitle({ file, frame }: Pick<ImageFindings, "file" | "frame">): string {
  return frame === undefined || frame === 0 ? file : `${file} [${frame}]`;
}
