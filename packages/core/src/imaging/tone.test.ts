import { describe, expect, test } from "vitest";
import { ArgumentError } from "../errors";
import { image } from "./image";
import {
  adjustBrightnessContrast,
  adjustGamma,
  brightnessContrastMap,
  brightnessContrastTable,
  gammaMap,
  gammaTable,
  joinTables,
} from "./tone";

describe("adjustGamma", () => {
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
    expect(adjustGamma(image(1, 1, 1, Uint8Array.of(value)), gamma).data[0]).toBe(expected);
  });

  test("works on the range of 16 bits and on floats", () => {
    // 65535 (1 / 4)^(1 / 2) = 32767.5 for 16383.75; 16384 gives 32767.75.
    expect(adjustGamma(image(1, 1, 1, Uint16Array.of(16384)), 0.5).data[0]).toBe(32768);
    expect(adjustGamma(image(1, 1, 1, Float32Array.of(0.25)), 0.5).data[0]).toBe(0.5);
  });

  test("refuses what is not above 0", () => {
    expect(() => gammaTable(0)).toThrow(ArgumentError);
    expect(() => adjustGamma(image(1, 1, 1, Uint8Array.of(1)), Number.NaN)).toThrow("gamma is NaN");
  });
});

describe("adjustBrightnessContrast", () => {
  test("scales from black, then adds a share of the range", () => {
    // 100 x 1.2 + 0.1 x 255 = 145.5, half to even 146; 250 is clamped.
    const bytes = image(3, 1, 1, Uint8Array.of(100, 250, 0));
    expect([...adjustBrightnessContrast(bytes, { contrast: 0.2, brightness: 0.1 }).data]).toEqual([146, 255, 26]);
    // 1000 x 0.5 + 0.1 x 65535 = 7053.5.
    const deep = image(2, 1, 1, Uint16Array.of(1000, 65535));
    expect([...adjustBrightnessContrast(deep, { contrast: -0.5, brightness: 0.1 }).data]).toEqual([7054, 39321]);
    const float = image(1, 1, 1, Float32Array.of(0.5));
    expect(adjustBrightnessContrast(float, { contrast: 1, brightness: 0.25 }).data[0]).toBe(1.25);
  });

  test("of nothing changes nothing", () => {
    expect([...brightnessContrastTable({})]).toEqual(Array.from({ length: 256 }, (_, i) => i));
  });
});

test("joinTables does one after the other", () => {
  const [darker, gamma] = [brightnessContrastTable({ contrast: -0.5 }), gammaTable(2)];
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

  test("refuses a gamma of 0", () => {
    expect(() => gammaMap(0)).toThrow(ArgumentError);
  });
});
