import { froc, NO_LESION } from "@fovea/core/metrics/froc";
import { describe, expect, test } from "vitest";
import type { Measures } from "../train/measure-model";
import { classTable, frocLine, sizeTable } from "./measures-table";

const interval = { low: 0.2512, high: 0.755 };
const MEASURES: Measures = {
  ...{ imgsz: 320, map50: 0.8, map5095: 0.5, precision: 0.7, recall: 0.6, images: 4, labels: 1234, sensitivity1: 0.5 },
  // Half of the lesions at no false positive, all from one per image on.
  froc: froc({ scores: [0.9, 0.5, 0.4], hits: [0, NO_LESION, 1], lesionCount: 2, scanCount: 1 }),
  perClass: [
    {
      ...{ classId: 0, name: "nodule", ap50: 0.8, ap: 0.5, precision: 0.7, recall: 0.6 },
      ...{ labels: 1234, images: 4, sensitivity1: 0.625 },
    },
  ],
  sizes: [
    { size: "small", labels: 1234, images: 4, ap50: 0.8, sensitivity1: 0.5 },
    { size: "medium", labels: 0, images: 0 },
    { size: "large", labels: 0, images: 0 },
  ],
  intervals: {
    points: new Array(7).fill(interval),
    perClass: [{ low: 0, high: 1 }],
    sizes: [interval, undefined, undefined],
  },
};

describe("classTable", () => {
  test("has all classes first, sensitivities with their intervals", () => {
    expect(classTable(MEASURES).split("\n")).toEqual([
      "class   lesions      P      R  mAP50  mAP50-95         S@1 (95 %)",
      "all       1,234  0.700  0.600  0.800     0.500  0.500 (0.25-0.76)",
      "nodule    1,234  0.700  0.600  0.800     0.500  0.625 (0.00-1.00)",
    ]);
  });

  test("has a dash for a sensitivity that there is not", () => {
    const healthy = {
      ...MEASURES,
      perClass: [],
      labels: 0,
      froc: undefined,
      sensitivity1: undefined,
      intervals: undefined,
    };
    expect(classTable(healthy).split("\n")[1]).toMatch(/^all +0 .* -$/);
    expect(frocLine(healthy)).toBeUndefined();
  });
});

test("sizeTable has a row for each size, dashes where there is no lesion", () => {
  expect(sizeTable(MEASURES).split("\n")).toEqual([
    "size             lesions  images  mAP50         S@1 (95 %)",
    "small  < 32² px    1,234       4  0.800  0.500 (0.25-0.76)",
    "medium                 0       0      -                  -",
    "large  > 96² px        0       0      -                  -",
  ]);
});

test("frocLine has the seven points and their mean", () => {
  // Half until the false positive enters at 1, where the other half is found: (3 x 0.5 + 4) / 7.
  expect(frocLine(MEASURES)).toBe("1/8: 0.50  1/4: 0.50  1/2: 0.50  1: 1.00  2: 1.00  4: 1.00  8: 1.00  CPM 0.786");
});
