import { describe, expect, test } from "vitest";
import { ArgumentError } from "../errors";
import { image } from "./image";
import { applyTable, brightnessContrastMap, gammaMap, joinTables, toneTable } from "./tone";

describe("a gamma, as a table", () => {
  // 255 (v / 255)^g: 64 at 0.8 is 84.39, at 1.2 is 48.54; 128 at 0.8 is 146.93, at 2 is 64.25.
  test.each([
    [0.8, 64, 84],
    [1.2, 64, 49],
    [0.8, 128, 147],
    [2, 128, 64],
    [1.2, 0, 0],
    [0.8, 255, 255],
    [1, 201, 201],
  ])("of %d takes %d to %d", (gamma, value, expected) => {
    expect(applyTable(image(1, 1, 1, Uint8Array.of(value)), toneTable(gammaMap(gamma))).data[0]).toBe(expected);
  });

  test("refuses what is not above 0", () => {
    expect(() => gammaMap(0)).toThrow(ArgumentError);
    expect(() => gammaMap(Number.NaN)).toThrow("gamma is NaN");
  });
});

describe("brightness and contrast, as a table", () => {
  test("scales from black, then adds a share of the range", () => {
    // 100 x 1.2 + 0.1 x 255 = 145.5, half to even 146; 250 is clamped.
    const table = toneTable(brightnessContrastMap({ contrast: 0.2, brightness: 0.1 }));
    expect([...applyTable(image(3, 1, 1, Uint8Array.of(100, 250, 0)), table).data]).toEqual([146, 255, 26]);
  });

  test("of nothing changes nothing", () => {
    expect([...toneTable(brightnessContrastMap({}))]).toEqual(Array.from({ length: 256 }, (_, i) => i));
  });
});

test("joinTables does one after the other", () => {
  const [darker, gamma] = [toneTable(brightnessContrastMap({ contrast: -0.5 })), toneTable(gammaMap(2))];
  // 200 becomes 100 becomes 255 (100 / 255)^2 = 39.2.
  expect(joinTables(darker, gamma)[200]).toBe(39);
});

describe("brightnessContrastMap", () => {
  test("goes on beyond black and white", () => {
    const map = brightnessContrastMap({ contrast: -0.5, brightness: 0.2 });
    // Half, and .2 x 255 = 51.
    expect([-300, 0, 255, 600].map(map)).toEqual([-99, 51, 178.5, 351]);
  });
});

describe("gammaMap", () => {
  test("goes on beyond white, and below black with the sign turned", () => {
    const map = gammaMap(2);
    // 255 (510 / 255)^2 = 1020.
    expect([-510, -255, 0, 255, 510].map(map)).toEqual([-1020, -255, 0, 255, 1020]);
  });
});
