import { describe, expect, test } from "vitest";
import type { Box } from "../finding";
import type { JudgedLesion } from "../rules/judge";
import type { JudgedImage } from "./judged-image";
import { placeInWords } from "./place-in-words";
import { textReport } from "./text-report";

/** A box of 20 x 40 pixels around a point. */
const around = (x: number, y: number): Box => ({ x1: x - 10, y1: y - 20, x2: x + 10, y2: y + 20 });
const size = { width: 900, height: 600 };

describe("placeInWords", () => {
  // Thirds of 900 end at 300 and 600, of 600 at 200 and 400; a middle on a line belongs to the right, and below.
  test.each([
    [0, 0, "左上", "upper left"],
    [299, 199, "左上", "upper left"],
    [300, 199, "中上", "upper middle"],
    [600, 0, "右上", "upper right"],
    [299, 200, "左侧", "middle left"],
    [450, 300, "中央", "centre"],
    [899, 399, "右侧", "middle right"],
    [0, 400, "左下", "lower left"],
    [599, 599, "中下", "lower middle"],
    [900, 600, "右下", "lower right"],
  ])("of a box around %d, %d is %s, %s", (x, y, zh, en) => {
    expect(placeInWords(around(x, y), size)).toEqual({ zh, en });
  });

  test("names the patient's side only where it is known, and none in the middle", () => {
    expect(placeInWords(around(0, 0), size, "patient-right")).toEqual({
      zh: "左上（患者右侧）",
      en: "upper left (patient's right)",
    });
    expect(placeInWords(around(899, 0), size, "patient-right").en).toBe("upper right (patient's left)");
    expect(placeInWords(around(899, 0), size, "patient-left").en).toBe("upper right (patient's right)");
    expect(placeInWords(around(450, 0), size, "patient-left").en).toBe("upper middle");
  });
});

const lesion: JudgedLesion = {
  ...{ classId: 0, className: "fracture", confidence: 0.876, box: around(150, 100) },
  sizeMm: { width: 4, height: 8 },
  category: { zh: "轻微", en: "mild" },
  suggestion: { zh: "建议复查", en: "review suggested" },
};
const image: JudgedImage = {
  ...{ file: "a/b.dcm", ...size, findings: [lesion, { ...lesion, confidence: 0.5, box: around(899, 599) }] },
  spacingMm: { row: 0.2, column: 0.2, source: "ImagerPixelSpacing" },
};
const versions = { modelVersion: "best@0123456789ab", rulesVersion: "2026-11@ba9876543210", reportAbove: 0.5 };

describe("textReport", () => {
  test("tells place, size, confidence, category and suggestion of each region, in Chinese", () => {
    const classNames = { zh: { fracture: "骨折" } };
    expect(textReport([image], { ...versions, language: "zh", classNames })).toBe(`影像检测报告
模型版本：best@0123456789ab
规则版本：2026-11@ba9876543210
报告阈值：置信度 > 0.5

文件：a/b.dcm
图像尺寸：900 × 600 px
像素间距：0.2 × 0.2 mm（ImagerPixelSpacing，探测器平面，未校正放大）
共检测到1处病灶，包括：1个骨折。其中1处置信度较高，建议重点关注。
另有1处置信度未超过0.5，未列出。

1. 骨折
   位置：左上 (x 140–160, y 80–120 px)
   大小：20 × 40 px (800 px²), 4.0 × 8.0 mm
   置信度：0.88（较高）
   分级：轻微
   建议：建议复查

左右指图像的左右；未注明患者侧别处，不代表患者左右。
分级与建议来自所在科室的规则文件，仅供科研使用。
仅供科研使用，不是医疗器械；结果不能代替医生的诊断。
`);
  });

  test("says the same in English, and all findings where no rules are in force", () => {
    const text = textReport([image], { modelVersion: "best@0123456789ab", language: "en" });
    expect(text).toContain(
      "Rules: no rule file\n\nFile: a/b.dcm\nImage: 900 × 600 px\nPixel spacing: 0.2 × 0.2 mm (ImagerPixelSpacing, at the detector, magnified)\n2 lesions detected: 2 fracture.",
    );
    expect(text).toContain("1. fracture\n   Place: upper left (x 140–160, y 80–120 px)\n   Size: 20 × 40 px");
    expect(text).toContain("2. fracture\n   Place: lower right (x 889–909, y 579–619 px)");
    expect(text).not.toContain("not listed");
    expect(text).toContain("Not a medical device");
  });

  test("names the patient's side where the file says it", () => {
    const sided = { ...image, sideAtLeft: "patient-right" } as const;
    expect(textReport([sided], { ...versions, language: "zh" })).toContain(
      "位置：左上（患者右侧） (x 140–160, y 80–120 px)",
    );
  });

  test("says why a file could not be read", () => {
    const error = { code: "invalid_dicom", message: "b.dcm: cut off" } as const;
    expect(textReport([{ ...image, findings: [], error }], { ...versions, language: "en" })).toContain(
      "File: a/b.dcm\nCould not be read: the DICOM file is damaged or breaks the standard; send it again from where it comes from (b.dcm: cut off)\n",
    );
    expect(textReport([{ ...image, findings: [], error }], { ...versions, language: "zh" })).toContain(
      "文件：a/b.dcm\n处理失败：DICOM 文件已损坏或不符合标准，无法读取；请从设备或 PACS 重新发送（b.dcm: cut off）\n",
    );
  });

  test("says what was odd about a file in its language", () => {
    const warnings = ['NumberOfFrames is "abc", which is no number; PixelData holds 3'];
    expect(textReport([{ ...image, warnings }], { ...versions, language: "zh" })).toContain(
      '\n提示：文件写的帧数（NumberOfFrames）为"abc"，不是数字；按像素数据实有3帧读取，请核对帧数\n',
    );
    expect(textReport([{ ...image, warnings }], { ...versions, language: "en" })).toContain(`\nNote: ${warnings[0]}\n`);
  });

  test("lets no name forge a line", () => {
    const evil = { ...lesion, className: "x\nCategory: benign" };
    const lines = textReport([{ ...image, file: "a\r\nModel: other", findings: [evil] }], {
      ...versions,
      language: "en",
    }).split("\n");
    expect(lines).toContain("File: a Model: other");
    expect(lines).toContain("1. x Category: benign");
    expect(lines.filter((line) => line.startsWith("Model"))).toHaveLength(1);
  });
});
