import type { ValueDisplay } from "@fovea/core/dicom/measured-image";
import { describe, expect, test } from "vitest";
import { DISPLAY_NUMBERS, packDisplay, unpackDisplay } from "./packed-display";

const display: ValueDisplay = {
  first: -1024,
  slope: -0.1,
  intercept: 1 / 3,
  window: { center: 1e-7, width: 65535.5, voiLutFunction: "SIGMOID" },
  inverted: true,
};

describe("packDisplay", () => {
  test("gives a row of numbers that says the same", () => {
    const row = packDisplay(display);
    expect([...row]).toEqual([-1024, -0.1, 1 / 3, 1e-7, 65535.5, 2, 1]);
    expect(row.length).toBe(DISPLAY_NUMBERS);
    expect(unpackDisplay(row)).toEqual(display);
    const exact: ValueDisplay = { ...display, window: { ...display.window, voiLutFunction: "LINEAR_EXACT" } };
    expect(unpackDisplay(packDisplay(exact))).toEqual(exact);
  });

  test("names the function that a window without one has", () => {
    const window = { center: 40, width: 400 };
    const plain = { ...display, window, inverted: false };
    expect(unpackDisplay(packDisplay(plain))).toEqual({ ...plain, window: { ...window, voiLutFunction: "LINEAR" } });
  });
});
