import { describe, expect, test } from "vitest";
import { luna16, mostProbable } from "./luna16";
import { parseMarks, parseNodules, parseSeries } from "./luna16-csv";

const at = (x: number, series = "a") => ({ series, x, y: 0, z: 0 });
const few = { resamples: 10 };

describe("luna16", () => {
  // Radius 3: 2.9 is a hit, 3 is none.
  test("hits within less than half the diameter", () => {
    const nodules = [{ ...at(0), diameter: 6 }];
    const marks = [
      { ...at(2.9), probability: 0.5 },
      { ...at(3), probability: 0.9 },
    ];
    const { counts, curve } = luna16({ series: ["a"], nodules, excluded: [], marks }, few);
    expect(counts).toMatchObject({ truePositives: 1, falsePositives: 1, falseNegatives: 0, doubles: 0 });
    expect([...curve.fpPerScan]).toEqual([0, 1, 1]);
    expect([...curve.sensitivity]).toEqual([0, 0, 1]);
  });

  test("takes the most probable of several marks on a nodule, and one mark for several nodules", () => {
    const nodules = [
      { ...at(0), diameter: 6 },
      { ...at(1), diameter: 6 },
    ];
    const marks = [
      { ...at(0.5), probability: 0.4 },
      { ...at(0.6), probability: 0.8 },
    ];
    const { counts, candidates } = luna16({ series: ["a"], nodules, excluded: [], marks }, few);
    expect(candidates.map(({ probability }) => probability)).toEqual([0.8, 0.8]);
    expect(counts).toMatchObject({ truePositives: 2, falsePositives: 0, doubles: 2 });
  });

  test("leaves marks on excluded findings out, 10 mm wide where nobody measured", () => {
    const nodules = [{ ...at(100), diameter: 6 }];
    const excluded = [{ ...at(0), diameter: -1 }];
    const marks = [at(4.9), at(5)].map((one) => ({ ...one, probability: 0.5 }));
    const { counts } = luna16({ series: ["a"], nodules, excluded, marks }, few);
    expect(counts).toMatchObject({ onExcluded: 1, falsePositives: 1, falseNegatives: 1 });
  });

  test("leaves scans out that are not listed", () => {
    const nodules = [
      { ...at(0), diameter: 6 },
      { ...at(0, "b"), diameter: 6 },
    ];
    const marks = [{ ...at(50, "b"), probability: 0.5 }];
    const { counts } = luna16({ series: ["a"], nodules, excluded: [], marks }, few);
    expect(counts).toMatchObject({ scans: 1, nodules: 1, candidates: 0, falsePositives: 0 });
  });

  test("refuses scans without a nodule, and a scan listed twice", () => {
    const input = { nodules: [], excluded: [], marks: [] };
    expect(() => luna16({ series: ["a"], ...input })).toThrow("0 lesions");
    expect(() => luna16({ series: ["a", "a"], ...input })).toThrow("scan a is listed twice");
  });
});

// The third has 0.5, and so has the second: only what is more probable stays.
test("mostProbable keeps fewer than it might where several are as probable as the next", () => {
  const marks = [0.5, 0.9, 0.5, 0.1].map((probability) => ({ probability }));
  expect(mostProbable(marks, 2)).toEqual([{ probability: 0.9 }]);
  expect(mostProbable(marks, 4)).toEqual(marks);
});

describe("tables of LUNA16", () => {
  test("are read by the names of their columns", () => {
    const text = "\uFEFFprobability,seriesuid,coordZ,coordY,coordX,more\r\n0.5,a,3,2,1,x\r\n\r\n";
    expect(parseMarks(text)).toEqual([{ series: "a", x: 1, y: 2, z: 3, probability: 0.5 }]);
    expect(parseSeries("seriesuid\na\n\nb\n")).toEqual(["a", "b"]);
  });

  test("say what they lack, and where", () => {
    expect(() => parseNodules("seriesuid,coordX,coordY\n", "a.csv")).toThrow(
      "a.csv: line 1: no column coordz, diameter_mm",
    );
    const text = "seriesuid,coordX,coordY,coordZ,diameter_mm\na,1,2,3,\n";
    expect(() => parseNodules(text, "a.csv")).toThrow('a.csv: line 2, diameter_mm: "", expected a number');
  });
});
