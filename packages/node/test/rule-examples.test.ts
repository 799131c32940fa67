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
import { readClassNamesFile, readRuleFile } from "../src/data/rule-file";
import { Scratch } from "./bad-input/scratch";

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

// 轻微 in GBK; the same bytes are no UTF-8.
test.each([readRuleFile, readClassNamesFile])(
  "%o refuses a file in GBK, whose words nobody could read",
  async (read) => {
    const scratch = await Scratch.make();
    try {
      const bytes = Buffer.concat([
        Buffer.from("zh: {nodule: "),
        Buffer.of(0xc7, 0xe1, 0xce, 0xa2),
        Buffer.from("}\n"),
      ]);
      const file = await scratch.put("gbk.yaml", bytes);
      await expect(read(file)).rejects.toMatchObject({
        code: "invalid_rules",
        message: expect.stringContaining("UTF-8"),
      });
    } finally {
      await scratch.remove();
    }
  },
);

test("class names may be in UTF-16 with its mark", async () => {
  const scratch = await Scratch.make();
  try {
    const bytes = Buffer.concat([Buffer.of(0xff, 0xfe), Buffer.from("zh: {nodule: 结节}\n", "utf16le")]);
    const names = await readClassNamesFile(await scratch.put("names.yaml", bytes));
    expect(names).toEqual({ zh: { nodule: "结节" } });
  } finally {
    await scratch.remove();
  }
});
