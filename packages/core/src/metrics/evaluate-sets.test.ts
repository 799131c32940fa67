import { describe, expect, test } from "vitest";
import type { AnnotationSet } from "../dataset/annotation-set";
import { parseCaseTable } from "../dataset/case-table";
import { ArgumentError, FoveaError } from "../errors";
import { patientOf, spacingOf } from "./case-attributes";
import { recordOfSets } from "./evaluate-sets";

const box = { x1: 0, y1: 0, x2: 10, y2: 10 };
const TRUTH: AnnotationSet = {
  categories: [
    { name: "nodule", id: 3 },
    { name: "mass", id: 7 },
  ],
  images: [
    {
      file: "one/a.png",
      id: 5,
      attributes: { patient_id: "P1", pixel_spacing: "0.5\\0.8" },
      annotations: [
        { classId: 0, box, score: 0.4 },
        { classId: 1, box, crowd: true },
      ],
    },
    { file: "one/b.png", id: 6, annotations: [] },
  ],
};

const found = (file: string, score?: number, name = "mass"): AnnotationSet => ({
  categories: [{ name }, { name: "nodule" }],
  images: [{ file, annotations: [{ classId: 0, box, ...(score !== undefined && { score }) }] }],
});

describe("recordOfSets", () => {
  test("goes by names of classes, takes crowds for regions and scores of readers for certainty", () => {
    const [a] = recordOfSets(TRUTH, { categories: [{ name: "mass" }], images: [] }).cases;
    expect(a).toMatchObject({ patient: "P1", spacingMm: { x: 0.8, y: 0.5 } });
    expect([...a.truth.classIds]).toEqual([0]);
    expect(a.certainty?.[0]).toBeCloseTo(0.4, 6);
    expect([...a.regions]).toEqual([0, 0, 10, 10]);
    const { cases } = recordOfSets(TRUTH, found("b.jpg", 0.5));
    expect([...cases[1].detections.classIds]).toEqual([1]);
  });

  test("takes what a table says before what the truth says", () => {
    const table = parseCaseTable("image,patient_id,site\na.png,P9,north\n", "cases.csv");
    const { cases } = recordOfSets(TRUTH, found("one/b.png", 0.5), { attributesOf: table.of });
    expect(cases[0]).toMatchObject({ patient: "P9", attributes: { site: "north" } });
    expect(cases[1].patient).toBeUndefined();
  });

  test("takes the patient of a table under whatever name", () => {
    const attributesOf = () => ({ patient: "P9" });
    const { cases } = recordOfSets(TRUTH, found("one/b.png", 0.5), { attributesOf });
    expect(cases.map(({ patient }) => patient)).toEqual(["P9", "P9"]);
  });

  test("never puts detections of one file in place of another's", () => {
    const both = (first: string, second: string): AnnotationSet => ({
      categories: [{ name: "mass" }],
      images: [first, second].map((file, i) => ({ file, annotations: [{ classId: 0, box, score: 0.5 + 0.1 * i }] })),
    });
    // The truth's own file is there: one of the same name in another folder is another image.
    expect(() => recordOfSets(TRUTH, both("one/b.png", "two/b.png"))).toThrow("two/b.png, an image that the truth");
    expect(() => recordOfSets(TRUTH, both("two/b.png", "three/b.png"))).toThrow("both detections of one/b.png");
  });

  test("keeps as many detections of an image as are asked for", () => {
    const many = Array.from({ length: 120 }, () => ({ classId: 0, box, score: 0.5 }));
    const set = { categories: [{ name: "nodule" }], images: [{ file: "one/b.png", annotations: many }] };
    const kept = (mostDetections?: number) => recordOfSets(TRUTH, set, { mostDetections }).cases[1].hits.length;
    expect([kept(), kept(110), kept(Number.POSITIVE_INFINITY)]).toEqual([100, 110, 120]);
  });

  test.each([
    ["no score", found("one/b.png")],
    ["a score beyond 1", found("one/b.png", 3.5)],
    ["another image", found("other.png", 0.5)],
    ["another class", found("one/b.png", 0.5, "cyst")],
  ])("refuses a detection of %s", (_, detections) => {
    expect(() => recordOfSets(TRUTH, detections)).toThrow(ArgumentError);
  });
});

describe("parseCaseTable", () => {
  test("finds an image by its last parts, with or without ending", () => {
    const table = parseCaseTable('\uFEFFFile,sex\r\n"x/a.png",F\r\nb,M\r\n', "t.csv");
    expect(table.of("root/x/a.png")).toEqual({ sex: "F" });
    expect(table.of("y/b.dcm")).toEqual({ sex: "M" });
    expect(table.of("y/c.png")).toBeUndefined();
  });

  test("refuses a table without images, and one that contradicts itself", () => {
    expect(() => parseCaseTable("name,sex\na,F\n", "t.csv")).toThrow(FoveaError);
    expect(() => parseCaseTable("image,sex\na,F\na,M\n", "t.csv")).toThrow("t.csv: row 2: a has two rows that differ");
  });
});

describe("case attributes", () => {
  test("name patient and spacing whatever the source calls them", () => {
    expect(patientOf({ PatientID: "7" })).toBe("7");
    expect(patientOf({ patient: "" })).toBeUndefined();
    expect(patientOf({ patient: "", patient_id: "8" })).toBe("8");
    expect(spacingOf({ spacing_mm: 0.7 })).toEqual({ x: 0.7, y: 0.7 });
    expect(spacingOf({ PixelSpacing: "0.5\\0.6" })).toEqual({ x: 0.6, y: 0.5 });
    expect(spacingOf({ spacing_mm: "unknown" })).toBeUndefined();
  });
});
