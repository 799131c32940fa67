import { describe, expect, test } from "vitest";
import { madeImage } from "../../test/made-image";
import { displayValues } from "./display-values";
import { dragged, initialWindow, rangeOf, windowChoices, windowOf } from "./window-choice";

const CT = madeImage({ modality: "CT", signed: true });
const VALUES = { rescale_slope: 1, rescale_intercept: -1024, windows: [{ center: 40, width: 400, explanation: null }] };
const display = { pixels: new Int16Array([0]), channels: 1, min: 0, max: 0, slope: 1, intercept: -1024 } as const;

describe("windowChoices", () => {
  test("offers a CT its own window, one that fits, and the presets, each under its key", () => {
    const choices = windowChoices(CT, VALUES).map(({ name, digit }) => `${digit} ${name}`);
    expect(choices).toEqual(["1 file", "2 automatic", "3 lung", "4 mediastinum", "5 soft-tissue", "6 bone", "7 brain"]);
  });

  test("offers other modalities no window in Hounsfield units", () => {
    const names = windowChoices({ ...CT, modality: "MR" }, { ...VALUES, windows: [] }).map(({ name }) => name);
    expect(names).toEqual(["automatic"]);
  });

  test("offers colour none", () => {
    expect(windowChoices({ ...CT, photometric_interpretation: "RGB" }, VALUES)).toEqual([]);
  });
});

describe("rangeOf", () => {
  test("follows PS3.3 C.11.2.1.2.1: black up to c - 0.5 - (w - 1) / 2, white from c - 0.5 + (w - 1) / 2 on", () => {
    // In HU from -160 to 239, in stored values 1024 more.
    expect(rangeOf({ center: 40, width: 400 }, display)).toEqual({ lower: 864, upper: 1263, falls: false });
  });

  test("takes LINEAR_EXACT as written", () => {
    const window = { center: 40, width: 400, voiLutFunction: "LINEAR_EXACT" as const };
    expect(rangeOf(window, { slope: 2, intercept: 0 })).toEqual({ lower: -80, upper: 120, falls: false });
  });

  test("tells of a rescale that falls, where black and white change places", () => {
    const window = { center: 100, width: 50, voiLutFunction: "LINEAR_EXACT" as const };
    expect(rangeOf(window, { slope: -1, intercept: 1000 })).toEqual({ lower: 875, upper: 925, falls: true });
  });

  test("keeps a window of width 1 from having no width", () => {
    const { lower, upper } = rangeOf({ center: 10, width: 1 }, { slope: 1, intercept: 0 });
    expect(upper).toBeGreaterThan(lower);
  });
});

describe("initialWindow", () => {
  test("is the file's own", () => {
    expect(initialWindow(CT, VALUES, display)).toEqual({
      window: { center: 40, width: 400, voiLutFunction: "LINEAR" },
      windowName: "file",
    });
  });

  test("is not called the file's where that gives none, or one too narrow for its function", () => {
    const narrow = { ...VALUES, windows: [{ center: 40, width: 0.5, explanation: null }] };
    for (const values of [narrow, { ...VALUES, windows: [] }]) {
      expect(initialWindow(CT, values, display).windowName).toBe("automatic");
    }
  });

  test("is all of 8 bits where an 8-bit file says nothing", () => {
    const image = madeImage({ bits_allocated: 8, bits_stored: 8 });
    const byte = { ...display, pixels: new Uint8Array([7]), intercept: 0 };
    const { window, windowName } = initialWindow(image, { ...VALUES, windows: [] }, byte);
    expect(window).toMatchObject({ center: 127.5, width: 255 });
    expect(windowName).toBeUndefined();
  });

  test("fits the values of other files, in modality values, padding left out", () => {
    const image = madeImage({ columns: 100, rows: 10, pixel_padding: { low: 5000, high: 5000 } });
    const stored = Uint16Array.from({ length: 1000 }, (_, i) => (i % 2 === 0 ? 5000 : i));
    const values = { rescale_slope: 2, rescale_intercept: 10, windows: [] };
    const display = displayValues(stored.buffer, { ...image, values }, 0);
    const { center, width } = initialWindow({ ...image, values }, values, display).window;
    // Odd numbers from 1 to 999; 0.5 % at either end are two and a half values.
    expect(center).toBeCloseTo(2 * 500 + 10, -1);
    expect(width).toBeGreaterThan(2 * 980);
    expect(width).toBeLessThanOrEqual(2 * 998);
  });
});

describe("windowOf", () => {
  test("has the usual lung window", () => {
    expect(windowOf("lung", CT, VALUES, display)).toEqual({ center: -600, width: 1500 });
  });

  test("has no window of the file where it names none", () => {
    expect(windowOf("file", CT, { ...VALUES, windows: [] }, display)).toBeUndefined();
  });
});

describe("dragged", () => {
  test("widens to the right and moves the centre by its width", () => {
    expect(dragged({ center: 40, width: 400 }, 0, 50)).toMatchObject({ center: 80, width: 400 });
    expect(dragged({ center: 40, width: 400 }, 250 * Math.LN2, 0).width).toBeCloseTo(800, 9);
  });

  test("never narrows a window below what its function allows", () => {
    expect(dragged({ center: 0, width: 2 }, -1e5, 0).width).toBe(1);
  });
});
