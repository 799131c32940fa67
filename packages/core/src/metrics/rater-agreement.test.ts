import { describe, expect, test } from "vitest";
import { ArgumentError, ShapeError } from "../errors";
import { fleissKappa, krippendorffAlpha, NOT_RATED } from "./rater-agreement";

/**
 * Fleiss 1971, table 1: 30 patients, each by 6 psychiatrists: depression, personality disorder, schizophrenia, neurosis,
 * other.
 */
const FLEISS_1971 = `00060 03003 01401 00006 03030 20400 00402 20310 20040 00006 10050 11040 03300 10050 02031
  00501 30012 51000 02040 10203 00006 01050 02013 20040 10041 05010 40002 02040 10500 00006`
  .split(/\s+/)
  .map((row) => [...row].map(Number));

describe("fleissKappa", () => {
  test("is .430 for the psychiatric diagnoses of Fleiss 1971", () => {
    // The paper's column totals: 26, 26, 30, 55 and 43 of 180.
    const totals = [0, 1, 2, 3, 4].map((k) => FLEISS_1971.reduce((sum, row) => sum + row[k], 0));
    expect(totals).toEqual([26, 26, 30, 55, 43]);
    expect(fleissKappa(FLEISS_1971)).toBeCloseTo(0.43, 3);
  });

  test("is 1 where all agree, and below 0 where they agree less than chance", () => {
    expect(
      fleissKappa([
        [3, 0],
        [0, 3],
      ]),
    ).toBe(1);
    // Two raters who always differ: P = 0, Pe = 1/2, kappa = (0 - 1/2) / (1/2).
    expect(
      fleissKappa([
        [1, 1],
        [1, 1],
      ]),
    ).toBe(-1);
  });

  test("is not a number where only one class was ever given", () => {
    expect(fleissKappa([[3, 0]])).toBeNaN();
  });

  test("counts a subject as often as its weight says", () => {
    const [first, ...others] = FLEISS_1971;
    const weights = [2, ...others.map(() => 1)];
    expect(fleissKappa(FLEISS_1971, weights)).toBeCloseTo(fleissKappa([first, ...FLEISS_1971]), 12);
  });

  test("refuses subjects with different numbers of raters", () => {
    expect(() =>
      fleissKappa([
        [2, 1],
        [1, 1],
      ]),
    ).toThrow(ArgumentError);
    expect(() => fleissKappa([[1, 0]])).toThrow("subject 0 has 1 raters, wanted 2");
  });
});

/** Ratings by rater, `.` where one is missing, as units x raters. */
function byUnit(...raters: readonly string[]): number[] {
  const classes = [...new Set(raters.join("").replaceAll(".", ""))].sort();
  return Array.from(raters[0], (_, u) =>
    raters.map((row) => (row[u] === "." ? NOT_RATED : classes.indexOf(row[u]))),
  ).flat();
}

describe("krippendorffAlpha", () => {
  // Krippendorff 2011: A, B and C of that paper.
  test("is .095 for two observers and ten binary units", () => {
    expect(krippendorffAlpha(byUnit("0100000010", "1110010000"), 2)).toBeCloseTo(0.095, 3);
  });

  test("is .692 for two observers and twelve nominal units", () => {
    expect(krippendorffAlpha(byUnit("aabbdcccedda", "babbbccceddd"), 2)).toBeCloseTo(0.692, 3);
  });

  test("is .743 for four observers, twelve units and missing values", () => {
    const ratings = byUnit("123321412...", "1233224125.3", ".3332342251.", "12332441251.");
    expect(krippendorffAlpha(ratings, 4)).toBeCloseTo(0.743, 3);
  });

  test("counts a unit as often as its weight says", () => {
    const ratings = byUnit("0100000010", "1110010000");
    const weights = [2, 1, 1, 1, 1, 1, 1, 1, 1, 1];
    const repeated = [...ratings.slice(0, 2), ...ratings];
    expect(krippendorffAlpha(ratings, 2, weights)).toBeCloseTo(krippendorffAlpha(repeated, 2), 12);
  });

  test("is not a number without two values of one unit, or with one class", () => {
    expect(krippendorffAlpha([0, NOT_RATED], 2)).toBeNaN();
    expect(krippendorffAlpha([0, 0, 0, 0], 2)).toBeNaN();
  });

  test("refuses ratings that make no whole units", () => {
    expect(() => krippendorffAlpha([0, 1, 1], 2)).toThrow(ShapeError);
  });
});
