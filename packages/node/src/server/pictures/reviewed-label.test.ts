import { expect, test } from "vitest";
import { reviewedLabel } from "./reviewed-label";

const nodule = { classId: 0, className: "nodule", confidence: 0.874, box: { x1: 0, y1: 0, x2: 1, y2: 1 } };

test.each([
  ["zh", "open", "结节 0.87"],
  ["zh", "rejected", "结节 0.87 已拒绝"],
  ["en", "accepted", "nodule 0.87"],
  ["en", "rejected", "nodule 0.87 rejected"],
] as const)("reviewedLabel in %s of one that is %s is %s", (language, review, text) => {
  const classNames: Record<string, string> = language === "zh" ? { nodule: "结节" } : {};
  expect(reviewedLabel({ classNames, language })({ ...nodule, review })).toBe(text);
});
