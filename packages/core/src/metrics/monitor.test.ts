import { describe, expect, test } from "vitest";
import { ArgumentError } from "../errors";
import type { DetectionSummary } from "./detection-metrics";
import { froc, NO_LESION } from "./froc";
import { monitored, parseMonitor } from "./monitor";

const EMPTY = { precision: 0, recall: 0, perClass: [], sizes: [], images: 1, labels: 2 };

describe("monitored", () => {
  // Half of the lesions without a false positive, all from 2 on; in between a straight line.
  const curve = froc({
    scores: [0.9, 0.5, 0.5, 0.5],
    hits: [0, 1, NO_LESION, NO_LESION],
    lesionCount: 2,
    scanCount: 1,
  });
  const summary: DetectionSummary = { ...EMPTY, map50: 0.8, map5095: 0.5, froc: curve };

  test.each([
    ["fitness", 0.1 * 0.8 + 0.9 * 0.5],
    ["map50", 0.8],
    ["map5095", 0.5],
    ["sensitivity@0.5", 0.5 + 0.5 / 4],
    ["sensitivity@1", 0.75],
    ["sensitivity@100", 1],
    // At 1/8, 1/4, 1/2, 1, and 1 from 2 on.
    ["froc", (4 * 0.5 + (1 / 8 + 1 / 4 + 1 / 2 + 1) / 4 + 3) / 7],
  ])("%s is %d", (name, expected) => {
    expect(monitored(parseMonitor(name), summary)).toBeCloseTo(expected, 12);
  });

  test("is 0 by sensitivity where no image has a label", () => {
    const healthy = { ...EMPTY, map50: 0, map5095: 0, labels: 0 };
    expect([monitored("froc", healthy), monitored("sensitivity@1", healthy)]).toEqual([0, 0]);
  });
});

describe("parseMonitor", () => {
  test("writes a number one way", () => {
    expect(parseMonitor("sensitivity@.50")).toBe("sensitivity@0.5");
  });

  test.each([
    ["mAP50", "did you mean map50?"],
    ["map", "did you mean map50?"],
    ["fitnes", "did you mean fitness?"],
    ["sensitivity", "did you mean sensitivity@1?"],
    ["loss", "wanted fitness, froc, map50, map5095 or sensitivity@X"],
    ["toString", "got toString"],
    ["", "wanted fitness"],
    ["sensitivity@", "above 0 behind the @, e.g. sensitivity@0.5"],
    ["sensitivity@0", "above 0"],
    ["sensitivity@-1", "above 0"],
    ["sensitivity@one", "got sensitivity@one"],
  ])("refuses %s: %s", (text, message) => {
    expect(() => parseMonitor(text)).toThrow(ArgumentError);
    expect(() => parseMonitor(text)).toThrow(message);
  });

  test("names the place", () => {
    expect(() => parseMonitor("x", { file: "run.yaml", at: "monitor" })).toThrow("run.yaml: monitor: monitor: got x");
  });
});
