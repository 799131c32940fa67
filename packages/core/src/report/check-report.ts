/**
 * @file The result of a check, as data: what a page, a table and a JSON file are made of.
 */
import type { AnnotationSet } from "../dataset/annotation-set";
import { severityCounts } from "../dataset/check/check-set";
import {
  type CheckFinding,
  FINDING_KINDS,
  type FindingKind,
  KIND_NAMES,
  SEVERITIES,
} from "../dataset/check/finding-kinds";
import type { CheckLimits } from "../dataset/check/limits";
import type { SetStatistics } from "./set-statistics";

export interface CheckReport {
  /** What was checked, as the user named it. */
  readonly data: readonly string[];
  /** When, as it shall be shown. */
  readonly date: string;
  readonly set: AnnotationSet;
  readonly findings: readonly CheckFinding[];
  readonly statistics: SetStatistics;
  /** Different patients, and images whose patient is known. */
  readonly patients: { readonly count: number; readonly known: number };
  readonly limits: CheckLimits;
  /** Model that was asked. */
  readonly model?: string;
  /** Pictures that an interruption left out. */
  readonly left: number;
}

/** Findings of one kind and severity, in their order. */
export interface FindingGroup {
  readonly kind: FindingKind;
  readonly severity: CheckFinding["severity"];
  readonly findings: readonly CheckFinding[];
}

/** The gravest first. */
export function groupFindings(findings: readonly CheckFinding[]): FindingGroup[] {
  return SEVERITIES.flatMap((severity) =>
    KIND_NAMES.flatMap((kind) => {
      const own = findings.filter((one) => one.kind === kind && one.severity === severity);
      return own.length > 0 ? [{ kind, severity, findings: own }] : [];
    }),
  );
}

/** The report as the text of a JSON file. */
export function checkJson(report: CheckReport): string {
  const { set, findings, statistics, ...rest } = report;
  const { labels: _, ...counted } = statistics;
  return `${JSON.stringify(
    {
      ...rest,
      counts: severityCounts(findings),
      kinds: Object.fromEntries(groupFindings(findings).map(({ kind, findings: own }) => [kind, own.length])),
      findings: findings.map((one) => findingJson(one, set)),
      statistics: counted,
    },
    null,
    1,
  )}\n`;
}

function findingJson(
  { kind, severity, images, annotations, message, seen, file }: CheckFinding,
  { categories, images: all }: AnnotationSet,
) {
  const first = images.length > 0 ? all[images[0]] : undefined;
  return {
    kind,
    severity,
    image: first?.file ?? null,
    split: first?.split ?? null,
    annotations: annotations.flatMap((index) => {
      const mark = first?.annotations[index];
      if (!mark) return [];
      const { x1, y1, x2, y2 } = mark.box;
      return [{ index, id: mark.id ?? null, class: categories[mark.classId]?.name ?? null, box: [x1, y1, x2, y2] }];
    }),
    others: images.slice(1).map((i) => ({ image: all[i].file, split: all[i].split ?? null })),
    ...(file !== undefined && { file }),
    ...(seen && {
      seen: seen.map(({ box: { x1, y1, x2, y2 }, className, score }) => ({
        class: className,
        score,
        box: [x1, y1, x2, y2],
      })),
    }),
    message: message.en,
    mend: FINDING_KINDS[kind].mend.en,
  };
}
