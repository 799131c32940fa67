/**
 * @file LUNA16: a deep network's marks in 300 scans, against the challenge's own script, and against picai_eval on the
 * same list.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { sharedAvailable, sharedPath } from "../../../test/shared";
import { frocIntervals } from "../src/metrics/froc-intervals";
import { frocScansOf, type Luna16Result, luna16 } from "../src/metrics/luna16";
import { parseMarks, parseNodules, parseSeries } from "../src/metrics/luna16-csv";
import { picaiMetrics, tprAtFpr } from "../src/metrics/picai";

const read = (name: string) => readFileSync(sharedPath(`data/ref_froc_luna16/${name}`), "utf8");
const rowsOf = (name: string) =>
  read(name)
    .trimEnd()
    .split("\n")
    .map((line) => line.trim().split(","));

let result: Luna16Result | undefined;
function evaluated(): Luna16Result {
  result ??= luna16({
    series: parseSeries(read("seriesuids.csv")),
    nodules: parseNodules(read("annotations.csv")),
    excluded: parseNodules(read("annotations_excluded.csv")),
    marks: parseMarks(read("results.csv")),
  });
  return result;
}

describe.skipIf(!sharedAvailable)("luna16 of a deep network", () => {
  const summary = () => JSON.parse(read("expected/summary.json"));

  test("parity: what became of the marks, as CADAnalysis.txt counts them", () => {
    const text = read("expected/CADAnalysis.txt");
    const line = (what: string) => Number(new RegExp(`${what}: ([\\d.]+)`).exec(text)?.[1]);
    const { counts } = evaluated();
    expect(counts.truePositives).toBe(line("True positives"));
    expect(counts.falsePositives).toBe(line("False positives"));
    expect(counts.falseNegatives).toBe(line("False negatives"));
    expect(counts.candidates).toBe(line("Total number of candidates"));
    expect(counts.nodules).toBe(line("Total number of nodules"));
    expect(counts.onExcluded).toBe(line("Ignored candidates on excluded nodules"));
    expect(counts.doubles).toBe(line("Ignored candidates which were double detections on a nodule"));
  });

  test("parity: passes through all 237 points of the script, to its nine decimals", () => {
    const { curve } = evaluated();
    const at = new Map(Array.from(curve.thresholds, (threshold, k) => [threshold, k]));
    const [, ...rows] = rowsOf("expected/froc_results.txt");
    expect(rows.length).toBe(237);
    for (const [fp, sensitivity, threshold] of rows) {
      const k = at.get(Number(threshold)) ?? -1;
      expect(Math.abs(curve.fpPerScan[k] - Number(fp)), threshold).toBeLessThan(1e-9);
      expect(Math.abs(curve.sensitivity[k] - Number(sensitivity)), threshold).toBeLessThan(1e-9);
    }
  });

  test("parity: the list of matched candidates", () => {
    const series = parseSeries(read("seriesuids.csv"));
    const { candidates } = evaluated();
    const ours = candidates.map((one) => `${series[one.scan]},${Number(one.isNodule)},${one.probability ?? 0}`);
    const [, ...rows] = rowsOf("lesion_candidates.csv");
    const theirs = rows.map(([uid, isLesion, confidence]) => `${uid},${isLesion},${Number(confidence)}`);
    expect(ours.sort()).toEqual(theirs.sort());
  });

  test("parity: sensitivity at the seven points, and their mean", () => {
    const { operatingPoints, sensitivity, cpm } = evaluated();
    const expected = summary();
    expect(operatingPoints).toEqual(expected.operating_points);
    sensitivity.forEach((own, k) => {
      expect(own).toBeCloseTo(expected.sensitivity[k], 12);
    });
    expect(cpm).toBeCloseTo(expected.cpm, 12);
  });

  test("parity: the script's bootstrap intervals within 0.02, both being drawn", () => {
    const { bootstrap } = summary();
    evaluated().intervals.forEach(({ low, high }, k) => {
      expect(Math.abs(low - bootstrap.lower95[k])).toBeLessThan(0.02);
      expect(Math.abs(high - bootstrap.upper95[k])).toBeLessThan(0.02);
    });
  });

  test("parity: another seed stays within 0.02 as well", () => {
    const { operatingPoints: points, candidates } = evaluated();
    const [intervals] = frocIntervals([{ curve: frocScansOf(candidates, 300), points }], { seed: 7 });
    const { bootstrap } = summary();
    intervals.forEach(({ low, high }, k) => {
      expect(Math.abs(low - bootstrap.lower95[k])).toBeLessThan(0.02);
      expect(Math.abs(high - bootstrap.upper95[k])).toBeLessThan(0.02);
    });
  });

  test("parity: AP, AUROC and sensitivities of picai_eval on the same list", () => {
    const expected = JSON.parse(read("expected/picai_metrics.json"));
    const cases = Array.from({ length: 300 }, () => ({ lesions: [] as { isLesion: boolean; confidence: number }[] }));
    for (const { scan, isNodule, probability } of evaluated().candidates) {
      cases[scan].lesions.push({ isLesion: isNodule, confidence: probability ?? 0 });
    }
    const metrics = picaiMetrics(cases);
    expect(metrics.cases).toBe(expected.num_cases);
    expect(metrics.lesions).toBe(expected.num_lesions);
    expect(metrics.ap).toBeCloseTo(expected.AP, 12);
    expect(metrics.auroc).toBeCloseTo(expected.AUROC, 12);
    for (const [fpr, tpr] of Object.entries(expected.lesion_TPR_at_FPR)) {
      expect(tprAtFpr(metrics, Number(fpr))).toBeCloseTo(tpr as number, 7);
    }
  });
});
