/**
 * @file What an analysis came to, in the shapes and words that clients read.
 */
import type {
  AnalyzeBatchResponse,
  AnalyzeImageResponse,
  Detection,
  DetectResponse,
} from "@fovea/core/contract/detection";
import { FoveaError } from "@fovea/core/errors";
import type { Finding } from "@fovea/core/finding";
import type { Language } from "@fovea/core/language";
import { reasonIn, type Told, tell, warningIn } from "@fovea/core/reasons/tell";
import type { ImageFindings } from "@fovea/core/report/findings";
import { findingsSentence } from "@fovea/core/report/summary";
import { shownName } from "@fovea/core/rules/class-names";
import { judge, rulesVersion } from "@fovea/core/rules/judge";
import type { RuleSet } from "@fovea/core/rules/rule-set";
import type { ServiceConfig } from "../config/service-config";
import type { ImageAnalysis } from "../inference/inference-pool";
import type { JudgedFinding } from "../store/record";

export type ClassNames = ServiceConfig["classNames"];

export interface AnswerOptions {
  readonly filename: string;
  readonly language: Language;
  readonly classNames: ClassNames;
}

/** Frames that could be read. @throws {FoveaError} why, if none could */
export function readFrames({ images }: ImageAnalysis): readonly ImageFindings[] {
  const read = images.filter(({ error }) => error === undefined);
  const failure = images.find(({ error }) => error !== undefined)?.error;
  if (read.length > 0) return read;
  if (failure === undefined) throw new FoveaError("invalid_image", tell("noImageInFile"));
  throw new FoveaError(failure.code, failure.message);
}

/** `/analyze/image`. Width and height are those of the first frame that could be read. */
export function analyzeAnswer(
  analysis: ImageAnalysis,
  { filename, language, classNames }: AnswerOptions,
): AnalyzeImageResponse {
  const frames = readFrames(analysis);
  const several = analysis.images.length > 1;
  const shown = frames.map((image) => ({
    image,
    findings: image.findings.map((one) => named(one, language, classNames)),
  }));
  const detections = shown.flatMap(({ image, findings }) =>
    findings.map((finding) => detectionOf(finding, several ? (image.frame ?? 0) : undefined)),
  );
  return {
    filename,
    detection_count: detections.length,
    detections,
    summary: summaryOf(
      analysis,
      shown.flatMap(({ findings }) => findings),
      language,
    ),
    model_version: analysis.model.modelId,
    inference_time_ms: analysis.inferenceMs,
    width: frames[0].width,
    height: frames[0].height,
    ...warningsOf(analysis, language),
  };
}

/** The sentence, and of frames that could not be read that nothing is said of them. */
function summaryOf({ images }: ImageAnalysis, findings: readonly Finding[], language: Language): string {
  const sentence = findingsSentence(findings, language);
  const unread = unreadFrames(images);
  if (unread === undefined) return sentence;
  const reason = reasonIn(unread, language);
  return language === "zh"
    ? `${sentence.replace(/。?$/, "。")}${reason}。`
    : `${sentence.replace(/\.?$/, ".")} ${reason}.`;
}

/** `2 of 30 frames could not be analysed`; undefined where all could. */
export function unreadFrames(images: ImageAnalysis["images"]): Told | undefined {
  const failed = images.filter(({ error }) => error !== undefined).length;
  return failed === 0 ? undefined : tell("framesUnread", { failed, all: images.length });
}

/** Millimetres that are not the patient's. */
const MEASURED: Readonly<Record<string, string | undefined>> = {
  ImagerPixelSpacing: tell("detectorSizes"),
  NominalScannedPixelSpacing: tell("filmSizes"),
};

/** What was odd. Frames that could not be read are told, not left out: nothing was found there because nobody looked. */
function warningsOf(
  { images }: ImageAnalysis,
  language: Language,
): Pick<DetectResponse, "warnings" | "warnings_shown"> {
  const odd = new Set([
    ...images.flatMap(({ warnings = [] }) => warnings),
    ...images.flatMap(({ findings, spacingMm }) => (findings.length > 0 && MEASURED[spacingMm?.source ?? ""]) || []),
  ]);
  const unread = images.flatMap(({ frame = 0, error }) =>
    error ? [tell("frameUnread", { frame, code: error.code })] : [],
  );
  const warnings = [...odd, ...unread];
  if (warnings.length === 0) return {};
  return { warnings, warnings_shown: warnings.map((one) => warningIn(one, language)) };
}

function named(finding: Finding, language: Language, classNames: ClassNames): Finding {
  return { ...finding, className: shownName(finding.className, language, classNames) };
}

function detectionOf({ className, confidence, box, sizeMm }: Finding, frame: number | undefined): Detection {
  const { x1, y1, x2, y2 } = box;
  return {
    class: className,
    confidence,
    bbox: { x1, y1, x2, y2 },
    width: x2 - x1,
    height: y2 - y1,
    ...(sizeMm && { width_mm: sizeMm.width, height_mm: sizeMm.height }),
    ...(frame !== undefined && { frame }),
  };
}

/** `/analyze/batch`. */
export function batchAnswer(results: AnalyzeBatchResponse["results"]): AnalyzeBatchResponse {
  const read = results.filter((result) => "detection_count" in result);
  const total = read.reduce((sum, { detection_count }) => sum + detection_count, 0);
  return {
    total_images: results.length,
    total_detections: total,
    average_detections_per_image: read.length === 0 ? 0 : total / read.length,
    results,
  };
}

/** All findings of the frames that could be read, with what the rules say of each. @throws {FoveaError} why, if none could */
export function judgedFindings(analysis: ImageAnalysis, rules?: RuleSet): readonly JudgedFinding[] {
  return readFrames(analysis).flatMap(({ findings, frame = 0 }) =>
    findings.map((finding) => ({ ...finding, ...(rules && judge(finding, rules)), frame })),
  );
}

export interface DetectOptions extends Omit<AnswerOptions, "filename"> {
  readonly rules?: RuleSet;
  readonly studyId: string;
  /** Address of the image, by frame. */
  readonly image: (frame: number) => string;
}

/** `/detect`. */
export function detectAnswer(
  analysis: ImageAnalysis,
  findings: readonly JudgedFinding[],
  { rules, language, classNames, studyId, image }: DetectOptions,
): DetectResponse {
  const several = analysis.images.length > 1;
  return {
    study_id: studyId,
    findings: findings.map(({ className, confidence, box, category, suggestion, frame }) => ({
      type: shownName(className, language, classNames),
      location: { x: box.x1, y: box.y1, width: box.x2 - box.x1, height: box.y2 - box.y1 },
      confidence,
      category: category?.[language] ?? null,
      suggestion: suggestion?.[language] ?? null,
      image: image(frame),
      ...(several && { frame }),
    })),
    model_version: analysis.model.modelId,
    rules_version: rules === undefined ? null : rulesVersion(rules),
    inference_time_ms: analysis.inferenceMs,
    ...warningsOf(analysis, language),
  };
}
