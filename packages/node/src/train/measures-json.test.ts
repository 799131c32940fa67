import type { DetectionSummary } from "@fovea/core/metrics/detection-metrics";
import { froc, NO_LESION } from "@fovea/core/metrics/froc";
import { describe, expect, test } from "vitest";
import { measuresJson } from "./measures-json";

// One of two lesions is found, then a false positive in four images.
const CURVE = froc({ scores: [0.9, 0.5], hits: [0, NO_LESION], lesionCount: 2, scanCount: 4 });

const SUMMARY: DetectionSummary = {
  ...{ map50: 0.8, map5095: 0.5, precision: 0.7, recall: 0.6, images: 4, labels: 2, froc: CURVE, sensitivity1: 0.5 },
  perClass: [
    {
      ...{ classId: 1, name: "结节", ap50: 0.8, ap: 1 / 3, precision: 0.7, recall: 0.6 },
      ...{ labels: 2, images: 1, sensitivity1: 0.5 },
    },
  ],
  sizes: [
    { size: "small", labels: 2, images: 1, ap50: 0.8, sensitivity1: 0.5 },
    { size: "medium", labels: 0, images: 0 },
  ],
};

const HEALTHY: DetectionSummary = {
  ...{ map50: 0, map5095: 0, precision: 0, recall: 0, images: 4, labels: 0, perClass: [] },
  sizes: [{ size: "small", labels: 0, images: 0 }],
};

describe("measuresJson", () => {
  test("has what there is of each class and size, null where there is no lesion", () => {
    expect(measuresJson(SUMMARY)).toEqual({
      ...{ map50: 0.8, map5095: 0.5, precision: 0.7, recall: 0.6 },
      perClass: [
        {
          ...{ classId: 1, className: "结节", ap50: 0.8, ap: 1 / 3, precision: 0.7, recall: 0.6 },
          ...{ labels: 2, images: 1, sensitivity1: 0.5 },
        },
      ],
      sizes: [
        { size: "small", labels: 2, images: 1, ap50: 0.8, sensitivity1: 0.5 },
        { size: "medium", labels: 0, images: 0, ap50: null, sensitivity1: null },
      ],
      froc: {
        points: [1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8].map((fpPerImage) => ({ fpPerImage, sensitivity: 0.5 })),
        cpm: 0.5,
      },
    });
  });

  test("takes the ends of intervals in where they are given", () => {
    const interval = { low: 0.25, high: 0.75 };
    const intervals = { points: new Array(7).fill(interval), perClass: [interval], sizes: [interval, undefined] };
    const { perClass, sizes, froc: curve } = measuresJson(SUMMARY, intervals);
    const ends = { sensitivity1Low: 0.25, sensitivity1High: 0.75 };
    expect([perClass[0], sizes[0]]).toMatchObject([ends, ends]);
    expect(sizes[1]).not.toHaveProperty("sensitivity1Low");
    expect(curve?.points[3]).toEqual({ fpPerImage: 1, sensitivity: 0.5, low: 0.25, high: 0.75 });
  });

  test("has no curve where no image has a label", () => {
    expect(measuresJson(HEALTHY)).toMatchObject({ froc: null, perClass: [] });
  });
});
