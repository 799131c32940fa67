import { describe, expect, test } from "vitest";
import { closingLines, countTests, type TestOutcome } from "./parity-reporter";

const outcome = (name: string, state: TestOutcome["state"]): TestOutcome => ({ name, state });

const OUTCOMES = [
  outcome("parity: yolov8n", "passed"),
  outcome("parity: yolo12n", "passed"),
  outcome("parity: nms", "failed"),
  outcome("keeps its parity: ever", "passed"),
  outcome("parity of bits", "passed"),
];

describe("countTests", () => {
  test("counts a test that never ran as skipped", () => {
    expect(countTests([outcome("a", "pending"), outcome("b", "skipped")])).toEqual({
      passed: 0,
      failed: 0,
      skipped: 2,
    });
  });

  test("of none is zero", () => {
    expect(countTests([])).toEqual({ passed: 0, failed: 0, skipped: 0 });
  });
});

describe("closingLines", () => {
  test("count parity tests, by the beginning of their names, and all tests", () => {
    expect(closingLines(OUTCOMES, true)).toEqual([
      "Parity: 2 passed, 1 failed, 0 skipped",
      "Tests: 4 passed, 1 failed, 0 skipped",
    ]);
  });

  test("tell how to run the parity tests where they cannot", () => {
    expect(closingLines([outcome("parity: iou", "skipped"), outcome("sorts", "passed")], false)).toEqual([
      "The reference material is absent: set FOVEA_SHARED to its folder to run the parity tests.",
      "Parity: 0 passed, 0 failed, 1 skipped",
      "Tests: 1 passed, 0 failed, 1 skipped",
    ]);
  });
});
