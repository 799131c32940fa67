import { expect, test } from "vitest";
import { LESION_SIZES, sizeIndex } from "./lesion-size";

// COCO: small below 32², large above 96².
test.each([
  [31, 32, "small"],
  [32, 32, "medium"],
  [16, 64, "medium"],
  [96, 96, "medium"],
  [96, 97, "large"],
  [0, 0, "small"],
])("a box of %d x %d px is %s", (width, height, size) => {
  expect(LESION_SIZES[sizeIndex(Float32Array.of(0, 0, 1, 1, 5, 5, 5 + width, 5 + height), 1)]).toBe(size);
});
