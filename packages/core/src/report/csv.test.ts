import { describe, expect, test } from "vitest";
import type { Finding } from "../finding";
import { findingsCsv, type RecordImage, recordCsv } from "./csv";
import type { ImageFindings } from "./findings";

const nodule: Finding = {
  classId: 0,
  className: "结节",
  confidence: 0.87654,
  box: { x1: 10, y1: 20.125, x2: 30.5, y2: 25 },
  sizeMm: { width: 10.25, height: 2.4375 },
};
const image = (file: string, findings: Finding[] = [], extra: Partial<ImageFindings> = {}): ImageFindings => ({
  ...{ file, width: 512, height: 480, findings },
  ...extra,
});
const lines = (...images: ImageFindings[]) => findingsCsv({ images }).slice(1).split("\r\n");

describe("findingsCsv", () => {
  test("begins with the byte order mark that makes Excel show Chinese, and ends with a line end", () => {
    const csv = findingsCsv({ images: [image("a.png", [nodule])] });
    expect([...new TextEncoder().encode(csv)].slice(0, 3)).toEqual([0xef, 0xbb, 0xbf]);
    expect(csv).toContain("结节");
    expect(csv.endsWith("\r\n")).toBe(true);
  });

  test("writes one row for each finding, in pixels and millimetres", () => {
    expect(lines(image("a.dcm", [nodule, nodule]))).toEqual([
      "file,width,height,class,confidence,x1,y1,x2,y2,width_px,height_px,width_mm,height_mm,error",
      "a.dcm,512,480,结节,0.8765,10.00,20.13,30.50,25.00,20.50,4.88,10.25,2.44,",
      "a.dcm,512,480,结节,0.8765,10.00,20.13,30.50,25.00,20.50,4.88,10.25,2.44,",
      "",
    ]);
  });

  test("writes one row for a file without findings, and one for a file that failed", () => {
    const error = { code: "invalid_dicom", message: 'b.dcm: "Rows" missing, stop' } as const;
    expect(lines(image("a.png"), image("b.dcm", [], { width: 0, height: 0, error })).slice(1, 3)).toEqual([
      "a.png,512,480,,,,,,,,,,,",
      'b.dcm,,,,,,,,,,,,,"b.dcm: ""Rows"" missing, stop"',
    ]);
  });

  test("has the size of an image of which a part could not be read: its boxes are of that size", () => {
    const error = { code: "not_found", message: "1 of 2 frames could not be analysed" } as const;
    expect(lines(image("a.dcm", [nodule], { error }))[1]).toBe(
      "a.dcm,512,480,结节,0.8765,10.00,20.13,30.50,25.00,20.50,4.88,10.25,2.44,1 of 2 frames could not be analysed",
    );
  });

  test("leaves millimetres empty without spacing", () => {
    const { sizeMm: _, ...plain } = nodule;
    expect(lines(image("a.png", [plain]))[1]).toBe("a.png,512,480,结节,0.8765,10.00,20.13,30.50,25.00,20.50,4.88,,,");
  });

  test("names the frame of a multi-frame file but the first", () => {
    expect(lines(image("a.dcm", [], { frame: 0 }), image("a.dcm", [], { frame: 7 })).slice(1, 3)).toEqual([
      "a.dcm,512,480,,,,,,,,,,,",
      "a.dcm [7],512,480,,,,,,,,,,,",
    ]);
  });

  test.each([
    ['=HYPERLINK("http://x")', '"\'=HYPERLINK(""http://x"")"'],
    ["+1.png", "'+1.png"],
    ["-1.png", "'-1.png"],
    ["@SUM(A1)", "'@SUM(A1)"],
    ["＝1+1", "'＝1+1"],
    ["\t=1", "'\t=1"],
  ])("keeps %j from being run as a formula", (file, cell) => {
    expect(lines(image(file))[1]).toBe(`${cell},512,480,,,,,,,,,,,`);
  });

  test.each([
    ["a,b.png", '"a,b.png"'],
    ['a"b.png', '"a""b.png"'],
    ["a\nb.png", '"a\nb.png"'],
    [" a.png", '" a.png"'],
  ])("quotes %j", (file, cell) => {
    expect(findingsCsv({ images: [image(file)] })).toContain(`\r\n${cell},512`);
  });

  test("is a header alone without images", () => {
    expect(lines().length).toBe(2);
  });
});

describe("recordCsv", () => {
  const className = (name: string) => (name === "mass" ? "=肿块, 大" : name);
  const error = ({ file }: { readonly file: string }) => (file === "b.dcm" ? "尚未分析" : "");
  const rows = (...images: RecordImage[]) => recordCsv(images, { className, error }).slice(1).split("\r\n");
  const mass = { ...nodule, className: "mass" };

  test("has what readers call a class, and why nothing is told, beside what programs read; new columns are behind those that were there", () => {
    const [head, ...others] = rows(image("a.dcm", [mass]), image("b.dcm"));
    expect(head).toBe(
      "file,width,height,class,class_shown,confidence,x1,y1,x2,y2,width_px,height_px,width_mm,height_mm,error,review,reviewed_by,reviewed_at,threshold,error_shown",
    );
    expect(others).toEqual([
      'a.dcm,512,480,mass,"\'=肿块, 大",0.8765,10.00,20.13,30.50,25.00,20.50,4.88,10.25,2.44,,,,,,',
      "b.dcm,512,480,,,,,,,,,,,,,,,,,尚未分析",
      "",
    ]);
  });

  test("says what was decided of each finding, when, and by whom where that is told; and each image's threshold", () => {
    const reviewedAt = new Date("2026-11-26T04:05:06.789Z");
    const findings = [
      { ...nodule, review: "accepted", reviewedBy: "key:anna", reviewedAt } as const,
      { ...nodule, review: "rejected", reviewedAt } as const,
      { ...nodule, review: "open" } as const,
    ];
    // A third as a threshold is written to four digits.
    const [, ...others] = rows(
      { ...image("a.dcm"), findings, threshold: 1 / 3 },
      { ...image("b.dcm"), threshold: 0.25 },
    );
    expect(others.map((row) => row.split(",").slice(15, -1))).toEqual([
      ["accepted", "key:anna", "2026-11-26T04:05:06.789Z", "0.3333"],
      ["rejected", "", "2026-11-26T04:05:06.789Z", "0.3333"],
      ["open", "", "", "0.3333"],
      ["", "", "", "0.25"],
      [],
    ]);
  });
});
