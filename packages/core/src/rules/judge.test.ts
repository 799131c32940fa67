import { describe, expect, test } from "vitest";
import type { Finding } from "../finding";
import { applies, judge, reported, rulesVersion } from "./judge";
import type { Rule, RuleCondition } from "./rule-set";

/** A finding with a box of `width` x `height` pixels, somewhere in the image. */
const finding = (part: Partial<Finding> & { readonly width?: number; readonly height?: number } = {}): Finding => {
  const { width = 20, height = 10, ...rest } = part;
  const box = { x1: 5, y1: 7, x2: 5 + width, y2: 7 + height };
  return { classId: 0, className: "fracture", confidence: 0.6, box, ...rest };
};
const say = (text: string) => ({ zh: text, en: text });

describe("applies", () => {
  test("an empty condition meets everything", () => {
    expect(applies({}, finding())).toBe(true);
  });

  test.each<[RuleCondition["confidence"], number, boolean]>([
    [{ above: 0.8 }, 0.8, false],
    [{ above: 0.8 }, 0.8001, true],
    [{ atMost: 0.8 }, 0.8, true],
    [{ atMost: 0.8 }, 0.8001, false],
    [{ above: 0.5, atMost: 0.8 }, 0.5, false],
    [{ above: 0.5, atMost: 0.8 }, 0.65, true],
    [{ above: 0.5, atMost: 0.8 }, 0.9, false],
  ])("confidence %j meets %d: %s", (confidence, value, met) => {
    expect(applies({ confidence }, finding({ confidence: value }))).toBe(met);
  });

  // 27 x 37 = 999, 25 x 40 = 1000, 50 x 100 = 5000 square pixels.
  test.each<[RuleCondition["areaPx"], number, number, boolean]>([
    [{ max: 1000 }, 27, 37, true],
    [{ max: 1000 }, 25, 40, false],
    [{ min: 1000 }, 27, 37, false],
    [{ min: 1000 }, 25, 40, true],
    [{ min: 1000, max: 5000 }, 50, 99, true],
    [{ min: 1000, max: 5000 }, 50, 100, false],
  ])("area %j meets a box of %d x %d: %s", (areaPx, width, height, met) => {
    expect(applies({ areaPx }, finding({ width, height }))).toBe(met);
  });

  test.each<[RuleCondition["longestMm"], number, number, boolean]>([
    [{ min: 6 }, 5.9, 5, false],
    [{ min: 6 }, 5, 6, true],
    [{ min: 6 }, 6, 5, true],
    [{ max: 6 }, 5.9, 5, true],
    [{ max: 6 }, 5, 6, false],
  ])("longest side %j meets %d x %d mm: %s", (longestMm, width, height, met) => {
    expect(applies({ longestMm }, finding({ sizeMm: { width, height } }))).toBe(met);
  });

  test("a size in millimetres is not met by a finding without", () => {
    expect(applies({ longestMm: { min: 0 } }, finding())).toBe(false);
    expect(applies({ longestMm: { max: 1e9 } }, finding())).toBe(false);
  });

  test("classes go by the model's names, letter for letter", () => {
    expect(applies({ classes: ["nodule", "fracture"] }, finding())).toBe(true);
    expect(applies({ classes: ["Fracture"] }, finding())).toBe(false);
  });

  test("all that is given must hold", () => {
    const condition: RuleCondition = { classes: ["fracture"], confidence: { above: 0.5 }, areaPx: { max: 1000 } };
    expect(applies(condition, finding())).toBe(true);
    expect(applies(condition, finding({ className: "mass" }))).toBe(false);
    expect(applies(condition, finding({ confidence: 0.5 }))).toBe(false);
    expect(applies(condition, finding({ width: 100 }))).toBe(false);
  });
});

describe("judge", () => {
  const rules: Rule[] = [
    { when: { classes: ["mass"] }, category: say("never") },
    { when: { areaPx: { max: 1000 } }, category: say("small") },
    { when: {}, category: say("any"), suggestion: say("follow up") },
    { when: {}, suggestion: say("too late") },
  ];

  test("takes the first category and the first suggestion of rules that apply, each on its own", () => {
    expect(judge(finding(), { rules })).toEqual({ category: say("small"), suggestion: say("follow up") });
    expect(judge(finding({ width: 1000 }), { rules })).toEqual({ category: say("any"), suggestion: say("follow up") });
  });

  test("says nothing where no rule applies", () => {
    expect(judge(finding(), { rules: [rules[0]] })).toEqual({});
    expect(judge(finding(), { rules: [] })).toEqual({});
  });
});

test("reported leaves out what is at the confidence, and keeps the order", () => {
  const [low, at, high, more] = [0.3, 0.5, 0.9, 0.51].map((confidence) => finding({ confidence }));
  expect(reported([low, at, high, more], { reportAbove: 0.5 })).toEqual([high, more]);
});

test("rulesVersion is the file's version and the first twelve digits of its sum", () => {
  expect(rulesVersion({ version: "2026-11", sha256: "0123456789abcdef".repeat(4) })).toBe("2026-11@0123456789ab");
});
