import { describe, expect, test } from "vitest";
import { froc, NO_LESION } from "./froc";
import { operatingPoint, operatingRuleText, parseOperatingRule } from "./operating-point";
import { rocCurve } from "./roc";

// Two scans, four lesions. By falling score: hit, miss, hit, hit, miss, miss.
// Sensitivity 1/4 1/4 2/4 3/4 3/4 3/4 at 0 1/2 1/2 1/2 1 3/2 false positives per scan.
const curve = froc({
  scores: [0.9, 0.8, 0.7, 0.6, 0.5, 0.4],
  hits: [0, NO_LESION, 1, 2, NO_LESION, NO_LESION],
  lesionCount: 4,
  scanCount: 2,
});

describe("operatingPoint", () => {
  test("finds the most lesions at so many false positives", () => {
    expect(operatingPoint(curve, { by: "fp", atMost: 0.5 })).toEqual({
      threshold: 0.6,
      fpPerScan: 0.5,
      sensitivity: 0.75,
      rule: "fp<=0.5",
    });
    expect(operatingPoint(curve, { by: "fp", atMost: 0.49 }).threshold).toBe(0.9);
  });

  test("stops where more findings find no more lesions", () => {
    expect(operatingPoint(curve, { by: "fp", atMost: 8 }).threshold).toBe(0.6);
  });

  test("has the fewest false positives at a sensitivity", () => {
    const { threshold, fpPerScan, sensitivity } = operatingPoint(curve, { by: "sensitivity", atLeast: 0.5 });
    // 0.7 and 0.6 both have 1/2 false positive; the higher one is taken.
    expect([threshold, fpPerScan, sensitivity]).toEqual([0.7, 0.5, 0.5]);
  });

  // With 2 lesions per scan F1 = 2 TP / (TP + FP + 4): 2/5 2/6 4/7 6/8 6/9 6/10.
  test("has the best F1", () => {
    expect(operatingPoint(curve, { by: "f1" }, { lesionsPerScan: 2 }).threshold).toBe(0.6);
  });

  // Cases 0.9 +, 0.5 -, 0.8 +, none -: both found and no false alarm at 0.8, read off the curve of lesions.
  test("has the best sum of sensitivity and specificity of cases", () => {
    const roc = rocCurve([0.9, 0.5, 0.8, Number.NEGATIVE_INFINITY], [1, 0, 1, 0]);
    expect(operatingPoint(curve, { by: "youden" }, { roc })).toEqual({
      threshold: 0.8,
      fpPerScan: 0.5,
      sensitivity: 0.25,
      rule: "youden",
    });
  });

  test("says so where no point keeps the rule", () => {
    const wrong = froc({ scores: [0.9], hits: [NO_LESION], lesionCount: 1, scanCount: 1 });
    expect(() => operatingPoint(wrong, { by: "fp", atMost: 0.5 })).toThrow(
      "no threshold has at most 0.5 false positives",
    );
    expect(() => operatingPoint(curve, { by: "sensitivity", atLeast: 0.9 })).toThrow("the most is 0.75");
    const empty = froc({ scores: [], hits: [], lesionCount: 1, scanCount: 1 });
    expect(() => operatingPoint(empty, { by: "fp", atMost: 0.5 })).toThrow("no detections");
    expect(() => operatingPoint(empty, { by: "f1" }, { lesionsPerScan: 1 })).toThrow("no detections");
    expect(() => operatingPoint(curve, { by: "f1" })).toThrow("lesions per scan");
    expect(() => operatingPoint(curve, { by: "youden" })).toThrow("ROC curve");
  });
});

describe("parseOperatingRule", () => {
  test.each(["fp<=0.5", "sensitivity>=0.9", "f1", "youden"])("reads %s, and it is written the same", (text) => {
    expect(operatingRuleText(parseOperatingRule(text))).toBe(text);
  });

  test.each([
    ["fp=0.5", "fp<=0.5"],
    ["FP <= 1", "fp<=1"],
    ["sensitivity=0.9", "sensitivity>=0.9"],
  ])("reads %s as %s", (text, rule) => {
    expect(operatingRuleText(parseOperatingRule(text))).toBe(rule);
  });

  test.each(["", "fp", "fp>=1", "fp<=x", "sensitivity>=1.2", "sensitivity<=0.5", "recall>=0.5"])(
    "refuses %j",
    (text) => {
      expect(() => parseOperatingRule(text)).toThrow("wanted fp<=0.5");
    },
  );
});
