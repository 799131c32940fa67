import { describe, expect, test } from "vitest";
import { FoveaError } from "../errors";
import { parseYoloLabels } from "./yolo-labels";

const options = { nc: 3, file: "labels/a.txt" };
const parse = (text: string) => parseYoloLabels(text, options);

describe("parseYoloLabels", () => {
  test("reads boxes", () => {
    const { labels, problems } = parse("0 0.5 0.25 0.1 0.2\n2 1 0 1e-1 .5\n");
    expect(labels).toEqual([
      { classId: 0, cx: 0.5, cy: 0.25, w: 0.1, h: 0.2 },
      { classId: 2, cx: 1, cy: 0, w: 0.1, h: 0.5 },
    ]);
    expect(problems).toEqual([]);
  });

  test("reads outlines, whose box is the smallest around them, beside boxes", () => {
    // x from 0.25 to 0.75, y from 0.5 to 1: centre (0.5, 0.75), size 0.5 x 0.5. All exact in float32.
    const { labels } = parse("1 0.25 0.5 0.75 0.5 0.5 1\n0 0.5 0.5 0.25 0.25");
    expect(labels[0]).toMatchObject({ classId: 1, cx: 0.5, cy: 0.75, w: 0.5, h: 0.5 });
    expect([...(labels[0].polygon ?? [])]).toEqual([0.25, 0.5, 0.75, 0.5, 0.5, 1]);
    expect(labels[1]).toEqual({ classId: 0, cx: 0.5, cy: 0.5, w: 0.25, h: 0.25 });
  });

  test.each([
    ["nothing", ""],
    ["blank lines", "\n  \r\n\n"],
    ["a byte order mark", "\uFEFF\n"],
  ])("reads %s as an image without lesions", (_, text) => {
    expect(parse(text)).toEqual({ labels: [], problems: [] });
  });

  test("takes line ends of all systems, tabs, a byte order mark, and classes written as 1.0", () => {
    const { labels } = parse("\uFEFF0\t0.5 0.5  0.1 0.1\r\n1.0 0.5 0.5 0.2 0.2\r2 0.5 0.5 0.3 0.3 \n");
    expect(labels.map((label) => label.classId)).toEqual([0, 1, 2]);
  });

  test("removes repeated rows and says so once", () => {
    const row = "0 0.5 0.5 0.1 0.1";
    const { labels, problems } = parse([row, "0 0.50 0.500 0.1 0.1", "1 0.5 0.5 0.1 0.1", row].join("\n"));
    expect(labels.length).toBe(2);
    expect(problems).toEqual([
      {
        severity: "warning",
        code: "invalid_label",
        file: "labels/a.txt",
        at: "lines 2, 4",
        message: "2 repeated of an earlier row, left out",
      },
    ]);
  });

  test("leaves out boxes without width or height and says so", () => {
    const { labels, problems } = parse("0 0.5 0.5 0 0.1\n0 0.5 0.5 0.1 0.1\n1 0.1 0.1 0.2 0.1 0.3 0.1");
    expect(labels.length).toBe(1);
    expect(problems.map(({ at, severity }) => [at, severity])).toEqual([
      ["line 1", "warning"],
      ["line 3", "warning"],
    ]);
  });

  test("cuts what rounding has put just above 1", () => {
    expect(parse("0 1.0000005 0.5 0.1 0.1").labels[0].cx).toBe(1);
  });

  test.each([
    ["four columns", "0 0.5 0.5 0.1", "4 columns"],
    ["six columns", "0 0.5 0.5 0.1 0.1 0.9", "6 columns"],
    ["an outline with half a point", "0 0.1 0.1 0.2 0.2 0.3 0.3 0.4", "8 columns"],
    ["a class alone", "0", "1 columns"],
    ["commas", "0,0.5,0.5,0.1,0.1", "1 columns"],
    ["a word", "nodule 0.5 0.5 0.1 0.1", '"nodule" is not a number'],
    ["NaN", "0 nan 0.5 0.1 0.1", '"nan" is not a number'],
    ["infinity", "0 0.5 inf 0.1 0.1", '"inf" is not a number'],
    ["a number that overflows", "0 0.5 1e999 0.1 0.1", "coordinate 1e999 in column 3"],
    ["hexadecimal", "0 0x1 0.5 0.1 0.1", '"0x1" is not a number'],
    ["pixels instead of fractions", "0 320 240 50 40", "coordinate 320 in column 2"],
    ["a value above 1", "0 0.5 0.5 1.2 0.1", "coordinate 1.2 in column 4"],
    ["a negative value", "0 0.5 -0.01 0.1 0.1", "coordinate -0.01 in column 3"],
    ["a point of an outline outside", "0 0.1 0.1 0.2 0.2 0.3 1.5", "coordinate 1.5 in column 7"],
    ["a class too high", "3 0.5 0.5 0.1 0.1", "class 3; the data set has 3 classes, 0 to 2"],
    ["a negative class", "-1 0.5 0.5 0.1 0.1", "class -1"],
    ["half a class", "0.5 0.5 0.5 0.1 0.1", "class 0.5"],
  ])("refuses %s, naming file and line", (_, row, message) => {
    let caught: unknown;
    try {
      parse(`0 0.5 0.5 0.1 0.1\n\n${row}\n`);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(FoveaError);
    expect(caught).toMatchObject({ code: "invalid_label", place: { file: "labels/a.txt", at: "line 3" } });
    expect((caught as FoveaError).message).toContain(`labels/a.txt: line 3: ${message}`);
  });
});
