import { expect, test } from "vitest";
import { reasonOf } from "./analyse-image";

test.each([
  ['PixelSpacing: expected numbers, got "Curie^Marie"', 'PixelSpacing: expected numbers, got "…"'],
  ['"Curie \\"the\\" Marie\\\\" and "P-4711" are odd', '"…" and "…" are odd'],
  ['cut off in "Curie^Mar', 'cut off in "…"'],
  ["PixelData: holds 3 of 4 bytes", "PixelData: holds 3 of 4 bytes"],
])("a reason quotes nothing of the file: %s", (message, kept) => {
  expect(reasonOf({ code: "invalid_dicom", message })).toBe(`invalid_dicom: ${kept}`);
});
