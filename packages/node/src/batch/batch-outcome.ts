/**
 * @file What became of one file of a batch: a line of its journal.
 */
import type { JudgedImage } from "@fovea/core/report/judged-image";
import { judge } from "@fovea/core/rules/judge";
import type { RuleSet } from "@fovea/core/rules/rule-set";
import type { Outcome } from "../data/journal";
import type { PredictedImage } from "../predict/predicted-image";

export interface BatchImage extends JudgedImage {
  /** Picture with its findings drawn upon it, relative to the folder of results. */
  readonly annotated?: string;
}

export interface BatchOutcome extends Outcome {
  readonly images: readonly BatchImage[];
  /** Text report, relative to the folder of results. */
  readonly report: string;
}

/** Images of a file under the name that reports give it, their findings judged. */
export function judgedImages(
  images: readonly PredictedImage[],
  file: string,
  rules: RuleSet | undefined,
): readonly BatchImage[] {
  return images.map(({ findings, ...image }) => ({
    ...image,
    file,
    findings: rules === undefined ? findings : findings.map((finding) => ({ ...finding, ...judge(finding, rules) })),
  }));
}

/** What may have mended itself since: such files are tried again. */
const PASSING = new Set<string>(["file_not_found", "file_unreadable", "out_of_memory"]);

export function isWorthAnotherTry({ images }: BatchOutcome): boolean {
  return images.some(({ error }) => error !== undefined && PASSING.has(error.code));
}
