import { FoveaError } from "@fovea/core/errors";
import { expect, test } from "vitest";
import { concernsAll, isProven, isSpent, PATIENCE, reasonOf } from "./patience";

test.each([
  ['PixelSpacing: expected numbers, got "Curie^Marie"', 'PixelSpacing: expected numbers, got "…"'],
  ['"Curie \\"the\\" Marie\\\\" and "P-4711" are odd', '"…" and "…" are odd'],
  ['cut off in "Curie^Mar', 'cut off in "…"'],
  ["PixelData: holds 3 of 4 bytes", "PixelData: holds 3 of 4 bytes"],
])("a reason quotes nothing of the file: %s", (message, kept) => {
  expect(reasonOf(new FoveaError("invalid_dicom", message))).toBe(`invalid_dicom: ${kept}`);
});

test("a mistake of ours tells its kind alone", () => {
  expect(reasonOf(new TypeError("Curie^Marie is no function"))).toBe("internal: TypeError");
});

test.each([
  ["invalid_dicom", true, false],
  // What was read does not open with its key.
  ["file_unreadable", true, false],
  ["scores_not_finite", true, false],
  ["file_not_found", false, false],
  ["files_unavailable", false, false],
  ["write_failed", false, false],
  ["timed_out", false, false],
  ["network_hung", false, false],
  ["out_of_memory", false, false],
  ["runtime_failed", false, false],
  ["database_unavailable", false, true],
  ["disk_full", false, true],
  ["interrupted", false, true],
] as const)("%s is proven: %s; concerns all images: %s", (code, proven, all) => {
  const error = new FoveaError(code, "said");
  expect([isProven(error), concernsAll(error)]).toEqual([proven, all]);
});

test("patience ends after tries and time, and lasts longer for files", () => {
  const [late, away] = [new FoveaError("timed_out", "late"), new FoveaError("files_unavailable", "away")];
  const { tries, otherMs, filesMs } = PATIENCE;
  expect(isSpent(late, { tries, forMs: otherMs })).toBe(true);
  expect(isSpent(late, { tries: tries - 1, forMs: 10 * otherMs })).toBe(false);
  expect(isSpent(late, { tries: 100, forMs: otherMs - 1 })).toBe(false);
  expect(isSpent(new TypeError("ours"), { tries, forMs: otherMs })).toBe(true);
  expect(isSpent(away, { tries: 100, forMs: filesMs - 1 })).toBe(false);
  expect(isSpent(away, { tries, forMs: filesMs })).toBe(true);
});

test("patience with a network that hangs ends after tries alone: each may cost a thread that never ends", () => {
  const hung = new FoveaError("network_hung", "no answer");
  expect(isSpent(hung, { tries: PATIENCE.hangs - 1, forMs: 10 * PATIENCE.filesMs })).toBe(false);
  expect(isSpent(hung, { tries: PATIENCE.hangs, forMs: 0 })).toBe(true);
});
