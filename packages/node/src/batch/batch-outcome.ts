/**
 * @file What became of one file of a batch: a line of its journal.
 */
import { tell } from "@fovea/core/reasons/tell";
import type { JudgedImage } from "@fovea/core/report/judged-image";
import { judge } from "@fovea/core/rules/judge";
import type { RuleSet } from "@fovea/core/rules/rule-set";
import type { Outcome } from "../data/journal";
import type { PredictedImage } from "../predict/predicted-image";

export interface BatchImage extends JudgedImage {
  /** Picture with its findings drawn upon it, relative to the folder of results. */
  readonly annotated?: string;
}

/** A file that was handed out: whoever finds no outcome behind it knows that the program ended meanwhile. */
export interface BatchAttempt extends Outcome {
  /** How often, this time included. */
  readonly attempts: number;
}

export type BatchLine = BatchAttempt | BatchOutcome;

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

/** The program ended so often while a file was under way, the last times with nothing else: it is not tried again. */
const MOST_ATTEMPTS = 3;

/** What is said of a file that the program does not survive. */
export function givenUp(file: string, attempts: number): readonly PredictedImage[] | undefined {
  if (attempts < MOST_ATTEMPTS) return undefined;
  const message = tell("fileEndedProgram", { file, attempts });
  return [{ file, width: 0, height: 0, findings: [], error: { code: "interrupted", message } }];
}

/** What may have mended itself since: such files are tried again. */
const PASSING = new Set<string>(["file_not_found", "file_unreadable", "out_of_memory"]);

export function isWorthAnotherTry({ images }: BatchOutcome): boolean {
  return images.some(({ error }) => error !== undefined && PASSING.has(error.code));
}
