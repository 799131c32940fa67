/**
 * @file Rules applied to findings.
 */
import type { Finding } from "../finding";
import type { Judgement, RuleCondition, RuleSet } from "./rule-set";

/** A finding with what the rules say of it. */
export interface JudgedLesion extends Finding, Judgement {}

/** Whether `finding` meets all that is given. Its size in pixels is that of its box. */
export function applies({ classes, confidence, areaPx, longestMm }: RuleCondition, finding: Finding): boolean {
  if (classes !== undefined && !classes.includes(finding.className)) return false;
  const { above = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = confidence ?? {};
  if (!(finding.confidence > above && finding.confidence <= atMost)) return false;
  const { x1, y1, x2, y2 } = finding.box;
  if (areaPx !== undefined && !within((x2 - x1) * (y2 - y1), areaPx)) return false;
  if (longestMm === undefined) return true;
  const { sizeMm } = finding;
  return sizeMm !== undefined && within(Math.max(sizeMm.width, sizeMm.height), longestMm);
}

function within(size: number, { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY }): boolean {
  return size >= min && size < max;
}

/** What the rules say of `finding`: of those that apply the first with a category, and the first with a suggestion. */
export function judge(finding: Finding, { rules }: Pick<RuleSet, "rules">): Judgement {
  const met = rules.filter(({ when }) => applies(when, finding));
  const category = met.find((rule) => rule.category !== undefined)?.category;
  const suggestion = met.find((rule) => rule.suggestion !== undefined)?.suggestion;
  return { ...(category && { category }), ...(suggestion && { suggestion }) };
}

/** The findings that are reported: those above the file's confidence, not at it. */
export function reported<F extends Finding>(
  findings: readonly F[],
  { reportAbove }: Pick<RuleSet, "reportAbove">,
): readonly F[] {
  return findings.filter(({ confidence }) => confidence > reportAbove);
}

/** What records and reports carry: `2026-11@0123456789ab`. */
export function rulesVersion({ version, sha256 }: Pick<RuleSet, "version" | "sha256">): string {
  return `${version}@${sha256.slice(0, 12)}`;
}
