/**
 * @file Findings in a sentence, in Chinese and English.
 */
import type { Finding } from "../finding";
import type { Language } from "../language";
import { type ClassNames, shownName } from "../rules/class-names";
import { countClasses, type FindingsSummary } from "./findings";

/** Above this confidence a finding is pointed out. */
export const HIGH_CONFIDENCE = 0.7;

/** What was found in one image; classes under the names that the table gives them. */
export function findingsSentence(
  findings: readonly Finding[],
  language: Language,
  classNames: ClassNames = {},
): string {
  const counts = countNames(findings, language, classNames);
  const high = findings.filter(({ confidence }) => confidence > HIGH_CONFIDENCE).length;
  if (language === "zh") {
    if (findings.length === 0) return "未检测到明显病灶";
    const parts = counts.map(([name, count]) => `${count}个${name}`).join("、");
    const sentence = `共检测到${findings.length}处病灶，包括：${parts}。`;
    return high === 0 ? sentence : `${sentence}其中${high}处置信度较高，建议重点关注。`;
  }
  if (findings.length === 0) return "No evident lesion detected";
  const parts = counts.map(([name, count]) => `${count} ${name}`).join(", ");
  const sentence = `${plural(findings.length, "lesion")} detected: ${parts}.`;
  if (high === 0) return sentence;
  return `${sentence} ${high} of high confidence, to be looked at with particular care.`;
}

/** Findings of each name, by rising class id; classes that are shown under one name count as one. */
function countNames(findings: readonly Finding[], language: Language, classNames: ClassNames): [string, number][] {
  const counts = new Map<string, number>();
  for (const { className, findings: count } of countClasses(findings)) {
    const name = shownName(className, language, classNames);
    counts.set(name, (counts.get(name) ?? 0) + count);
  }
  return [...counts];
}

/** How a run over many files went. */
export function runSentence(
  { files, filesWithFindings, failures, findings, meanPerImage, maxPerImage }: FindingsSummary,
  language: Language,
): string {
  const mean = meanPerImage.toFixed(2);
  if (language === "zh") {
    const sentence = `共处理${files}个文件，其中${filesWithFindings}个检出病灶，合计${findings}处，平均每幅${mean}处，最多${maxPerImage}处。`;
    return failures === 0 ? sentence : `${sentence}${failures}个文件处理失败。`;
  }
  const sentence = `${plural(files, "file")}, ${filesWithFindings} with findings: ${findings} in all, ${mean} per image on average, ${maxPerImage} at most.`;
  return failures === 0 ? sentence : `${sentence} ${plural(failures, "file")} could not be processed.`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
