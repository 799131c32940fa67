/**
 * @file What is written at the box of a finding that people may have looked at.
 */
import type { Language } from "@fovea/core/language";
import { translatedLabel } from "../../imaging/annotate";
import type { DrawnFinding, PictureTask } from "./picture-task";

const REJECTED: Readonly<Record<Language, string>> = { zh: "已拒绝", en: "rejected" };

/** `结节 0.87`, and at one that a reader rejected `结节 0.87 已拒绝`. */
export function reviewedLabel({
  classNames,
  language,
}: Pick<PictureTask & { kind: "picture" }, "classNames" | "language">): (finding: DrawnFinding) => string {
  const label = translatedLabel(classNames);
  return (finding) => (finding.review === "rejected" ? `${label(finding)} ${REJECTED[language]}` : label(finding));
}
