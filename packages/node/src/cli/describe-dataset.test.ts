import type { Label, Problem } from "@fovea/core/dataset/sample";
import { describe, expect, test } from "vitest";
import { compositionLine, datasetLine, listed, plural, problemLines } from "./describe-dataset";

const label = (classId: number): Label => ({ classId, cx: 0.5, cy: 0.5, w: 0.1, h: 0.1 });
const names = ["nodule", "mass"];

test("compositionLine says how many images an epoch repeats", () => {
  const shown = { images: 160, distinct: 150, negatives: 18, boxes: [110, 2] };
  expect(compositionLine(shown, ["nodule", "mass"])).toBe(
    "160 images (150 different, 18 without lesions), 112 lesions: nodule 110, mass 2",
  );
});

describe("datasetLine", () => {
  test("counts images, those without lesions, and lesions by class", () => {
    const samples = [
      { file: "a", labels: [label(0), label(0)] },
      { file: "b", labels: [] },
      { file: "c", labels: [label(1)] },
    ];
    expect(datasetLine({ samples, names, nc: names.length })).toBe(
      "3 images (1 without lesions), 3 lesions: nodule 2, mass 1",
    );
  });

  test("of images that show nothing lists no classes", () => {
    const samples = [{ file: "b", labels: [] }];
    expect(datasetLine({ samples, names, nc: names.length })).toBe("1 image (1 without lesions), 0 lesions");
  });
});

const problem = (severity: Problem["severity"], file: string, at?: string): Problem => ({
  ...{ severity, file, at, code: "invalid_label", message: "is odd" },
});

describe("problemLines", () => {
  test("puts errors first and says what was left out", () => {
    const lines = problemLines([problem("warning", "a", "line 2"), problem("error", "b"), problem("error", "b")]);
    expect(lines).toEqual([
      "3 problems (1 file left out):",
      "  b: is odd",
      "  b: is odd",
      "  a: line 2: (used) is odd",
    ]);
  });

  test("counts those beyond twelve", () => {
    const lines = problemLines(Array.from({ length: 1015 }, (_, i) => problem("warning", `f${i}`)));
    expect(lines).toHaveLength(1 + 12 + 1);
    expect(lines[0]).toBe("1,015 problems:");
    expect(lines.at(-1)).toBe("  and 1,003 more");
  });

  test("says nothing where nothing is wrong", () => {
    expect(problemLines([])).toEqual([]);
  });
});

test("listed names the first and counts the rest", () => {
  expect(listed(["a", "b", "c"], 3)).toBe("a, b, c");
  expect(listed(["a", "b", "c"], 2)).toBe("a, b and 1 more");
});

test("plural knows one and many", () => {
  expect([plural(1, "class", "classes"), plural(0, "class", "classes"), plural(2000, "image")]).toEqual([
    "1 class",
    "0 classes",
    "2,000 images",
  ]);
});
