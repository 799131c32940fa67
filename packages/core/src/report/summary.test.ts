import { describe, expect, test } from "vitest";
import type { Finding } from "../finding";
import { findingsSentence, runSentence } from "./summary";

const of = (classId: number, className: string, confidence: number): Finding => ({
  classId,
  className,
  confidence,
  box: { x1: 0, y1: 0, x2: 1, y2: 1 },
});
const three = [of(1, "mass", 0.9), of(0, "nodule", 0.7), of(0, "nodule", 0.3)];

describe("findingsSentence", () => {
  test("counts by class and points out what is above 0.7, not at it", () => {
    expect(findingsSentence(three, "zh")).toBe(
      "共检测到3处病灶，包括：2个nodule、1个mass。其中1处置信度较高，建议重点关注。",
    );
    expect(findingsSentence(three, "en")).toBe(
      "3 lesions detected: 2 nodule, 1 mass. 1 of high confidence, to be looked at with particular care.",
    );
  });

  test("points out nothing where nothing is above 0.7", () => {
    expect(findingsSentence(three.slice(1), "zh")).toBe("共检测到2处病灶，包括：2个nodule。");
    expect(findingsSentence(three.slice(2), "en")).toBe("1 lesion detected: 1 nodule.");
  });

  test("calls classes as the table has them, those of one name together", () => {
    const names = { zh: { nodule: "结节", mass: "肿块" }, en: { nodule: "lesion", mass: "lesion" } };
    expect(findingsSentence(three, "zh", names)).toBe(
      "共检测到3处病灶，包括：2个结节、1个肿块。其中1处置信度较高，建议重点关注。",
    );
    expect(findingsSentence(three.slice(0, 2), "en", names)).toBe(
      "2 lesions detected: 2 lesion. 1 of high confidence, to be looked at with particular care.",
    );
    expect(findingsSentence(three.slice(2), "zh", { zh: { mass: "肿块" } })).toBe("共检测到1处病灶，包括：1个nodule。");
  });

  test("says when nothing was found", () => {
    expect(findingsSentence([], "zh")).toBe("未检测到明显病灶");
    expect(findingsSentence([], "en")).toBe("No evident lesion detected");
  });
});

describe("runSentence", () => {
  const summary = {
    files: 5,
    images: 5,
    filesWithFindings: 2,
    failures: 0,
    findings: 3,
    meanPerImage: 0.6,
    maxPerImage: 2,
    perClass: [],
  };

  test("counts files and findings", () => {
    expect(runSentence(summary, "zh")).toBe("共处理5个文件，其中2个检出病灶，合计3处，平均每幅0.60处，最多2处。");
    expect(runSentence(summary, "en")).toBe(
      "5 files, 2 with findings: 3 in all, 0.60 per image on average, 2 at most.",
    );
  });

  test("does not pass over failures", () => {
    expect(runSentence({ ...summary, failures: 1 }, "zh")).toContain("1个文件处理失败。");
    expect(runSentence({ ...summary, failures: 1 }, "en")).toContain("1 file could not be processed.");
  });
});
