import { describe, expect, test } from "vitest";
import type { Finding } from "../finding";
import { parseRules } from "../rules/rule-file";
import { clinicalReport } from "./clinical-report";

const rules = parseRules(
  `version: "7"
report_above: 0.5
class_names: {zh: {malignant: 恶性}}
rules:
  - when: {classes: [malignant], confidence: {above: 0.8}}
    category: {zh: 高度可疑, en: highly suspicious}
    suggestion: {zh: 建议活检, en: biopsy}
  - suggestion: {zh: 常规随访, en: routine follow-up}`,
  { file: "rules.yaml", sha256: "0123456789abcdef".repeat(4) },
);
const finding = (className: string, confidence: number): Finding => ({
  ...{ classId: 0, className, confidence },
  box: { x1: 10.126, y1: 20, x2: 30.126, y2: 25.5 },
});
const images = [
  { image: "/images/1", findings: [finding("benign", 0.51), finding("malignant", 0.81), finding("malignant", 0.5)] },
  { image: "/images/2", frame: 3, findings: [finding("malignant", 0.8)] },
];
const input = { studyId: "1.2.3", images, modelVersion: "best@0123456789ab", inferenceTimeMs: 12.5 };
const location = { x: 10.13, y: 20, width: 20, height: 5.5 };

describe("clinicalReport", () => {
  test("gives what is above the file's confidence, judged, with its image", () => {
    expect(clinicalReport({ ...input, rules })).toEqual({
      study_id: "1.2.3",
      findings: [
        { type: "恶性", location, confidence: 0.81, category: "高度可疑", suggestion: "建议活检", image: "/images/1" },
        { type: "benign", location, confidence: 0.51, category: null, suggestion: "常规随访", image: "/images/1" },
        {
          type: "恶性",
          location,
          confidence: 0.8,
          category: null,
          suggestion: "常规随访",
          image: "/images/2",
          frame: 3,
        },
      ],
      model_version: "best@0123456789ab",
      rules_version: "7@0123456789ab",
      inference_time_ms: 12.5,
    });
  });

  test("speaks English, and calls classes as the caller's table has them", () => {
    const { findings } = clinicalReport({
      ...input,
      rules,
      language: "en",
      classNames: { en: { malignant: "cancer" } },
    });
    expect(findings[0]).toMatchObject({ type: "cancer", category: "highly suspicious", suggestion: "biopsy" });
  });

  test("without rules gives what is above 0.5, or as told, and no category", () => {
    const report = clinicalReport(input);
    expect(report.rules_version).toBeNull();
    expect(report.findings.map(({ confidence }) => confidence)).toEqual([0.81, 0.51, 0.8]);
    expect(report.findings[0]).toMatchObject({ category: null, suggestion: null });
    expect(clinicalReport({ ...input, reportAbove: 0.8 }).findings).toHaveLength(1);
  });
});
