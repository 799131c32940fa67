/**
 * @file All checks of a data set, on what was read and measured of it.
 */
import type { ErrorCode } from "../../errors";
import type { AnnotationSet } from "../annotation-set";
import type { Problem } from "../sample";
import { alikeFindings, emptyTwinFindings, sharedFileFindings } from "./alike-checks";
import { alikeImages } from "./alike-images";
import { boxFindings } from "./box-checks";
import { classFindings } from "./class-checks";
import { emptyLabelFindings } from "./empty-labels";
import { type CheckFinding, type FindingKind, finding, inOrder, SEVERITIES, type Severity } from "./finding-kinds";
import { leakageFindings } from "./leakage-checks";
import { CHECK_LIMITS, type CheckLimits } from "./limits";
import { type ModelAnswers, modelFindings } from "./model-checks";
import { outlierFindings } from "./outliers";
import { pictureFindings } from "./picture-checks";
import { isRead, type LookedPicture } from "./picture-facts";

/** What is known of a data set, by image where it says so. */
export interface CheckInput {
  /** Images carry the part they belong to; the same file may come in two parts. */
  readonly set: AnnotationSet;
  /** What was wrong with the annotation files. */
  readonly problems?: readonly Problem[];
  /** By image. @default nobody is known */
  readonly patients?: readonly (string | undefined)[];
  /** By image; `undefined` of those that were not looked at. @default none was */
  readonly pictures?: readonly (LookedPicture | undefined)[];
  readonly model?: ModelAnswers;
}

/** Everything found, the gravest first. */
export function checkSet(
  { set, problems = [], patients = set.images.map(() => undefined), pictures = [], model }: CheckInput,
  limits: CheckLimits = CHECK_LIMITS,
): CheckFinding[] {
  const { images } = set;
  const alike = alikeImages(pictures, limits);
  const twins = emptyTwinFindings(images, alike);
  const told = new Set(twins.map(({ images: [first] }) => first));
  return inOrder([
    ...problems.map(problemFinding),
    ...leakageFindings(images, patients),
    ...alikeFindings(images, alike, patients),
    ...sharedFileFindings(images, (i) => pictures[i] !== undefined && isRead(pictures[i])),
    ...pictureFindings(images, pictures, limits),
    ...boxFindings(set, limits),
    ...outlierFindings(set, limits),
    ...classFindings(set, limits),
    ...twins,
    ...emptyLabelFindings(images, patients, limits).filter(({ images: [first] }) => !told.has(first)),
    ...(model ? modelFindings(set, model, limits) : []),
  ]);
}

/** Kinds of problems that are of a picture; all others are of annotations. */
const PICTURE_PROBLEMS: { readonly [C in ErrorCode]?: FindingKind } = {
  file_not_found: "missing_picture",
  file_unreadable: "unreadable",
  invalid_image: "unreadable",
  invalid_dicom: "unreadable",
  unsupported_dicom: "unreadable",
};

function problemFinding({ severity, code, file, at, message }: Problem): CheckFinding {
  const text = at === undefined ? message : `${at}: ${message}`;
  return finding(PICTURE_PROBLEMS[code] ?? "annotation_problem", text, text, { severity, file });
}

/** How many findings are how grave. */
export function severityCounts(findings: readonly CheckFinding[]): Readonly<Record<Severity, number>> {
  const counts: Record<Severity, number> = { error: 0, warning: 0, note: 0 };
  for (const severity of SEVERITIES) counts[severity] = findings.filter((one) => one.severity === severity).length;
  return counts;
}
