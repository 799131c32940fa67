import { describe, expect, test } from "vitest";
import { ArgumentError } from "../errors";
import { evaluate } from "./evaluate";
import { type EvaluationCase, EvaluationRecord } from "./evaluation-record";

type Row = readonly [x1: number, y1: number, x2: number, y2: number, classId: number, score?: number];

const boxes = (rows: readonly Row[]) => ({
  boxes: Float32Array.from(rows.flatMap((row) => row.slice(0, 4))),
  classIds: Int32Array.from(rows, ([, , , , classId]) => classId),
});

function image(file: string, truth: readonly Row[], found: readonly Row[], rest: Partial<EvaluationCase> = {}) {
  const detections = { ...boxes(found), scores: Float32Array.from(found, ([, , , , , score = 1]) => score) };
  return { file, truth: boxes(truth), detections, ...rest };
}

const SMALL: Row = [0, 0, 10, 10, 0];
const LARGE: Row = [100, 100, 200, 200, 0];

/** Two lesions in four images of three patients: the small one is found at 0.9, the large one at 0.2 only. */
const FOUR = [
  image("a.png", [SMALL], [[0, 0, 10, 10, 0, 0.9]], { patient: "P1", attributes: { site: "north" } }),
  image(
    "b.png",
    [LARGE],
    [
      [400, 400, 420, 420, 0, 0.8],
      [100, 100, 200, 200, 0, 0.2],
    ],
    { patient: "P1", attributes: { site: "south" } },
  ),
  image("c.png", [], [[5, 5, 9, 9, 1, 0.5]], { patient: "P2", attributes: { site: "south" } }),
  image("d.png", [], [], { patient: "P3", attributes: { site: "north" } }),
];

function record(cases: readonly EvaluationCase[], names = ["nodule", "mass"]): EvaluationRecord {
  const made = new EvaluationRecord(names);
  for (const one of cases) made.add(one);
  return made;
}

describe("evaluate", () => {
  test("counts lesions, false alarms and cases at a given threshold", () => {
    const { operating, counts } = evaluate(record(FOUR), { threshold: 0.5 });
    expect(counts).toEqual({ images: 4, positiveImages: 2, patients: 3, lesions: 2, detections: 4, ignoredRegions: 0 });
    // From 0.5 on: one lesion of two, false alarms in b and c.
    expect(operating).toMatchObject({
      rule: "threshold",
      threshold: 0.5,
      given: true,
      lesions: 2,
      found: 1,
      falseAlarms: 2,
    });
    expect(operating.sensitivity.value).toBe(1 / 2);
    expect(operating.precision.value).toBe(1 / 3);
    expect(operating.fpPerImage.value).toBe(2 / 4);
    expect(operating.fpPerPatient?.value).toBe(2 / 3);
    // Findings in a, b and c; lesions in a and b. P1 is ill and called, P2 healthy and called, P3 healthy and not.
    const cases = { truePositives: 2, falseNegatives: 0, trueNegatives: 1, falsePositives: 1 };
    expect(operating.images).toMatchObject(cases);
    expect(operating.images.specificity.value).toBe(1 / 2);
    expect(operating.patients).toMatchObject({ ...cases, truePositives: 1 });
  });

  test("refuses a truth without images", () => {
    expect(() => evaluate(record([]))).toThrow("the truth has no image");
  });

  test("chooses the threshold by its rule on these images, and says so", () => {
    // Points of the curve: 0.9 finds 1 of 2 with 0 false alarms; 0.2 finds both with 2 of 4 images.
    expect(evaluate(record(FOUR)).operating).toMatchObject({ rule: "fp<=1", given: false, found: 2, falseAlarms: 2 });
    const strict = evaluate(record(FOUR), { rule: { by: "fp", atMost: 0.25 } });
    expect(strict.operating.threshold).toBeCloseTo(0.9, 6);
    expect(strict.operating).toMatchObject({ found: 1, falseAlarms: 0 });
    expect(strict.warnings).toContainEqual({ code: "threshold_chosen_here" });
  });

  test("reads the curve at LUNA16's points and draws patients for its intervals", () => {
    const { froc, rules } = evaluate(record(FOUR));
    expect(rules.unit).toBe("patient");
    expect(froc?.fpPerImage).toEqual([0, 0, 0.25, 0.5, 0.5]);
    expect(froc?.sensitivity).toEqual([0, 0.5, 0.5, 0.5, 1]);
    // All lesions are P1's: whatever is drawn with P1 finds both or, where P1's false alarm counts more, half.
    const one = froc?.points.find(({ fpPerImage }) => fpPerImage === 1);
    expect(one?.value).toBe(1);
    // The curve ends at 1/2: from 1/128 to 1/2 in steps of a quarter of an octave, and 1, 2, 4, 8.
    expect(froc?.points).toHaveLength(25 + 4);
  });

  test("measures classes, sizes and subgroups each with its own lesions and false alarms", () => {
    const { classes, sizesPx, sizesMm, subgroups } = evaluate(record(FOUR), { threshold: 0.5 });
    expect(classes[0]).toMatchObject({ value: "nodule", lesions: 2, found: 1, falseAlarms: 1 });
    expect(classes[1]).toMatchObject({ value: "mass", lesions: 0, falseAlarms: 1, froc: [] });
    expect(classes[1].sensitivity.value).toBeNaN();
    expect(sizesPx.map(({ lesions, found }) => [lesions, found])).toEqual([
      [1, 1],
      [0, 0],
      [1, 0],
    ]);
    expect(sizesMm).toEqual([]);
    expect(
      subgroups.map(({ by, value, images, found, falseAlarms }) => [by, value, images, found, falseAlarms]),
    ).toEqual([
      ["site", "north", 2, 1, 0],
      ["site", "south", 2, 0, 2],
    ]);
  });

  test("measures sizes in millimetres where the spacing is known", () => {
    // 10 px of 0.5 x 0.8 mm: sqrt(100 x 0.4) = 6.3 mm.
    const { sizesMm } = evaluate(record([{ ...FOUR[0], spacingMm: { x: 0.5, y: 0.8 } }, FOUR[1]]));
    expect(sizesMm.map(({ value, lesions }) => [value, lesions])).toContainEqual(["5 to < 10 mm", 1]);
    expect(sizesMm.reduce((sum, { lesions }) => sum + lesions, 0)).toBe(1);
  });

  test("gives Wilson's interval to a group of which all or none is found", () => {
    const { sizesPx } = evaluate(record(FOUR), { threshold: 0.5 });
    // 1 of 1: 1 / (1 + 1.96²) = 0.2065 to 1.
    expect(sizesPx[0].sensitivity.low).toBeCloseTo(0.2065, 4);
    expect(sizesPx[0].sensitivity.high).toBe(1);
  });

  test("has an ROC of images and of patients, a healthy image being one without lesion", () => {
    const { roc } = evaluate(record(FOUR));
    // Images: 0.9 and 0.8 against 0.5 and none: all right. Patients: 0.9 against 0.5 and none.
    expect(roc.map(({ of, positives, negatives, auc }) => [of, positives, negatives, auc.value])).toEqual([
      ["image", 2, 2, 1],
      ["patient", 1, 2, 1],
    ]);
  });

  test("says why a lesion is missed and what a false alarm stands on", () => {
    const cases = [
      image("unsure.png", [SMALL], [[0, 0, 10, 10, 0, 0.3]]),
      // IoU 2 / (10 + 10 - 2) of columns: 0.11.
      image("loose.png", [SMALL], [[8, 0, 18, 10, 0, 0.9]]),
      image("class.png", [SMALL], [[0, 0, 10, 10, 1, 0.8]]),
      image("nothing.png", [SMALL], [[50, 50, 60, 60, 0, 0.7]]),
    ];
    const { reasons, worst } = evaluate(record(cases), { threshold: 0.5 });
    expect(reasons.misses).toEqual({ unsure: 1, loose: 1, class: 1, nothing: 1 });
    expect(reasons.falseAlarms).toEqual({ unsure: 0, loose: 1, class: 1, nothing: 1 });
    const alarms = worst.filter(({ kind }) => kind === "false alarm");
    expect(alarms.map(({ file, reason }) => [file, reason])).toEqual([
      ["loose.png", "loose"],
      ["class.png", "class"],
      ["nothing.png", "nothing"],
    ]);
    expect(worst.find(({ file, kind }) => file === "unsure.png" && kind === "miss")?.score).toBeCloseTo(0.3, 6);
  });

  test("shows the largest miss first, unless its readers were unsure of it", () => {
    const cases = [image("small.png", [SMALL], []), image("large.png", [LARGE], [])];
    const files = (list: readonly EvaluationCase[]) => evaluate(record(list)).worst.map(({ file }) => file);
    expect(files(cases)).toEqual(["large.png", "small.png"]);
    // 10 000 px² times 0.005 is less than 100 px².
    expect(files([cases[0], { ...cases[1], certainty: Float32Array.of(0.005) }])).toEqual(["small.png", "large.png"]);
  });

  test("judges nothing in ignored regions, and takes such an image for no healthy one", () => {
    const region = Float32Array.of(0, 0, 50, 50);
    const { operating, counts } = evaluate(
      record([image("r.png", [], [[10, 10, 20, 20, 0, 0.9]], { regions: region }), FOUR[0]]),
      { threshold: 0.5 },
    );
    expect(counts.ignoredRegions).toBe(1);
    expect(operating.falseAlarms).toBe(0);
    expect(operating.images).toMatchObject({ trueNegatives: 0, falsePositives: 0 });
  });

  test("evaluates images without lesions, and without detections", () => {
    const healthy = evaluate(record([FOUR[2], FOUR[3]]));
    expect(healthy.froc).toBeUndefined();
    expect(healthy.operating.sensitivity.value).toBeNaN();
    expect(healthy.operating.falseAlarms).toBe(1);
    expect(healthy.warnings.map(({ code }) => code)).toContain("no_lesions");
    const silent = evaluate(record([image("a.png", [SMALL], []), FOUR[3]]));
    expect(silent.operating).toMatchObject({ found: 0, lesions: 1, falseAlarms: 0 });
    expect(silent.operating.threshold).toBeUndefined();
    expect(silent.calibration).toBeUndefined();
    expect(silent.warnings.map(({ code }) => code)).toContain("no_detections");
    expect(() => evaluate(record([]))).toThrow(ArgumentError);
  });

  test("says when a rule cannot be kept", () => {
    const { operating, warnings } = evaluate(record([image("a.png", [SMALL], [[50, 50, 60, 60, 0, 0.7]])]), {
      rule: { by: "sensitivity", atLeast: 0.9 },
    });
    expect(warnings).toContainEqual({ code: "rule_not_kept", rule: "sensitivity>=0.9" });
    expect(operating.falseAlarms).toBe(1);
  });

  test("tells one class from another in the matrix, from the threshold on", () => {
    const { confusion } = evaluate(
      record([image("a.png", [SMALL], [[0, 0, 10, 10, 1, 0.5]]), image("b.png", [LARGE], [])]),
      { threshold: 0.5 },
    );
    // Rows reported (nodule, mass, missed), columns marked (nodule, mass, nothing).
    expect([...confusion]).toEqual([0, 0, 0, 1, 0, 0, 1, 0, 0]);
  });
});
