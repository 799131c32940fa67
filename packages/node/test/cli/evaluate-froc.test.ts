/**
 * @file `fovea evaluate froc`, `evaluate luna16`, `evaluate detections` and `compare`: numbers, keys of the JSON, what is
 * refused.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Desk } from "./command";

const image = (id: number, patient: string) => {
  return { id, file_name: `${id}.png`, width: 100, height: 100, patient_id: patient };
};
const at = (image_id: number, x: number, category_id = 1) => ({ image_id, category_id, bbox: [x, 0, 10, 10] });
const marked = (id: number, image_id: number, x: number, rest = {}) => {
  return { id, ...at(image_id, x), area: 100, iscrowd: 0, ...rest };
};

/** Names as an enemy would choose them. */
const NAMES = ["<script>alert(1)</script>", "__proto__"];

// Two lesions in image 1, one in 2; 3 has none; in 4 one of three readers saw something.
const TRUTH = {
  images: [image(1, "A"), image(2, "A"), image(3, "B"), image(4, "C")],
  categories: NAMES.map((name, i) => ({ id: i + 1, name })),
  annotations: [
    ...[marked(1, 1, 0), marked(2, 1, 30), marked(3, 2, 0)],
    marked(4, 4, 50, { iscrowd: 1, ignore: 1, num_experts: 1 }),
  ],
};

// Hits at 0.9 and, twice, at 0.8 and 0.7; a false alarm at 0.6 in the healthy image; one mark on what is to be ignored.
const FOUND = [
  ...[
    { ...at(1, 0), score: 0.9 },
    { ...at(2, 0), score: 0.8 },
    { ...at(2, 1), score: 0.7 },
  ],
  ...[
    { ...at(3, 20), score: 0.6 },
    { ...at(4, 50), score: 0.95 },
  ],
];

let desk: Desk;
const write = (name: string, value: unknown) => writeFileSync(desk.path(name), JSON.stringify(value));
const numbers = (name: string) => JSON.parse(readFileSync(desk.path(name), "utf8"));
beforeAll(async () => {
  desk = await Desk.make();
  write("gt.json", TRUTH);
  write("dt.json", FOUND);
  write("worse.json", FOUND.slice(1));
  write("nothing.json", []);
  write(
    "text-ids.json",
    FOUND.map((one) => ({ ...one, image_id: String(one.image_id) })),
  );
  write("healthy.json", { ...TRUTH, annotations: [] });
  writeFileSync(desk.path("nan.json"), JSON.stringify(FOUND).replace("0.9", "NaN"));
});
afterAll(() => desk.remove());

describe("fovea evaluate froc", () => {
  test("counts hits once, leaves ignored regions out, and tells images from patients", async () => {
    const froc = "evaluate froc --gt gt.json --dt dt.json --bootstrap 50 --fp 0.125,1";
    const told = await desk.succeed(`${froc} --operating-point fp<=0.1 --json out/froc.json`);
    expect(told).toContain("By image: 2 with and 1 without lesion, 1 with nothing but what is to be ignored");
    const written = numbers("out/froc.json");
    expect(Object.keys(written)).toEqual([
      ...["per", "scans", "points", "all", "classes", "sizes", "subgroups", "cases", "operatingPoint", "curve"],
    ]);
    // Two of three lesions, one false alarm in four images; the second hit counts nowhere.
    expect(written.curve.fpPerScan).toEqual([0, 0, 0, 0.25]);
    expect(written.curve.sensitivity).toEqual([0, 1 / 3, 2 / 3, 2 / 3]);
    expect(written.operatingPoint).toMatchObject({ fpPerScan: 0, sensitivity: 2 / 3, rule: "fp<=0.1", per: "image" });
    expect(written.operatingPoint.threshold).toBeCloseTo(0.8, 6);
    expect(written.classes.map(({ value, lesions }: Record<string, unknown>) => [value, lesions])).toEqual([
      ...[
        [NAMES[0], 3],
        [NAMES[1], 0],
      ],
    ]);
    // Of A and B; C is neither.
    await desk.succeed(`${froc} --per patient --json patients.json`);
    const { scans, curve, cases } = numbers("patients.json");
    expect([scans, curve.fpPerScan.at(-1), cases.positives, cases.negatives, cases.neither]).toEqual([
      3,
      1 / 3,
      1,
      1,
      1,
    ]);
  });

  test("of no detections finds nothing, with an interval that says how sure that is", async () => {
    await desk.succeed("evaluate froc --gt gt.json --dt nothing.json --fp 1 --json none.json");
    // All lesions are one patient's: Wilson's of 0 of 1 ends at 3.8415 / 4.8415.
    expect(numbers("none.json").all).toMatchObject({
      sensitivity: [0],
      intervals: [{ low: 0, high: expect.closeTo(0.7935, 4) }],
    });
  });

  test.each([
    ["froc --gt healthy.json --dt dt.json", 2, "0 lesions"],
    ["froc --gt gt.json --dt text-ids.json", 1, "text-ids.json: [0]: none of its results can be used: image_id 1"],
    ["froc --gt gt.json --dt nan.json", 1, "nan.json: "],
    ["froc --gt gt.json --dt dt.json --by site", 2, "no image has site; known are patient_id"],
    ["froc --gt gt.json --dt dt.json --per site", 2, "1.png: no site is known"],
    ["froc --gt gt.json --dt nothing.json --operating-point fp<=1", 2, "there are no detections"],
    ["froc --gt gt.json --dt dt.json --operating-point sensitivity>=0.9", 2, "never reached; the most is 0.66"],
    ["froc --gt gt.json --dt dt.json --operating-point best", 2, "wanted fp<=0.5"],
    ["froc --gt gt.json --dt dt.json --model m.safetensors", 2, "give --operating-point"],
    ["detections --gt gt.json --dt text-ids.json --report none", 1, "none of its results can be used"],
  ])("refuses %s", async (line, exit, message) => {
    const { code, stderr } = await desk.run(`evaluate ${line}`);
    expect([code, stderr]).toEqual([exit, expect.stringContaining(message)]);
    expect(existsSync(desk.path("none"))).toBe(false);
  });
});

test("fovea evaluate detections agrees with froc on what is ignored, and runs no name as a script", async () => {
  await desk.succeed("evaluate detections --gt gt.json --dt dt.json --report out/report --lang en --resamples 50");
  const { counts, operating, roc } = numbers("out/report/evaluation.json");
  expect(counts).toMatchObject({ images: 4, patients: 3, lesions: 3, ignoredRegions: 1, detections: 4 });
  expect(operating.images).toMatchObject({ truePositives: 2, falseNegatives: 0 });
  expect(roc[0]).toMatchObject({ of: "image", positives: 2, negatives: 1 });
  for (const page of ["report.html", "summary.html"]) {
    expect(readFileSync(desk.path(`out/report/${page}`), "utf8")).not.toContain("<script");
  }
});

test("fovea compare tells the difference, both ways round", async () => {
  const told = await desk.succeed("compare --a worse.json --b dt.json --gt gt.json --bootstrap 50 --json out/c.json");
  expect(told).toContain("Only A finds 0 lesions, only B 1");
  const written = numbers("out/c.json");
  expect(Object.keys(written)).toEqual([
    ...["a", "b", "gt", "images", "lesions", "sensitivity", "cohensH", "cpm", "lesionsFound", "auc", "ap50", "level"],
    "sentences",
  ]);
  expect(written.sensitivity).toMatchObject({ a: 1 / 3, b: 2 / 3, difference: expect.closeTo(1 / 3, 12) });
  // Images 1 and 2 against 3: A has nothing in 1, which the false alarm of 3 beats; C's image is no case.
  expect(written.auc).toMatchObject({ a: 0.5, b: 1, difference: 0.5 });
  // Exact McNemar of 0 and 1: 1.
  expect(written.lesionsFound).toMatchObject({ onlyA: 0, onlyB: 1, exactP: 1 });
  const missing = await desk.run("compare --a dt.json --b none-such.json --gt gt.json");
  expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining("none-such.json")]);
});

describe("fovea evaluate luna16", () => {
  const files = "--annotations a.csv --excluded e.csv --seriesuids s.csv --results r.csv";
  beforeAll(() => {
    const nodule = "seriesuid,coordX,coordY,coordZ,diameter_mm";
    writeFileSync(desk.path("a.csv"), `${nodule}\none,0,0,0,10\ntwo,0,0,0,10\n`);
    writeFileSync(desk.path("e.csv"), `${nodule}\none,50,0,0,10\n`);
    writeFileSync(desk.path("s.csv"), "one\ntwo\n");
    // A hit, a mark on what is excluded, a false positive 90 mm off.
    const marks = ["one,1,0,0,0.9", "one,51,0,0,0.8", "two,90,0,0,0.7"];
    writeFileSync(desk.path("r.csv"), `seriesuid,coordX,coordY,coordZ,probability\n${marks.join("\n")}\n`);
  });

  test("writes operating points, sensitivities and score", async () => {
    await desk.succeed(`evaluate luna16 ${files} --bootstrap 50 --json out/luna16.json`);
    const written = numbers("out/luna16.json");
    expect(Object.keys(written)).toEqual(["counts", "operatingPoints", "sensitivity", "intervals", "cpm", "curve"]);
    expect(written.operatingPoints).toEqual([0.125, 0.25, 0.5, 1, 2, 4, 8]);
    expect(written.counts).toMatchObject({ truePositives: 1, falsePositives: 1, falseNegatives: 1, onExcluded: 1 });
    expect(written.sensitivity).toEqual([0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]);
    expect(written.cpm).toBe(0.5);
  });

  test("refuses a table that lacks a column or a number, by its line", async () => {
    writeFileSync(desk.path("bad.csv"), "seriesuid,coordX,coordY,coordZ,probability\none,0,0,0,NaN\n");
    const { code, stderr } = await desk.run(`evaluate luna16 ${files.replace("r.csv", "bad.csv")}`);
    expect([code, stderr]).toEqual([1, expect.stringContaining("bad.csv")]);
  });
});
