/**
 * @file The images of a study with what was found in each, or why nobody looked, as reports show them.
 */
import type { StudyDetail } from "@fovea/core/contract/study";
import type { Bilingual } from "@fovea/core/language";
import { reasonInBoth, tell } from "@fovea/core/reasons/tell";
import type { ClinicalPageImage } from "@fovea/core/report/clinical-html";

import { isImage } from "../../pipeline/routing";
import type { KeptFinding } from "../../store/findings";
import type { ImageOutcome } from "../../store/image-outcomes";
import { checkWanted } from "../client-signal";
import type { ReportRequest } from "./report-request";

/** A frame of an image of the study, with what was found in it. */
export interface StudyFrame extends ClinicalPageImage {
  readonly findings: readonly KeptFinding[];
  readonly sopUid: string;
  readonly frame: number;
  /** Confidence below which findings were left out; absent where it is not known, or nobody looked. */
  readonly threshold?: number;
  readonly notAnalysed?: WhyNot;
}

/** Why nobody looked at an image, for readers, and in English as the record keeps it. */
export interface WhyNot extends Bilingual {
  readonly kept: string;
}

/** All images of the study, without what is no image; of those with several frames, the ones in which something was found. */
export async function framesOf({ parts, detail, signal }: ReportRequest): Promise<readonly StudyFrame[]> {
  const { store } = parts;
  const { study, series } = detail;
  const bySop = groupedBy(await store.analyses.ofStudy(study.study_uid), ({ sopUid }) => sopUid);
  const outcomes = await store.analyses.outcomes(study.study_uid);
  const frames: StudyFrame[] = [];
  for (const one of series) {
    checkWanted(signal);
    // Without reports, key objects, presentation states and the like.
    for (const instance of (await store.studies.instances(one.series_uid)).filter(isImage)) {
      const { sopUid, rows, columns, frames: count } = instance;
      const image = { file: sopUid, sopUid, width: columns, height: rows };
      const outcome = outcomes.get(sopUid);
      const notAnalysed = whyNot(outcome, one);
      const unread = outcome?.unreadFrames ?? 0;
      const notWhole = unread === 0 ? undefined : reasonInBoth(tell("framesUnread", { failed: unread, all: count }));
      // Nothing was found where nobody looked: that must not read as "none detected".
      if (notAnalysed !== undefined) {
        frames.push({ ...image, frame: 0, findings: [], notAnalysed });
        continue;
      }
      const threshold = outcome?.threshold;
      const byFrame = groupedBy(bySop.get(sopUid) ?? [], ({ frame }) => frame);
      const found = byFrame.size === 0 ? [0] : [...byFrame.keys()].sort((a, b) => a - b);
      for (const frame of found) {
        frames.push({ ...image, frame, findings: byFrame.get(frame) ?? [], notWhole, threshold });
      }
    }
  }
  return frames;
}

/** Why an image has no result; undefined if it has one. */
function whyNot(
  outcome: ImageOutcome | undefined,
  { state, reason }: StudyDetail["series"][number],
): WhyNot | undefined {
  if (outcome !== undefined && outcome.failure === undefined) return undefined;
  if (outcome?.failure !== undefined) {
    const { zh, en } = reasonInBoth(outcome.failure);
    return {
      zh: `分析失败：${zh}`,
      en: `could not be analysed: ${en}`,
      kept: `could not be analysed: ${outcome.failure}`,
    };
  }
  if (state === "received" || state === "queued") {
    return { zh: "尚未分析", en: "not analysed yet", kept: "not analysed yet" };
  }
  if (reason === null) return { zh: "未分析", en: "not analysed", kept: "not analysed" };
  const { zh, en } = reasonInBoth(reason);
  return { zh: `未分析：${zh}`, en: `not analysed: ${en}`, kept: `not analysed: ${reason}` };
}

/** Whether something of an image was not looked at. */
export function isUnread({ notAnalysed, notWhole }: StudyFrame): boolean {
  return notAnalysed !== undefined || notWhole !== undefined;
}

function groupedBy<K>(findings: readonly KeptFinding[], key: (finding: KeptFinding) => K): Map<K, KeptFinding[]> {
  const groups = new Map<K, KeptFinding[]>();
  for (const finding of findings) {
    const group = groups.get(key(finding));
    if (group === undefined) groups.set(key(finding), [finding]);
    else group.push(finding);
  }
  return groups;
}
