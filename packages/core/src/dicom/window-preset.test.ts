import { describe, expect, test } from "vitest";
import { ArgumentError } from "../errors";
import { applyWindow } from "./window";
import { parseWindow, parseWindows, WINDOW_PRESETS } from "./window-preset";

describe("parseWindow", () => {
  test("knows presets in capitals too", () => {
    expect(parseWindow(" Lung ")).toEqual({ kind: "window", name: "lung", window: { center: -600, width: 1500 } });
  });

  test.each([
    ["auto", { kind: "auto" }],
    ["percentile", { kind: "percentile", tail: 0.5 }],
    ["percentile:2", { kind: "percentile", tail: 2 }],
    ["-600,1500", { kind: "window", window: { center: -600, width: 1500, voiLutFunction: "LINEAR" } }],
    ["40,400,sigmoid", { kind: "window", window: { center: 40, width: 400, voiLutFunction: "SIGMOID" } }],
    ["0.5,0.25,LINEAR_EXACT", { kind: "window", window: { center: 0.5, width: 0.25, voiLutFunction: "LINEAR_EXACT" } }],
  ])("reads %s", (text, choice) => {
    expect(parseWindow(text)).toEqual(choice);
  });

  test.each([
    ["lungs", "did you mean lung?"],
    ["40", "wanted auto, percentile, lung"],
    ["40,0.5", "wanted auto"], // LINEAR needs a width of 1
    ["40,400,LINEAR,1", "wanted auto"],
    ["40,400,CUBIC", "wanted auto"],
    ["percentile:50", "from 0 to 50"],
    ["", "wanted auto"],
  ])("refuses %j", (text, message) => {
    expect(() => parseWindow(text)).toThrow(ArgumentError);
    expect(() => parseWindow(text)).toThrow(message);
  });
});

describe("parseWindows", () => {
  test("splits at plus signs, but not at one that begins a number", () => {
    expect(parseWindows("lung+mediastinum+bone").map((choice) => "name" in choice && choice.name)).toEqual([
      "lung",
      "mediastinum",
      "bone",
    ]);
    expect(parseWindows("+40,400")).toHaveLength(1);
    expect(parseWindows("-600,1500+40,400")).toHaveLength(2);
  });
});

// PS3.3 C.11.2.1.2.1: black up to c - 0.5 - (w - 1) / 2, white above c - 0.5 + (w - 1) / 2.
test.each([
  ["lung", -1350, 149],
  ["mediastinum", -125, 224],
  ["bone", -500, 1299],
  ["brain", 0, 79],
  ["stroke", 28, 35],
  ["subdural", -33, 182],
  ["temporal-bone", -800, 1999],
  ["soft-tissue", -160, 239],
  ["abdomen", -150, 249],
  ["liver", -45, 104],
  ["spine", -75, 174],
  ["angio", 0, 599],
] as const)("%s is black at %d HU and white at %d HU, and nowhere between", (name, black, white) => {
  const [center, width] = WINDOW_PRESETS[name];
  const values = Float32Array.of(black, white, black + width * 0.2, white - width * 0.2);
  const out = applyWindow(values, { center, width }, new Uint8ClampedArray(4));
  expect([out[0], out[1]]).toEqual([0, 255]);
  expect(out[2]).toBeGreaterThan(0);
  expect(out[3]).toBeLessThan(255);
});
