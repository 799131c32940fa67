/**
 * @file The structured report of a study: what exceeds the confidence that is reported, judged by the rule file.
 *
 * Keys are those that clients read (`contract/detection.ts`), hence `snake_case`.
 */
import type { Finding } from "../finding";
import type { Language } from "../language";
import type { ClassNames } from "../rules/class-names";
import { mergedClassNames, shownName } from "../rules/class-names";
import { judge, reported, rulesVersion } from "../rules/judge";
import type { RuleSet } from "../rules/rule-set";

export interface ClinicalReportInput {
  /** As the answer names the study. */
  readonly studyId: string;
  readonly images: readonly ClinicalImage[];
  /** `name@first 12 digits`. */
  readonly modelVersion: string;
  /** @default no categories and no suggestions */
  readonly rules?: RuleSet;
  /** Without rules: findings above this confidence are reported. @default 0.5 */
  readonly reportAbove?: number;
  /** @default "zh" */
  readonly language?: Language;
  /** Counts before the names of the rule file. @default none */
  readonly classNames?: ClassNames;
  /** Time in the network, milliseconds. */
  readonly inferenceTimeMs: number;
}

/** What was found in one image, or in one frame of one. */
export interface ClinicalImage {
  /** Address of the image. */
  readonly image: string;
  /** From 0; of files of several frames. */
  readonly frame?: number;
  readonly findings: readonly Finding[];
}

/** One reported finding; `location` in pixels of its image, hundredths. */
export interface ClinicalFinding {
  type: string;
  location: { x: number; y: number; width: number; height: number };
  confidence: number;
  category: string | null;
  suggestion: string | null;
  image: string;
  frame?: number;
}

export interface ClinicalReport {
  study_id: string;
  findings: ClinicalFinding[];
  model_version: string;
  /** `null` where no rule file is in force. */
  rules_version: string | null;
  inference_time_ms: number;
}

/** The report; findings in the order of the images, and of each by falling confidence. */
export function clinicalReport({
  studyId,
  images,
  modelVersion,
  rules,
  reportAbove = 0.5,
  language = "zh",
  classNames,
  inferenceTimeMs,
}: ClinicalReportInput): ClinicalReport {
  const names = mergedClassNames(rules?.classNames, classNames);
  return {
    study_id: studyId,
    findings: images.flatMap(({ findings, ...place }) =>
      reported(findings, rules ?? { reportAbove })
        .toSorted((a, b) => b.confidence - a.confidence)
        .map((finding) => clinicalFinding(finding, place, { rules, language, names })),
    ),
    model_version: modelVersion,
    rules_version: rules === undefined ? null : rulesVersion(rules),
    inference_time_ms: inferenceTimeMs,
  };
}

function clinicalFinding(
  finding: Finding,
  { image, frame }: Omit<ClinicalImage, "findings">,
  { rules, language, names }: { readonly rules?: RuleSet; readonly language: Language; readonly names: ClassNames },
): ClinicalFinding {
  const { category, suggestion } = rules === undefined ? {} : judge(finding, rules);
  const { x1, y1, x2, y2 } = finding.box;
  return {
    type: shownName(finding.className, language, names),
    location: { x: round(x1, 2), y: round(y1, 2), width: round(x2 - x1, 2), height: round(y2 - y1, 2) },
    confidence: round(finding.confidence, 4),
    category: category?.[language] ?? null,
    suggestion: suggestion?.[language] ?? null,
    image,
    ...(frame !== undefined && { frame }),
  };
}

function round(value: number, places: number): number {
  return Number(value.toFixed(places));
}
