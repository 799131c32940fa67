/**
 * @file FROC against the script of the LUNA16 challenge and the unit values of MONAI.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { sharedAvailable, sharedPath } from "../../../test/shared";
import { cpm, froc, NO_LESION, sensitivityAt } from "../src/metrics/froc";
import { type FrocScans, frocIntervals } from "../src/metrics/froc-intervals";

interface Luna16 {
  readonly operating_points: readonly number[];
  readonly sensitivity: readonly number[];
  readonly cpm: number;
  readonly bootstrap: { readonly lower95: readonly number[]; readonly upper95: readonly number[] };
}

const luna16 = (name: string) => readFileSync(sharedPath(`data/ref_froc_luna16/${name}`), "utf8");
const rowsOf = (text: string) =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => line.trim().split(","));

/** A deep network's marks in 300 scans, already matched; every lesion is a row, found or not. */
function marks(): FrocScans {
  const scans = new Map(rowsOf(luna16("seriesuids.csv")).map(([uid], i) => [uid, i]));
  const [, ...rows] = rowsOf(luna16("lesion_candidates.csv"));
  const [scores, hits, of, lesionScans]: [number[], number[], number[], number[]] = [[], [], [], []];
  for (const [uid, isLesion, confidence, detected] of rows) {
    const scan = scans.get(uid) ?? -1;
    if (isLesion !== "1" || detected === "1") {
      scores.push(Number(confidence));
      hits.push(isLesion === "1" ? lesionScans.length : NO_LESION);
      of.push(scan);
    }
    if (isLesion === "1") lesionScans.push(scan);
  }
  return { scores, hits, scans: of, lesionScans, lesionCount: lesionScans.length, scanCount: scans.size };
}

describe.skipIf(!sharedAvailable)("froc of a deep network on LUNA16", () => {
  const summary = (): Luna16 => JSON.parse(luna16("expected/summary.json"));

  test("parity: passes through all 237 points of the script, to its nine decimals", () => {
    const curve = froc(marks());
    const at = new Map(Array.from(curve.thresholds, (threshold, k) => [threshold, k]));
    const [, ...rows] = rowsOf(luna16("expected/froc_results.txt"));
    expect(rows.length).toBe(237);
    for (const [fp, sensitivity, threshold] of rows) {
      const k = at.get(Number(threshold)) ?? -1;
      expect(Math.abs(curve.fpPerScan[k] - Number(fp)), threshold).toBeLessThan(1e-9);
      expect(Math.abs(curve.sensitivity[k] - Number(sensitivity)), threshold).toBeLessThan(1e-9);
    }
  });

  test("parity: sensitivity at the seven points, and their mean", () => {
    const curve = froc(marks());
    const expected = summary();
    expected.operating_points.forEach((at, k) => {
      expect(sensitivityAt(curve, at)).toBeCloseTo(expected.sensitivity[k], 12);
    });
    expect(cpm(curve)).toBeCloseTo(expected.cpm, 12);
  });

  test("parity: the script's bootstrap intervals within 0.02, both being drawn", () => {
    const { operating_points: points, bootstrap } = summary();
    const [intervals] = frocIntervals([{ curve: marks(), points }]);
    intervals.forEach(({ low, high }, k) => {
      expect(Math.abs(low - bootstrap.lower95[k])).toBeLessThan(0.02);
      expect(Math.abs(high - bootstrap.upper95[k])).toBeLessThan(0.02);
    });
  });
});

interface MonaiCase {
  readonly fp_probs: readonly number[];
  /** Of each lesion the most confident mark, 0 if there is none; the last values may be padding. */
  readonly tp_probs: readonly number[];
  readonly num_targets: number;
  readonly num_images: number;
  readonly thresholds: readonly number[];
  readonly score: number;
}

describe.skipIf(!sharedAvailable)("froc of MONAI's unit values", () => {
  const cases = (): readonly MonaiCase[] =>
    JSON.parse(readFileSync(sharedPath("data/ref_froc_monai/cases.json"), "utf8")).froc_score;

  test.each([0, 1])("parity: mean sensitivity of case %d", (index) => {
    const { fp_probs, tp_probs, num_targets, num_images, thresholds, score } = cases()[index];
    const found = tp_probs.filter((p) => p > 0);
    const curve = froc({
      scores: [...fp_probs, ...found],
      hits: [...fp_probs.map(() => NO_LESION), ...found.map((_, lesion) => lesion)],
      lesionCount: num_targets,
      scanCount: num_images,
    });
    const mean = thresholds.reduce((sum, at) => sum + sensitivityAt(curve, at), 0) / thresholds.length;
    expect(mean).toBeCloseTo(score, 8);
  });
});
