import { expect, test } from "vitest";
import { noiseBatch } from "../../test/training/small-network";
import { divergence, withLoss } from "./divergence";

const NAMES = ["box_loss", "cls_loss", "dfl_loss"];
const usual = Array.from({ length: 20 }, () => 5);
const huge = Float32Array.of(0, 9000, 0);
const lesion = noiseBatch(1, 1);
const nothing = { ...lesion, targets: new Float32Array() };
const region = { ...lesion, targets: Float32Array.of(0, -1, 0.5, 0.5, 0.2, 0.2), ignored: Uint8Array.of(1) };

test("a loss of a thousand times the median is too large, of a batch that shows a lesion", () => {
  expect(divergence(huge, NAMES, lesion, usual)).toContain(
    "the loss is 9.00e+3, the median of the last 20 batches 5.00",
  );
  expect(divergence(Float32Array.of(0, 5000, 0), NAMES, lesion, usual)).toBeUndefined();
  for (const batch of [nothing, region]) {
    expect(divergence(huge, NAMES, batch, usual)).toBeUndefined();
    expect(withLoss(usual, huge, batch)).toBe(usual);
  }
  expect(withLoss(usual, Float32Array.of(1, 2, 3), lesion)).toEqual([...usual, 6]);
});

test("a loss that is no number is one of any batch", () => {
  for (const batch of [lesion, nothing, region]) {
    expect(divergence(Float32Array.of(1, Number.NaN, 1), NAMES, batch, [])).toBe("cls_loss is NaN");
  }
});
