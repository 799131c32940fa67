/**
 * @file The rule files that the documentation shows, read as a user would give them.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Finding } from "@fovea/core/finding";
import { judge, reported } from "@fovea/core/rules/judge";
import { ruleWarnings, unknownClasses } from "@fovea/core/rules/rule-warnings";
import { describe, expect, test } from "vitest";
import { readRuleFile } from "../src/data/rule-file";

const folder = resolve(import.meta.dirname, "../../../docs/rules-examples");
const finding = (className: string, confidence: number, width = 10, height = 10): Finding => ({
  ...{ classId: 0, className, confidence },
  box: { x1: 0, y1: 0, x2: width, y2: height },
});

test.each(readdirSync(folder))("%s is read, without a warning, and its sum is that of its bytes", async (name) => {
  const rules = await readRuleFile(join(folder, name));
  expect(ruleWarnings(rules)).toEqual([]);
  expect(rules.sha256).toBe(
    createHash("sha256")
      .update(readFileSync(join(folder, name)))
      .digest("hex"),
  );
  expect(rules.reportAbove).toBe(0.5);
});

describe("fracture.yaml", () => {
  // 27 x 37 = 999, 25 x 40 = 1000, 4999 x 1, 50 x 100 = 5000 square pixels.
  test.each([
    [27, 37, "轻微", "mild"],
    [25, 40, "中度", "moderate"],
    [4999, 1, "中度", "moderate"],
    [50, 100, "严重", "severe"],
  ])("calls a fracture of %d x %d px %s, %s", async (width, height, zh, en) => {
    const rules = await readRuleFile(join(folder, "fracture.yaml"));
    expect(judge(finding("fracture", 0.6, width, height), rules)).toEqual({ category: { zh, en } });
    expect(judge(finding("nodule", 0.6, width, height), rules)).toEqual({});
    expect(unknownClasses(rules, ["fracture"])).toEqual([]);
  });
});

describe("malignancy.yaml", () => {
  test.each([
    ["malignant", 0.81, "biopsy suggested"],
    ["malignant", 0.8, "review in three months suggested"],
    ["malignant", 0.51, "review in three months suggested"],
    ["malignant", 0.5, "routine follow-up"],
    ["benign", 0.99, "routine follow-up"],
  ])("for %s at %d suggests: %s", async (name, confidence, en) => {
    const rules = await readRuleFile(join(folder, "malignancy.yaml"));
    expect(judge(finding(name, confidence), rules).suggestion?.en).toBe(en);
    expect(reported([finding(name, confidence)], rules)).toHaveLength(confidence > 0.5 ? 1 : 0);
  });
});

test("a file that is not there, and one that is broken, are named", async () => {
  await expect(readRuleFile(join(folder, "gone.yaml"))).rejects.toMatchObject({ code: "file_not_found" });
  await expect(readRuleFile(import.meta.filename)).rejects.toMatchObject({
    code: "invalid_rules",
    place: { file: import.meta.filename },
  });
});
