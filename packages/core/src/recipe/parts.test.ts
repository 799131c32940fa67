import { describe, expect, test } from "vitest";
import { ArgumentError } from "../errors";
import { networkByName } from "../nn/network-by-name";
import { frozenRows, partOf, trainableRows } from "./parts";

const yolov8 = networkByName("yolov8n").network;
const yolo12 = networkByName("yolo12n").network;

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe("partOf", () => {
  // The published YAMLs: YOLOv8 has backbone rows 0 to 9 and Detect in 22, YOLO12 0 to 8 and Detect in 21.
  test.each([
    ["yolov8n", yolov8, 9, 22],
    ["yolo12n", yolo12, 8, 21],
  ] as const)("knows backbone, neck and head of %s", (_, network, lastOfBackbone, head) => {
    expect(partOf(network, 0)).toBe("backbone");
    expect(partOf(network, lastOfBackbone)).toBe("backbone");
    expect(partOf(network, lastOfBackbone + 1)).toBe("neck");
    expect(partOf(network, head - 1)).toBe("neck");
    expect(partOf(network, head)).toBe("head");
  });
});

describe("trainableRows", () => {
  test.each([
    [["head"], [22]],
    [["neck"], range(10, 21)],
    [["backbone"], range(0, 9)],
    // Half of ten rows.
    [["upper_backbone"], range(5, 9)],
    [["all"], range(0, 22)],
    [["20-"], [20, 21, 22]],
    [
      ["0-2", "7"],
      [0, 1, 2, 7],
    ],
    [["head", "22"], [22]],
  ])("reads %j as rows %j", (trainable, rows) => {
    expect([...trainableRows(trainable, yolov8, "trainable")]).toEqual(rows);
  });

  test.each([
    ["haed", "did you mean head?"],
    ["-3", "or rows such as 4-, 0-9, 22"],
    ["23", "wanted rows from 0 to 22"],
    ["9-4", "the smaller one first"],
  ])("refuses %s", (item, message) => {
    const read = () => trainableRows([item], yolov8, "stages[0].trainable");
    expect(read).toThrow(ArgumentError);
    expect(read).toThrow(message);
    expect(read).toThrow(`stages[0].trainable: got ${item}`);
  });
});

describe("frozenRows", () => {
  test.each([
    ["0", []],
    ["", []],
    ["3", [0, 1, 2]],
    ["[3]", [3]],
    ["0,1,5", [0, 1, 5]],
    ["[0, 1, 5]", [0, 1, 5]],
    ["2,2", [2]],
  ])('reads "%s" as rows %j', (text, rows) => {
    expect([...frozenRows(text, 10)]).toEqual(rows);
  });

  test.each(["-1", "1.5", "backbone", "0,x", "0,10", "[10]", "3,,4", "11", "99999999999"])('refuses "%s"', (text) => {
    expect(() => frozenRows(text, 10)).toThrow(ArgumentError);
    expect(() => frozenRows(text, 10)).toThrow(/wanted a number or a list of rows from 0 to 9/);
  });

  test.each(["10", "0,1,2,3,4,5,6,7,8,9"])('refuses "%s", which leaves nothing to train', (text) => {
    expect(() => frozenRows(text, 10)).toThrow(/leaves none of the 10 rows to train/);
  });

  test("counts a row that is named twice once", () => {
    expect(frozenRows("0,1,2,3,4,5,0,1,2,3,4,5", 10).size).toBe(6);
  });
});
