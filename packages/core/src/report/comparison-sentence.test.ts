import { describe, expect, test } from "vitest";
import { compareModels } from "../metrics/compare-models";
import { EvaluationRecord } from "../metrics/evaluation-record";
import { comparisonSentence } from "./comparison-sentence";

/** 40 images, a lesion in the even ones; found in the first `found` of them at 0.9, nothing else. */
function record(found: number): EvaluationRecord {
  const all = new EvaluationRecord(["nodule"]);
  for (let i = 0; i < 40; i++) {
    const boxes = (n: number) => Float32Array.from(n ? [0, 0, 10, 10] : []);
    const [lesions, hits] = [Number(i % 2 === 0), Number(i % 2 === 0 && i / 2 < found)];
    all.add({
      file: `${i}.png`,
      truth: { boxes: boxes(lesions), classIds: new Int32Array(lesions) },
      detections: { boxes: boxes(hits), classIds: new Int32Array(hits), scores: new Float32Array(hits).fill(0.9) },
    });
  }
  return all;
}

describe("compareModels", () => {
  // 10 and 18 of 20 lesions. h = 2 asin(0.9^0.5) - 2 asin(0.5^0.5) = 2.4981 - 1.5708. AUC 0.5 + share / 2.
  test("is B less A, paired", () => {
    const { sensitivity, cohensH, cpm, lesionsFound, auc, ap50 } = compareModels(record(10), record(18));
    expect([sensitivity.a, sensitivity.b]).toEqual([0.5, 0.9]);
    expect(sensitivity.difference).toBeCloseTo(0.4, 12);
    expect(sensitivity.low).toBeGreaterThan(0.1);
    expect(sensitivity.p).toBeLessThan(0.01);
    expect(cohensH).toBeCloseTo(0.9273, 4);
    expect(cpm.difference).toBeCloseTo(0.4, 12);
    // 8 lesions by B alone: 2 / 2^8.
    expect(lesionsFound).toMatchObject({ onlyA: 0, onlyB: 8, exactP: expect.closeTo(2 / 256, 12) });
    expect(auc).toMatchObject({ a: 0.75, b: 0.95, difference: expect.closeTo(0.2, 12) });
    expect(ap50.difference).toBeGreaterThan(0.3);
  });

  test("finds nothing between a model and itself", () => {
    const { sensitivity, lesionsFound } = compareModels(record(10), record(10));
    expect(sensitivity).toMatchObject({ difference: 0, low: 0, high: 0, p: 1 });
    expect(lesionsFound.exactP).toBe(1);
  });

  test("refuses records of different truth", () => {
    expect(() => compareModels(record(1), new EvaluationRecord(["nodule"]))).toThrow("wanted the same");
  });
});

describe("comparisonSentence", () => {
  const names = ["old", "new"] as const;

  test("says which finds more, by how much and how sure that is", () => {
    const text = comparisonSentence(compareModels(record(10), record(18)), names);
    expect(text).toContain("new finds 40.0 percentage points more of the lesions than old (90.0 % against 50.0 %;");
    expect(text).toContain("a large difference (Cohen's h 0.93)");
    expect(comparisonSentence(compareModels(record(18), record(10)), names)).toContain("40.0 percentage points fewer");
    expect(comparisonSentence(compareModels(record(10), record(18)), names, "zh")).toContain(
      "new 比 old 多检出 40.0 个百分点",
    );
  });

  test("says so where no difference is shown", () => {
    const same = compareModels(record(10), record(10));
    expect(comparisonSentence(same, names)).toContain("do not show that old and new differ");
    expect(comparisonSentence(same, names, "zh")).toContain("未能证明 old 与 new 的检出率不同");
  });
});
