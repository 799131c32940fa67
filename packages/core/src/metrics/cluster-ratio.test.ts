import { describe, expect, test } from "vitest";
import { clusterRatios, sumByCluster } from "./cluster-ratio";
import { subgroupColumns } from "./subgroup-values";

describe("clusterRatios", () => {
  test("is wide where what is alike comes in clusters", () => {
    // 40 lesions, every second found: of 40 patients, or of two patients who are found wholly or not at all.
    const found = Float64Array.from({ length: 40 }, (_, i) => i % 2);
    const [apart] = clusterRatios([{ over: found, under: found.map(() => 1) }], Array.from(found.keys()));
    const [together] = clusterRatios([{ over: Float64Array.of(20, 0), under: Float64Array.of(20, 20) }], [0, 1]);
    expect([apart.value, together.value]).toEqual([0.5, 0.5]);
    // Normal approximation: 0.5 ± 1.96 sqrt(0.25 / 40) = 0.345 to 0.655. Two patients: none, one or both of each.
    expect(apart.low).toBeCloseTo(0.345, 1);
    expect(apart.high).toBeCloseTo(0.655, 1);
    expect(together).toMatchObject({ low: 0, high: 1 });
  });

  test("counts patients, not lesions, where all are found", () => {
    // Wilson, 3 of 3: 3 / (3 + 1.96²) = 0.4385.
    const [all] = clusterRatios([{ over: Float64Array.of(9, 9, 9), under: Float64Array.of(9, 9, 9) }], [0, 1, 2]);
    expect(all.value).toBe(1);
    expect(all.low).toBeCloseTo(0.4385, 4);
  });

  test("of a single patient says next to nothing", () => {
    // Wilson of one half in one trial: 0.5 ± 1.96 / 2 sqrt(1 / (1 + 1.96²)) = 0.5 ± 0.445.
    const [one, rate] = clusterRatios(
      [
        { over: Float64Array.of(5), under: Float64Array.of(10) },
        { over: Float64Array.of(5), under: Float64Array.of(10), share: false },
      ],
      [0, 0],
    );
    expect(one.low).toBeCloseTo(0.055, 3);
    expect(one.high).toBeCloseTo(0.945, 3);
    expect(rate).toEqual({ value: 0.5, low: Number.NaN, high: Number.NaN });
  });

  test("of nothing is not a number, and a rate may exceed 1", () => {
    const nothing = { over: Float64Array.of(0, 0), under: Float64Array.of(0, 0) };
    const rate = { over: Float64Array.of(4, 4), under: Float64Array.of(1, 1), share: false };
    const [none, four] = clusterRatios([nothing, rate], [0, 1]);
    expect(none).toEqual({ value: Number.NaN, low: Number.NaN, high: Number.NaN });
    expect(four).toEqual({ value: 4, low: 4, high: 4 });
  });

  test("sums by cluster", () => {
    expect([...sumByCluster([0, 2, 0], 3)]).toEqual([2, 0, 1]);
    expect([...sumByCluster([0, 2, 0], 3, [1, 5, 7])]).toEqual([8, 0, 5]);
  });
});

describe("subgroupColumns", () => {
  const cases = (name: string, values: readonly (string | number)[]) =>
    values.map((value) => ({ attributes: { [name]: value } }));

  test("puts ages in bands, those of DICOM too", () => {
    const [age] = subgroupColumns(cases("age", ["017Y", "018Y", "054Y", "079Y", "080Y"]));
    expect(age.order).toEqual(["< 18", "18 to < 40", "40 to < 60", "60 to < 80", "≥ 80"]);
    expect(age.values).toEqual(["< 18", "18 to < 40", "40 to < 60", "60 to < 80", "≥ 80"]);
  });

  test("puts numbers of many values in thirds", () => {
    const [dose] = subgroupColumns(
      cases(
        "dose",
        Array.from({ length: 30 }, (_, i) => i),
      ),
    );
    expect(dose.order).toEqual(["< 10", "10 to < 20", "≥ 20"]);
  });

  test("leaves out ids, single values and texts of many values, unless asked for", () => {
    expect(subgroupColumns(cases("study_uid", ["a", "b"]))).toEqual([]);
    expect(subgroupColumns(cases("site", ["a", "a"]))).toEqual([]);
    expect(subgroupColumns(cases("note", Array.from("abcdefghijklmnop")))).toEqual([]);
    expect(subgroupColumns(cases("site", ["a", "a"]), ["site"]).map(({ order }) => order)).toEqual([["a"]]);
  });
});
