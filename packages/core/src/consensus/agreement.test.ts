import { describe, expect, test } from "vitest";
import { type HandBox, handReadings } from "../../test/readings";
import { ArgumentError } from "../errors";
import { agreementOf, estimatedReliability } from "./agreement";
import { consensusOf } from "./consensus";
import { worstDisagreements } from "./disagreements";

const at = (x: number, classId = 0, score?: number): HandBox => [x, 0, x + 10, 10, classId, score];

// a: all three see 0, r1 and r2 see 50, r3 alone sees 100. b: nothing for r1 and r2, r3 sees 0. c: r1 and r2 only.
const readers: readonly Readonly<Record<string, readonly HandBox[]>>[] = [
  { "a.png": [at(0), at(50)], "b.png": [], "c.png": [at(0)] },
  { "a.png": [at(0), at(50, 1)], "b.png": [], "c.png": [] },
  { "a.png": [at(0), at(100)], "b.png": [at(0)] },
];

const measured = (options = {}) => {
  const readings = handReadings(readers);
  return agreementOf(readings, consensusOf(readings), { resamples: 50, ...options });
};

describe("agreementOf", () => {
  test("holds every two readers against each other in what both read", () => {
    const { pairs } = measured();
    // r1 and r2 in a, b, c: 3 and 2 marks, 2 matched: 4/5. r1 and r3 in a, b: 2 and 3 marks, 1 matched: 2/5.
    expect(pairs.map(({ a, b, cases, matched, f1 }) => [a, b, cases, matched, f1.value])).toEqual([
      ["r1", "r2", 3, 2, 0.8],
      ["r1", "r3", 2, 1, 0.4],
      ["r2", "r3", 2, 1, 0.4],
    ]);
  });

  test("holds each reader against the majority of the others, and judges no minority", () => {
    const [r1, r2, r3] = measured().others;
    // The others of r1: in a both see 0; r2 alone sees 50, r3 alone sees 100: not judged. In c r2, the only other, saw
    // nothing, so that r1's mark is a false positive.
    expect([r1.lesions, r1.found, r1.falsePositives]).toEqual([1, 1, 1]);
    // r1, the only other reader of c, saw a lesion that r2 missed.
    expect([r2.lesions, r2.found, r2.falsePositives]).toEqual([2, 1, 0]);
    expect(r2.sensitivity.value).toBe(0.5);
    // r3 missed the one at 50, and nobody else saw those at 100 and in b. 1 of 2 found, 1 of 3 marks right: F1 2/5.
    expect([r3.lesions, r3.found, r3.falsePositives, r3.f1.value]).toEqual([2, 1, 2, 0.4]);
    expect(r3.fpPerCase.value).toBe(1);
  });

  test("draws a FROC only where readers gave confidences", () => {
    expect(measured().others[0].froc).toBeUndefined();
    const scored = handReadings([{ "a.png": [at(0, 0, 0.9), at(50, 0, 0.4)] }, { "a.png": [at(0, 0, 0.8)] }]);
    const { others } = agreementOf(scored, consensusOf(scored), { resamples: 20 });
    // r1: a hit at .9, then a false positive at .4, in one case.
    expect(others[0].froc).toMatchObject({ fpPerCase: [0, 0, 1], sensitivity: [0, 1, 1], cpm: 1 });
  });

  test("measures classes on what two or more saw", () => {
    const { classes } = measured();
    // Lesions at 0 (three votes of nodule) and at 50 (nodule, mass).
    expect(classes).toMatchObject({ rated: 2, ratedByAll: 1 });
    // Values: 4 nodule, 1 mass. Differing within units: 2 of the second, weight 1 / (2 - 1). Possible: 5² - 4² - 1² = 8.
    // alpha = 1 - (5 - 1) x 2 / 8 = 0.
    expect(classes?.alpha.value).toBeCloseTo(0, 12);
    expect(classes?.pairs).toEqual([
      [3, 1],
      [1, 0],
    ]);
  });

  test("measures whether anything is in a case", () => {
    // a: yes yes yes; b: no no yes; c: yes no. Values 8: 5 yes, 3 no. Differing: b 4 / 2, c 2 / 1. Possible 64 - 34 = 30.
    expect(measured().presence.value).toBeCloseTo(1 - (7 * 4) / 30, 12);
  });

  test("gives rates of lesions for four readers, of cases for three where a case was left empty by all", () => {
    expect(measured().lesionRates).toBeUndefined();
    expect(measured().caseRates).toBeUndefined();
    const empty = handReadings(readers.map((reader) => ({ ...reader, "d.png": [] })));
    const { caseRates } = agreementOf(empty, consensusOf(empty), { resamples: 5 });
    expect(caseRates?.readers.map(({ reader }) => reader)).toEqual(["r1", "r2", "r3"]);
  });

  test("makes the same intervals of the same seed", () => {
    expect(measured({ seed: 3 })).toEqual(measured({ seed: 3 }));
  });

  test("shows no figure of one reader where they are interchangeable, nor takes their reliability", () => {
    const readings = handReadings(readers);
    const consensus = consensusOf(readings);
    const { pairs, others, perReader, allPairs } = agreementOf(readings, consensus, {
      interchangeable: true,
      resamples: 5,
    });
    expect([pairs, perReader, others.length]).toEqual([[], [], 1]);
    // 2 (2 + 1 + 1) / (5 + 5 + 5): in a and b r1 and r2 marked 2 each, r3 marked 3.
    expect(allPairs.f1.value).toBeCloseTo(8 / 15, 12);
    expect(() => estimatedReliability(readings, consensus, { interchangeable: true })).toThrow(ArgumentError);
    expect(() => agreementOf(readings, consensus, { interchangeable: true, reliability: [1, 1, 1] })).toThrow(
      "no reliability",
    );
  });

  test("estimates a reliability as the F1 against the others", () => {
    const readings = handReadings(readers);
    expect(estimatedReliability(readings, consensusOf(readings))).toEqual([2 / 3, 2 / 3, 0.4]);
  });

  test("has no figures, and no failure, where nobody marked anything", () => {
    const readings = handReadings([{ "a.png": [] }, { "a.png": [] }, { "a.png": [] }, { "a.png": [] }]);
    const agreement = agreementOf(readings, consensusOf(readings), { resamples: 5 });
    expect(agreement.allPairs.f1.value).toBeNaN();
    expect(agreement.lesions).toBe(0);
  });
});

describe("worstDisagreements", () => {
  const readings = handReadings(readers);
  const worst = worstDisagreements(readings, consensusOf(readings));

  test("puts divided readers and divided classes first", () => {
    // At 50 two of three, and half of the votes for its class: 8/9 + 1/2. In c one of two: 1.
    expect(worst[0]).toMatchObject({ file: "a.png", saw: 2, read: 3, missedBy: [2], classShare: 0.5 });
    expect(worst[0].score).toBeCloseTo(8 / 9 + 1 / 2, 12);
    expect(worst[1]).toMatchObject({ file: "c.png", saw: 1, read: 2, score: 1 });
  });

  test("shows at most two of a case, in a view that stays in the image", () => {
    expect(worst.filter(({ file }) => file === "a.png")).toHaveLength(2);
    for (const { view } of worst) expect(view.x1 >= 0 && view.y1 >= 0 && view.x2 <= 200 && view.y2 <= 200).toBe(true);
  });
});
