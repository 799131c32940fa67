import { describe, expect, test } from "vitest";
import { ArgumentError } from "../errors";
import { Random } from "../math/random";
import { NOT_RATED } from "./rater-agreement";
import { staple } from "./staple";

/** Decisions of readers with known rates on units of known truth. */
function simulate(units: number, sensitivity: readonly number[], specificity: readonly number[], prevalence: number) {
  const random = new Random(7);
  const decisions: number[] = [];
  for (let u = 0; u < units; u++) {
    const real = random.chance(prevalence);
    sensitivity.forEach((s, r) => {
      decisions.push(Number(random.chance(real ? s : 1 - specificity[r])));
    });
  }
  return decisions;
}

describe("staple", () => {
  const sensitivity = [0.9, 0.75, 0.6, 0.85];
  const specificity = [0.95, 0.9, 0.98, 0.7];

  test("recovers the rates of simulated readers", () => {
    // Standard error of a rate near .8 of 6000 true units: sqrt(.8 x .2 / 6000) = .005, more for the unknown truth.
    const found = staple(simulate(20000, sensitivity, specificity, 0.3), 4);
    for (const [r, rate] of sensitivity.entries()) expect(Math.abs(found.sensitivity[r] - rate)).toBeLessThan(0.02);
    for (const [r, rate] of specificity.entries()) expect(Math.abs(found.specificity[r] - rate)).toBeLessThan(0.02);
    expect(Math.abs(found.prevalence - 0.3)).toBeLessThan(0.02);
  });

  test("recovers them where readers did not read everything", () => {
    const random = new Random(3);
    const decisions = simulate(20000, sensitivity, specificity, 0.3).map((d) => (random.chance(0.2) ? NOT_RATED : d));
    const found = staple(decisions, 4);
    for (const [r, rate] of sensitivity.entries()) expect(Math.abs(found.sensitivity[r] - rate)).toBeLessThan(0.03);
  });

  test("finds one pair of rates for readers that cannot be told apart", () => {
    const found = staple(simulate(20000, [0.8, 0.8, 0.8, 0.8], [0.9, 0.9, 0.9, 0.9], 0.4), 4, { pooled: true });
    expect(new Set(found.sensitivity).size).toBe(1);
    expect(Math.abs(found.sensitivity[0] - 0.8)).toBeLessThan(0.02);
    expect(Math.abs(found.specificity[0] - 0.9)).toBeLessThan(0.02);
  });

  test("recovers them where units that nobody said yes to are not on the list", () => {
    const all = simulate(40000, sensitivity, specificity, 0.3);
    const counts = new Map<string, number>();
    for (let i = 0; i < all.length; i += 4) {
      const row = all.slice(i, i + 4).join();
      counts.set(row, (counts.get(row) ?? 0) + 1);
    }
    // About half of the units: nobody said yes.
    expect(counts.get("0,0,0,0")).toBeGreaterThan(10000);
    counts.delete("0,0,0,0");
    const seen = [...counts.keys()].flatMap((row) => row.split(",").map(Number));
    const weights = [...counts.values()];
    const found = staple(seen, 4, { weights, seenOnly: true });
    for (const [r, rate] of sensitivity.entries()) expect(Math.abs(found.sensitivity[r] - rate)).toBeLessThan(0.03);
    for (const [r, rate] of specificity.entries()) expect(Math.abs(found.specificity[r] - rate)).toBeLessThan(0.05);
    // Without knowing it, the third reader's sensitivity of .6 and the fourth's specificity of .7 come out wrong.
    expect(staple(seen, 4, { weights }).specificity[3]).toBeLessThan(0.6);
  });

  test("believes readers who all agree", () => {
    const { probability, sensitivity: s } = staple([1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0], 3);
    expect([...probability].map((p) => Math.round(p))).toEqual([1, 0, 1, 0]);
    expect(s[0]).toBeCloseTo(1, 6);
  });

  test("a weight counts as a repetition", () => {
    const rows = [1, 1, 0, /**/ 1, 0, 1, /**/ 0, 0, 0, /**/ 1, 1, 1];
    const weighted = staple(rows, 3, { weights: [1, 1, 3, 1] });
    const repeated = staple([...rows, 0, 0, 0, 0, 0, 0], 3);
    expect(weighted.sensitivity[0]).toBeCloseTo(repeated.sensitivity[0], 6);
    expect(weighted.prevalence).toBeCloseTo(repeated.prevalence, 6);
  });

  test("refuses too few readers", () => {
    expect(() => staple([1, 0], 2)).toThrow(ArgumentError);
    expect(() => staple([1, 0, 1], 3, { seenOnly: true })).toThrow("3 raters, wanted at least 4");
  });
});
