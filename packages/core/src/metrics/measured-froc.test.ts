import { expect, test } from "vitest";
import { NO_LESION } from "./froc";
import { measuredFroc } from "./measured-froc";

// Two lesions in the two scans of one patient, both found; a false positive in the scan of another patient.
const scans = {
  scores: [0.9, 0.8, 0.5],
  hits: [0, 1, NO_LESION],
  scans: [0, 1, 2],
  lesionScans: [0, 1],
  lesionCount: 2,
  scanCount: 3,
  clusters: [0, 0, 1],
};

test("two of two lesions of one patient are one trial, and none of them too", () => {
  // Wilson's of 1 of 1: 1 / (1 + 3.8415) = 0.2065.
  expect(measuredFroc(scans, [1])).toEqual([{ value: 1, low: expect.closeTo(0.2065, 4), high: 1 }]);
  const none = { ...scans, hits: [NO_LESION, NO_LESION, NO_LESION] };
  expect(measuredFroc(none, [1])).toEqual([{ value: 0, low: 0, high: expect.closeTo(0.7935, 4) }]);
});

test("of no lesions there is nothing to say", () => {
  expect(measuredFroc({ ...scans, hits: [-1, -1, -1], lesionScans: [], lesionCount: 0 }, [1])).toEqual([]);
});
