import { describe, expect, test } from "vitest";
import { missingClasses } from "./missing-classes";
import type { Sample } from "./sample";

const image = (...classIds: readonly number[]): Sample => ({
  file: "x.png",
  labels: classIds.map((classId) => ({ classId, cx: 0.5, cy: 0.5, w: 0.1, h: 0.1 })),
});

const missing = (names: readonly string[], ...samples: readonly Sample[]) =>
  missingClasses({ names, split: "train", samples }, "set.yaml");

describe("missingClasses", () => {
  test("names the classes that never occur", () => {
    expect(missing(["nodule", "mass", "cyst"], image(1), image())).toMatchObject({
      severity: "warning",
      code: "invalid_dataset",
      file: "set.yaml",
      at: "names",
      message: expect.stringContaining("no lesion of classes nodule, cyst in train"),
    });
    expect(missing(["nodule", "mass"], image(0))?.message).toContain("no lesion of class mass in train");
  });

  test("is silent where all occur, and where nothing does", () => {
    expect(missing(["nodule", "mass"], image(0), image(1, 0))).toBeUndefined();
    expect(missing(["nodule"], image())).toBeUndefined();
  });

  test("names eight at most", () => {
    const names = Array.from({ length: 12 }, (_, i) => `c${i}`);
    const message = missing(names, image(0))?.message;
    expect(message).toContain("c8 and 3 more");
    expect(message).not.toContain("c9");
  });
});
